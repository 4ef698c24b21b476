mod github;
mod jira;
mod notion;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn options() -> LinkOptions {
    LinkOptions {
        github_hosts: vec!["git.corp.example".to_owned(), "code.corp.example:8443".to_owned()],
        notion_hosts: vec!["wiki.corp.example".to_owned()],
        jira_sites: vec![JiraSite { host: "jira.corp.example".to_owned(), context_path: "/jira".to_owned() }],
        jira_projects: vec!["PROJ".to_owned()],
        default_repository: None,
        include_code: false,
    }
}

/// The members of the one link of a text that a case names.
fn check(text: &str, expected: &Value) {
    let found = parse_links(text, &options());
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    let link = json!(found[0]);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(link.get(name).unwrap_or(&Value::Null), value, "{name} of {text}: {link}");
    }
    let span = found[0].span;
    assert!(text.get(span.start..span.end).is_some());
}

fn nothing(text: &str) {
    let found = parse_links(text, &options());
    assert!(found.is_empty(), "{text:?}: {found:?}");
}

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const HEX: &str = "0123456789abcdef0123456789abcdef";
const ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

#[test]
fn look_alikes_are_no_links() {
    for text in [
        "https://github.com@evil.test/o/r",
        "https://github.com.evil.test/o/r",
        "https://evilnotion.so/0123456789abcdef0123456789abcdef",
        "https://notgithub.com/o/r",
        "https://evil.test/?u=https://github.com/o/r",
        "javascript:open('https://github.com/o/r')",
        "data:text/html,https://github.com/o/r",
        "https://ｇｉｔｈｕｂ.com/o/r",
        "https://gіthub.com/o/r",
        "https://xn--gthub-n4a.com/o/r",
        "https://github.com\0/o/r",
        "https://github.com/o/r%0d%0a",
        "https://github.com/o\r/r",
        "https://github.com/\no/r",
        "https://github.com:8443/o/r",
        "https://git:pw@github.com/o/r",
        "https://github.com\\@evil.test/o/r",
        "https://github.com/o/../r",
        "https://github.com/o//r",
        "https://github.com/%2e%2e/r",
        "xhttps://github.com/o/r",
        "https://github.com/settings/tokens",
        "https://github.com/orgs/acme",
        "https://github.com/o.x/r",
        "https://github.com/o",
        "https://github.com",
        "https://",
        "git@evil.test:o/r.git",
        "bgit@github.com:o/r.git",
        "ftp://github.com/o/r",
        "https://gist.github.com/ada/nothex",
        "https://evil.test/https://github.com/o/r",
        "https://evil.test#https://github.com/o/r",
        "https://github.com:99999/o/r",
        "ssh://root@github.com/o/r.git",
        "https://github.com/o/r/../../x",
        "https://github.com/-o/r",
        "https://.github.com/o/r",
    ] {
        nothing(text);
    }
}

#[test]
fn links_are_found_in_text_as_people_write_it() {
    let url = "https://github.com/o/r/issues/1";
    let texts = [
        format!("[title]({url})."),
        format!("[title]({url} \"a\")"),
        format!("<{url}>"),
        format!("[x]: {url}\n"),
        format!("see {url}, and"),
        format!("({url})"),
        format!("**{url}**"),
        format!("\"{url}\"!"),
        format!("[{url}]"),
        format!("是{url}。好"),
        format!("{url}?!;:'"),
        format!("<a href=\"{url}\">x</a>"),
        format!("([a]({url})more"),
        format!("a `b` {url}"),
        format!("{url}#issuecomment-"),
    ];
    for text in texts {
        let found = parse_links(&text, &options());
        assert_eq!(found.len(), 1, "{text}");
        let shown = text.get(found[0].span.start..found[0].span.end).unwrap();
        assert!(shown.starts_with(url) && (shown == url || text.contains("issuecomment")), "{shown} of {text}");
    }
    check("https://github.com/o/r/wiki/A_(b)", &json!({"path": "A_(b)"}));
    for text in [format!("`{url}`"), format!("```\n{url}\n```"), format!("~~~\n{url}")] {
        nothing(&text);
        let everything = LinkOptions { include_code: true, ..LinkOptions::default() };
        assert_eq!(parse_links(&text, &everything).len(), 1);
    }
    let two = parse_links(&format!("{url} and PROJ-1 and {url}"), &options());
    assert_eq!(two.len(), 3);
    assert_eq!(parse_link(&format!("ABC-1 is {url}")).unwrap().kind, LinkKind::Issue);
    assert_eq!(parse_link(&format!("ABC-1 is {url}")).unwrap().provider, LinkProvider::Github);
    assert_eq!(parse_link("nothing"), None);
}

#[test]
fn a_megabyte_of_anything_is_read_in_one_pass() {
    let pieces = [
        "[",
        "https://",
        "`",
        "` `` ``` ",
        "(",
        "git@github.com:",
        "a/b#1 ",
        "https://github.com/o/r/issues/1 ",
        "A-",
        "AB-1 ",
        "#",
        "@",
        ":",
        "x:",
        "git@",
        "o/r@",
        "a ",
        "é",
        "](https://github.com/o/r",
        "https://github.com/o/r/blob/a/",
        "```\n",
        "javascript:",
        "&amp;",
        "-1",
        "settings/r#1 ",
        "UTF-8 ",
    ];
    for piece in pieces {
        let text = piece.repeat(1_000_000 / piece.len());
        let started = std::time::Instant::now();
        assert!(parse_links(&text, &options()).len() <= MOST_LINKS);
        let took = started.elapsed();
        // Far above what it takes on a busy machine (below 0.1 s when idle), far below what reading it over and over would (minutes).
        assert!(took.as_secs() < 10, "{piece:?}: {took:?}");
    }
}

#[test]
fn no_bytes_break_the_parser() {
    let seeds: [&[u8]; 8] = [
        b"https://github.com/o/r/blob/main/a.rs#L1-L2",
        b"[a](https://www.notion.so/x-0123456789abcdef0123456789abcdef?v=0123456789abcdef0123456789abcdef)",
        b"https://acme.atlassian.net/browse/AB-1?focusedCommentId=1",
        b"git@github.com:o/r.git `code` o/r#1 GH-1 #2 o/r@0a1b2c3",
        b"```\nhttps://github.com/o/r\n```\nhttps://user@github.com/o/r",
        b"https://gist.githubusercontent.com/a/aa5a315d61ae9438b18d/raw/0123456/x%20y",
        "是https://github.com/ö/r。".as_bytes(),
        b"https://api.atlassian.com/ex/jira/1/rest/api/3/issue/AB-1 &amp; PROJ-1",
    ];
    core_testing::fuzz(&seeds, 20_000, fuzz);
}

proptest! {
    #[test]
    fn what_is_found_is_found_again_in_its_canonical_address(text in "(https://(github\\.com|acme\\.atlassian\\.net|www\\.notion\\.so)/[a-zA-Z0-9/._#?=%-]{0,60}[ ,.)]){1,3}") {
        fuzz(text.as_bytes());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text: String) {
        fuzz(text.as_bytes());
    }
}
