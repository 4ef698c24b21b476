use serde_json::json;

use super::{check, nothing};

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
}

#[test]
fn boards_projects_and_keys_in_prose() {
    let site = "https://acme.atlassian.net";
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
