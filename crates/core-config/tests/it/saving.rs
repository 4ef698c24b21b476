use std::fs;

use core_config::{SaveError, save};
use proptest::prelude::*;

use super::Fixture;

const WRITTEN: &str = "# The office server\n\n[server]   # where\nport = 80 # changed by hand\n\n  host=\"0.0.0.0\"\n\n[database]\nmode = 'fast'\n# the end\n";

#[test]
fn saving_changes_one_value_and_leaves_every_other_byte() {
    let fixture = Fixture::new(&[("config/local.toml", WRITTEN)]);
    let path = fixture.loader(&[]).set("server.port", "81").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), WRITTEN.replace("80", "81"));
    assert_eq!(fixture.load(&[]).unwrap().settings.server.port, 81);
    let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "no temporary file stays");
}

#[test]
fn a_missing_file_section_or_key_is_made() {
    let fixture = Fixture::new(&[]);
    for (key, value) in [
        ("server.port", "81"),
        ("server.host", "0.0.0.0"),
        ("server.cors_origins", "https://a.example, https://b.example"),
        ("jobs.in_server", "false"),
        ("jobs.limit", "7"),
        ("security.master_key", "12345678"),
        ("llm.providers.local.kind", "openai"),
    ] {
        let result = fixture.loader(&[]).set(key, value);
        assert!(result.is_ok(), "{key}: {result:?}");
    }
    let text = fs::read_to_string(fixture.path().join("config/local.toml")).unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(fixture.load(&[]).unwrap().settings.server.cors_origins.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_new_file_is_private_and_an_old_one_keeps_its_rights() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new(&[]);
    let path = fixture.loader(&[]).set("server.port", "81").unwrap();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    fixture.loader(&[]).set("server.port", "82").unwrap();
    assert_eq!(mode(), 0o640);
}

#[test]
fn what_cannot_take_effect_or_would_be_wrong_is_refused_and_changes_nothing() {
    let fixture = Fixture::new(&[("config/local.toml", WRITTEN)]);
    let variables = [("PORT", "9000"), ("APP__JOBS__LIMIT", "3")];
    let refusal = |key: &str, value: &str| fixture.loader(&variables).set(key, value).unwrap_err();
    assert!(matches!(refusal("server.port", "81"), SaveError::Overridden { by, .. } if by == "PORT"));
    assert!(matches!(refusal("jobs.limit", "81"), SaveError::Overridden { by, .. } if by == "APP__JOBS__LIMIT"));
    assert!(matches!(refusal("server.prot", "81"), SaveError::UnknownKey { .. }));
    assert!(matches!(refusal("server", "81"), SaveError::Unreadable { .. }));
    assert!(matches!(refusal("..", "81"), SaveError::UnknownKey { .. }));
    assert!(matches!(refusal("server.weight", "heavy"), SaveError::WrongType { .. }));
    assert!(matches!(refusal("jobs.in_server", "perhaps"), SaveError::WrongType { .. }));
    assert!(matches!(refusal("database.mode", "quick"), SaveError::Invalid(_)));
    assert_eq!(fs::read_to_string(fixture.path().join("config/local.toml")).unwrap(), WRITTEN);
    let provenance = fixture.load(&variables).unwrap().provenance;
    let path = fixture.path().join("config/local.toml");
    assert!(matches!(save::set(&path, "server.port", "1", &provenance), Err(SaveError::Overridden { .. })));
    save::set(&path, "database.mode", "full", &provenance).unwrap();
    fixture.write("config/local.toml", "[server\n");
    assert!(matches!(save::set(&path, "database.mode", "full", &provenance), Err(SaveError::Unreadable { .. })));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let fixture = Fixture::new(&[("elsewhere/mine.toml", "server.port = 1\n"), ("config/default.toml", "")]);
    let link = fixture.path().join("config/local.toml");
    std::os::unix::fs::symlink("../elsewhere/mine.toml", &link).unwrap();
    fixture.loader(&[]).set("server.port", "2").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(fixture.path().join("elsewhere/mine.toml")).unwrap(), "server.port = 2\n");
}

/// Lines that may stand anywhere within a section.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ \t]{0,3}# ?[a-zé =\\[\\]\"]{0,20}",
        ("[ \t]{0,2}", "[a-z]{1,6}", "[ \t]{0,3}", "-?[1-9][0-9]{0,5}", "( # [a-z]{0,8})?")
            .prop_map(|(indent, key, space, number, comment)| format!("{indent}x_{key}{space}={space}{number}{comment}")),
        "[a-z]{1,6}".prop_map(|key| format!("y_{key} = [ 1,\t2 , 3, ] # list")),
        "[a-z]{1,6}".prop_map(|key| format!("z_{key} = \"\"\"several\\\" words\"\"\"")),
    ]
}

fn document() -> impl Strategy<Value = Vec<String>> {
    let section = |name: &'static str| {
        prop::collection::vec(line(), 0..6).prop_map(move |lines| {
            let mut seen = std::collections::BTreeSet::new();
            let name_of = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
            let fresh = lines
                .into_iter()
                .filter(|line| line.trim().is_empty() || line.trim().starts_with('#') || seen.insert(name_of(line)));
            std::iter::once(name.to_owned()).chain(fresh.collect::<Vec<_>>()).collect::<Vec<_>>()
        })
    };
    (section("# top"), section("[server] # s"), section(" [ other . inner ]"), section("[[list]]"))
        .prop_map(|(top, server, other, list)| [top, server, other, list].concat())
}

proptest! {
    #[test]
    fn saving_keeps_every_other_line_byte_for_byte(
        mut lines in document(), at in any::<prop::sample::Index>(), port in 1_u16.., ending in prop_oneof![Just("\n"), Just("\r\n")],
        newline_at_end: bool, present: bool,
    ) {
        let section = lines.iter().position(|line| line.starts_with("[server]")).unwrap();
        let end = lines.iter().position(|line| line.starts_with(" [ other")).unwrap();
        if present {
            lines.insert(section + 1 + at.index(end - section), "  port  =  1   # here".to_owned());
        }
        let mut text = lines.join(ending);
        if newline_at_end {
            text.push_str(ending);
        }
        let fixture = Fixture::new(&[("config/local.toml", text.as_str())]);
        let path = fixture.path().join("config/local.toml");
        save::set(&path, "server.port", &port.to_string(), &core_config::Provenance::default()).unwrap();
        let saved = fs::read_to_string(&path).unwrap();
        if present {
            prop_assert_eq!(saved, text.replace("  port  =  1   # here", &format!("  port  =  {port}   # here")));
        } else {
            let added = format!("port = {port}");
            prop_assert_eq!(saved.lines().filter(|line| *line == added).count(), 1, "{}", saved);
            let left: Vec<&str> = saved.split_inclusive('\n').filter(|line| line.trim_end() != added).collect();
            prop_assert_eq!(left.concat(), text);
        }
    }
}
