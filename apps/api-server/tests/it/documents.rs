//! What the documents say of the program is what the program says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::program::{command, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `config show` with one provider of each sort: key and default, none where it is not set.
fn shown() -> BTreeMap<String, Option<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut show = command(folder.path());
    let providers = [
        ("APP__LLM__PROVIDERS__NAME__KIND", "scripted"),
        ("APP__AUTH__OAUTH__PROVIDERS__NAME__ISSUER", "https://id.example"),
        ("APP__AUTH__OAUTH__PROVIDERS__NAME__CLIENT_ID", "client"),
    ];
    let output = show.args(["config", "show"]).envs(providers).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let line = |line: &str| {
        let (key, rest) = line.split_once(" = ").expect("key and value");
        let (value, layer) = rest.rsplit_once("  # ").expect("value and layer");
        let value = value.trim();
        let unset = value == "(not set)" || layer != "default";
        (key.replace("providers.name", "providers.<name>"), (!unset).then(|| value.to_owned()))
    };
    text(&output).lines().map(line).collect()
}

struct Row {
    key: String,
    default: String,
    variables: String,
}

/// The rows of the tables in docs/settings.md.
fn documented() -> Vec<Row> {
    let page = read(&root().join("docs/settings.md"));
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, key, default, variables, meaning, _] = cells[..] else { panic!("not four cells: {line}") };
        assert!(meaning.len() > 3, "no meaning: {line}");
        let bare = |cell: &str| cell.trim_matches('`').to_owned();
        Row { key: bare(key), default: bare(default), variables: variables.to_owned() }
    };
    rows.map(row).collect()
}

#[test]
fn the_settings_page_has_every_setting_with_its_default_and_no_other() {
    let (shown, rows) = (shown(), documented());
    // A section that is not spelled out counts as shown with all it holds.
    let covers = |shown: &str, key: &str| shown == key || key.strip_prefix(shown).is_some_and(|rest| rest.starts_with('.'));
    let mut faults = Vec::new();
    for key in shown.keys().filter(|key| !rows.iter().any(|row| covers(key, &row.key))) {
        faults.push(format!("{key} is not in docs/settings.md"));
    }
    for row in &rows {
        match shown.get(&row.key) {
            Some(Some(default)) if *default != row.default => {
                faults.push(format!("{}: the default is {default}, not {}", row.key, row.default));
            }
            Some(_) => {}
            None if shown.iter().any(|(key, value)| value.is_none() && covers(key, &row.key)) => {}
            None => faults.push(format!("{} is no setting", row.key)),
        }
        let variable = format!("`APP__{}`", row.key.replace('.', "__").to_uppercase());
        if !row.variables.is_empty() && !row.variables.starts_with(&variable) {
            faults.push(format!("{}: the variable is {variable}, not {}", row.key, row.variables));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// README, CONTRIBUTING, every page under docs/, every crate's README.
fn pages() -> Vec<PathBuf> {
    let root = root();
    let entries = |folder: &str| std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    pages.extend(entries("docs").filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    pages.extend(entries("crates").map(|path| path.join("README.md")).filter(|path| path.exists()));
    pages
}

/// The text outside of code blocks.
fn prose(page: &str) -> String {
    let mut fence: Option<usize> = None;
    let mut prose = String::new();
    for line in page.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            Some(open) if ticks >= open => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => prose = format!("{prose}{line}\n"),
        }
    }
    prose
}

#[test]
fn every_file_that_a_document_links_to_is_there() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = prose(&read(&page));
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let file = target.split('#').next().unwrap_or_default();
            let from = page.parent().unwrap();
            if !from.join(file).exists() {
                broken.push(format!("{}: {target}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_readme_names_both_commands_and_the_oldest_compiler() {
    let readme = read(&root().join("README.md"));
    for command in ["cargo run", "cargo test --workspace"] {
        assert!(readme.contains(&format!("```bash\n{command}\n```")), "{command}");
    }
    let manifest = read(&root().join("Cargo.toml"));
    let oldest =
        manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a rust-version").trim_matches('"');
    assert!(readme.contains(&format!("Rust {oldest}")), "Rust {oldest}");
}

#[test]
fn every_code_of_a_request_that_a_document_names_is_known() {
    let known = read(&root().join("crates/core-http/src/codes.rs")) + &read(&root().join("crates/core-kernel/src/actor.rs"));
    let mut unknown = Vec::new();
    for page in pages().into_iter().filter(|page| !page.ends_with("adding-a-feature.md")) {
        let text = prose(&read(&page));
        let quoted = text.split('`').skip(1).step_by(2);
        let codes = quoted.filter(|word| word.starts_with("request.") && !word.ends_with('*'));
        unknown.extend(
            codes.filter(|code| !known.contains(&format!("\"{code}\""))).map(|code| format!("{}: {code}", page.display())),
        );
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn every_test_that_the_security_requirements_name_is_there() {
    let mut sources = String::new();
    let mut folders = vec![root().join("crates"), root().join("apps")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&read(&path));
            }
        }
    }
    let text = read(&root().join("docs/security.md"));
    let quoted = text.split('`').skip(1).step_by(2);
    let names = quoted.filter(|word| {
        word.matches('_').count() >= 4
            && word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    let (mut seen, mut missing) = (0, Vec::new());
    for name in names {
        seen += 1;
        if !sources.contains(&format!("fn {name}(")) {
            missing.push(name);
        }
    }
    assert!(seen > 60 && missing.is_empty(), "of {seen} names these are no tests: {missing:#?}");
}

#[test]
fn every_test_that_the_page_on_reliability_names_exists() {
    let page = read(&root().join("docs/reliability.md"));
    let shown = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split(" | ").nth(2));
    let named: BTreeSet<&str> =
        shown.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|name| name.contains('_')).collect();
    assert!(named.len() > 40, "{}", named.len());
    let sources: Vec<String> =
        ["crates", "apps"].iter().flat_map(|folder| rust_files(&root().join(folder))).map(|file| read(&file)).collect();
    let missing: Vec<&&str> =
        named.iter().filter(|name| !sources.iter().any(|source| source.contains(&format!("fn {name}(")))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    files.chain(folders.iter().filter(|folder| !folder.ends_with("target")).flat_map(|folder| rust_files(folder))).collect()
}
