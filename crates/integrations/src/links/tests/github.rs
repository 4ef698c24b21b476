use serde_json::json;

use super::{SHA, check, nothing};
use crate::links::{LinkOptions, Repository, parse_links};

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
