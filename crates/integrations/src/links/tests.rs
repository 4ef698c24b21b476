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
fn repositories_and_what_is_in_them() {
    for text in ["https://github.com/o/r", "https://github.com/o/r.git", "https://www.github.com/o/r/", "http://GitHub.com./o/r"]
    {
        check(
            text,
            &json!({"provider": "github", "kind": "repository", "owner": "o", "repo": "r",
            "canonical_url": "https://github.com/o/r", "confidence": "high"}),
        );
    }
    check("https://github.com/vercel/next.js", &json!({"repo": "next.js"}));
    check("https://github.com/o/r/tree/main", &json!({"kind": "tree", "ref": "main", "path": null}));
    check(
        "https://github.com/o/r/blob/main/src/a%20b.rs?plain=1#L10C2-L20C5",
        &json!({
            "kind": "blob", "ref": "main", "path": "src/a b.rs", "ref_path": "main/src/a b.rs",
            "lines": {"start": 10, "end": 20, "start_column": 2, "end_column": 5},
            "canonical_url": "https://github.com/o/r/blob/main/src/a%20b.rs#L10C2-L20C5",
            "candidates": [{"ref": "main", "path": "src/a b.rs"}, {"ref": "main/src", "path": "a b.rs"}, {"ref": "main/src/a b.rs", "path": ""}],
        }),
    );
    check(
        &format!("https://github.com/o/r/blob/{SHA}/a/b.rs#L7"),
        &json!({
            "ref": SHA, "path": "a/b.rs", "candidates": null, "lines": {"start": 7, "end": 7},
        }),
    );
    for (word, kind) in [("raw", "raw"), ("blame", "blame"), ("edit", "edit"), ("commits", "history")] {
        check(&format!("https://github.com/o/r/{word}/main/a.rs"), &json!({"kind": kind, "path": "a.rs"}));
    }
    check(
        "https://github.com/o/r/issues/12#issuecomment-34",
        &json!({"kind": "issue", "number": 12, "anchor": "issuecomment-34"}),
    );
    check(
        "https://github.com/o/r/pull/12/files#discussion_r5",
        &json!({"kind": "pull_request", "number": 12, "anchor": "discussion_r5"}),
    );
    check(&format!("https://github.com/o/r/pull/12/commits/{SHA}"), &json!({"kind": "pull_request", "sha": SHA}));
    for text in ["pull/1", "pull/1/checks", "pull/1/commits", "pull/1#pullrequestreview-9"] {
        check(&format!("https://github.com/o/r/{text}"), &json!({"kind": "pull_request", "number": 1}));
    }
    check("https://github.com/o/r/discussions/3", &json!({"kind": "discussion", "number": 3}));
    check("https://github.com/o/r/commit/0A1B2C3", &json!({"kind": "commit", "sha": "0a1b2c3"}));
    check(
        "https://github.com/o/r/compare/main...you:feature/x",
        &json!({"kind": "compare", "base": "main", "head": "you:feature/x"}),
    );
    check("https://github.com/o/r/compare/v1..v2", &json!({"base": "v1", "head": "v2"}));
    check("https://github.com/o/r/releases/tag/v1.0", &json!({"kind": "release", "tag": "v1.0"}));
    check("https://github.com/o/r/actions/runs/99/job/7", &json!({"kind": "workflow_run", "number": 99, "id": "job-7"}));
    check("https://github.com/o/r/wiki/Home", &json!({"kind": "wiki", "path": "Home"}));
    check(
        "https://github.com/o/r/security/advisories/GHSA-ab12-cd34-ef56",
        &json!({"kind": "advisory", "id": "GHSA-ab12-cd34-ef56"}),
    );
    check("https://github.com/o/r/graphs/contributors", &json!({"kind": "repository", "confidence": "medium"}));
}

#[test]
fn other_hosts_of_github() {
    let gist = "aa5a315d61ae9438b18d";
    check(&format!("https://gist.github.com/{gist}"), &json!({"kind": "gist", "id": gist, "owner": null}));
    check(&format!("https://gist.github.com/ada/{gist}/{SHA}#file-a-rs"), &json!({"owner": "ada", "sha": SHA, "path": "a-rs"}));
    check(
        &format!("https://gist.githubusercontent.com/ada/{gist}/raw/{SHA}/a.rs"),
        &json!({"kind": "gist", "path": "a.rs", "sha": SHA}),
    );
    check(
        "https://raw.githubusercontent.com/o/r/refs/heads/b/a.rs?token=CANARY",
        &json!({
            "kind": "raw", "ref": "b", "path": "a.rs", "canonical_url": "https://github.com/o/r/raw/b/a.rs",
        }),
    );
    check("https://raw.githubusercontent.com/o/r/main/a.rs", &json!({"ref": "main", "path": "a.rs"}));
    check(
        "https://api.github.com/repos/o/r/contents/src/a.rs?ref=dev",
        &json!({"kind": "api", "path": "src/a.rs", "ref": "dev"}),
    );
    check("https://api.github.com/repos/o/r/pulls/5", &json!({"kind": "api", "number": 5}));
    check("https://codeload.github.com/o/r/zip/refs/heads/main", &json!({"kind": "archive", "ref": "main"}));
    check("https://github.com/o/r/archive/refs/tags/v1.tar.gz", &json!({"kind": "archive", "ref": "v1"}));
    check("https://github.dev/o/r/blob/main/a.rs", &json!({"kind": "editor", "path": "a.rs"}));
    for text in [
        "git@github.com:o/r.git",
        "ssh://git@github.com/o/r.git",
        "ssh://git@github.com:22/o/r.git",
        "git://github.com/o/r.git",
        "git+https://github.com/o/r.git",
        "git+ssh://git@github.com/o/r",
    ] {
        check(text, &json!({"kind": "clone", "owner": "o", "repo": "r", "canonical_url": "https://github.com/o/r"}));
    }
    check("https://acme.ghe.com/o/r/issues/1", &json!({"kind": "issue", "host": "acme.ghe.com"}));
    check("https://api.acme.ghe.com/repos/o/r/issues/1", &json!({"kind": "api", "number": 1}));
    check("https://git.corp.example/o/r/pull/1", &json!({"kind": "pull_request", "host": "git.corp.example"}));
    check("https://git.corp.example/raw/o/r/main/a.rs", &json!({"kind": "raw", "path": "a.rs"}));
    check("https://raw.git.corp.example/o/r/main/a.rs", &json!({"kind": "raw", "path": "a.rs"}));
    check(&format!("https://git.corp.example/gist/{gist}"), &json!({"kind": "gist", "id": gist}));
    check(&format!("https://gist.git.corp.example/{gist}"), &json!({"kind": "gist", "id": gist}));
    check("https://git.corp.example/api/v3/repos/o/r", &json!({"kind": "api"}));
    check("git@git.corp.example:o/r.git", &json!({"kind": "clone"}));
    check(
        "https://code.corp.example:8443/o/r",
        &json!({"kind": "repository", "canonical_url": "https://code.corp.example:8443/o/r"}),
    );
}

#[test]
fn shorthands_are_guesses() {
    check(
        "see o/r#12.",
        &json!({"kind": "issue", "owner": "o", "number": 12, "confidence": "low", "span": {"start": 4, "end": 10}}),
    );
    check("o/r@0a1b2c3d", &json!({"kind": "commit", "sha": "0a1b2c3d", "confidence": "low"}));
    check("GH-7", &json!({"kind": "issue", "number": 7, "owner": null}));
    for text in ["#12", "a/b/c#1", "o/r#0", "o/r#12a", "o/r@1234567", "o/r@zzz", "x o/r# 1", "GH-07", "C#1", "settings/r#1"] {
        nothing(text);
    }
    let known = LinkOptions {
        default_repository: Some(Repository { owner: "o".to_owned(), name: "r".to_owned() }),
        ..LinkOptions::default()
    };
    let found = parse_links("fixes #12, and GH-3", &known);
    let numbers: Vec<_> = found.iter().map(|link| (link.target.owner.as_deref(), link.target.number)).collect();
    assert_eq!(numbers, [(Some("o"), Some(12)), (Some("o"), Some(3))]);
}

#[test]
fn pages_and_blocks_of_notion() {
    for path in [HEX.to_owned(), ID.to_owned(), format!("acme/My-deadbeef-Page-{HEX}"), format!("p/{HEX}"), format!("Title-{ID}")]
    {
        for host in ["notion.so", "www.notion.so", "app.notion.com", "www.notion.com"] {
            check(
                &format!("https://{host}/{path}?pvs=4&t=1"),
                &json!({
                    "provider": "notion", "kind": "page", "page_id": ID, "canonical_url": format!("https://www.notion.so/{HEX}"),
                }),
            );
        }
    }
    check(&format!("https://acme.notion.site/A-{HEX}"), &json!({"canonical_url": format!("https://acme.notion.site/{HEX}")}));
    check(&format!("https://wiki.corp.example/A-{HEX}"), &json!({"page_id": ID}));
    check(&format!("notion://www.notion.so/A-{HEX}"), &json!({"page_id": ID}));
    let other = "fedcba9876543210fedcba9876543210";
    let other_id = "fedcba98-7654-3210-fedc-ba9876543210";
    check(&format!("https://www.notion.so/{HEX}?v={other}"), &json!({"kind": "database", "page_id": ID, "view_id": other_id}));
    check(&format!("https://www.notion.so/{HEX}?p={other}&pm=s"), &json!({"page_id": ID, "peek_page_id": other_id}));
    for anchor in [other.to_owned(), format!("block-{other}")] {
        check(&format!("https://www.notion.so/{HEX}#{anchor}"), &json!({"block_id": other_id}));
    }
    for path in ["product", "help/guides", "templates", "blog/x", "", &HEX[1..], &format!("0{HEX}"), &format!("Title{HEX}")] {
        nothing(&format!("https://www.notion.so/{path}"));
    }
}

#[test]
fn issues_and_boards_of_jira() {
    let site = "https://acme.atlassian.net";
    for path in [
        "browse/AB1-2",
        "browse/AB1-2?focusedCommentId=3",
        "jira/software/c/projects/AB1/boards/4?selectedIssue=AB1-2",
        "jira/software/projects/AB1/boards/4/backlog?selectedIssue=AB1-2",
        "jira/servicedesk/projects/AB1/queues/custom/9/AB1-2",
        "projects/AB1/issues/AB1-2",
        "issues/AB1-2",
        "issues/?jql=project%3DAB1&selectedIssue=AB1-2",
        "secure/RapidBoard.jspa?rapidView=1&amp;selectedIssue=AB1-2",
        "servicedesk/customer/portal/7/AB1-2",
        "rest/api/3/issue/AB1-2",
    ] {
        check(
            &format!("{site}/{path}"),
            &json!({
                "provider": "jira", "kind": "issue", "issue_key": "AB1-2", "project": "AB1", "site": site,
                "canonical_url": format!("{site}/browse/AB1-2"),
            }),
        );
    }
    check(&format!("{site}/browse/AB-2#comment-3"), &json!({"anchor": "3"}));
    check(
        &format!("{site}/jira/software/projects/AB/boards/4/timeline"),
        &json!({"kind": "board", "project": "AB", "number": 4}),
    );
    check(&format!("{site}/secure/RapidBoard.jspa?rapidView=1"), &json!({"kind": "board", "number": 1}));
    check(&format!("{site}/jira/core/projects/AB/summary"), &json!({"kind": "project", "project": "AB"}));
    check(
        "https://api.atlassian.com/ex/jira/11223344-a1b2/rest/api/3/issue/AB-2",
        &json!({"site": "cloud:11223344-a1b2", "confidence": "low"}),
    );
    check(
        "https://jira.corp.example/jira/browse/A_B-2",
        &json!({
            "issue_key": "A_B-2", "site": "https://jira.corp.example/jira", "canonical_url": "https://jira.corp.example/jira/browse/A_B-2",
        }),
    );
    check("PROJ-12", &json!({"kind": "issue", "confidence": "high"}));
    check("(ABC-12)", &json!({"confidence": "low", "span": {"start": 1, "end": 7}}));
    for text in [
        "https://jira.corp.example/browse/AB-2",
        "https://jira.corp.example/jirax/browse/AB-2",
        "https://acme.atlassian.net/wiki/x",
        "https://acme.atlassian.net/browse/A-1",
        "https://a.b.atlassian.net/browse/AB-1",
        "https://acme.atlassian.net/browse/A_B-1",
    ] {
        nothing(text);
    }
    for text in [
        "UTF-8",
        "SHA-256",
        "ISO-8601",
        "RFC-7231",
        "CVE-2025-1",
        "COVID-19",
        "HTTP-404",
        "AES-128",
        "X-1",
        "AB-0",
        "AB-01",
        "ab-1",
        "1AB-1",
        "AB-1-2",
        "feature/AB-1-x",
        "AB-1x",
        "ÄB-1",
        "éAB-1",
        "ABCDEFGHIJK-1",
    ] {
        nothing(text);
    }
}

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
fn a_megabyte_of_anything_takes_less_than_fifty_milliseconds() {
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
    ];
    for piece in pieces {
        let text = piece.repeat(1_000_000 / piece.len());
        let started = std::time::Instant::now();
        let found = parse_links(&text, &options());
        let took = started.elapsed();
        assert!(found.len() <= MOST_LINKS);
        // Without optimisation everything takes several times as long.
        let limit = if cfg!(debug_assertions) { 500 } else { 50 };
        assert!(took.as_millis() < limit, "{piece:?}: {took:?}");
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
