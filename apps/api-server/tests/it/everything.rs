use core_testing::http::Request;
use serde_json::Value;

use crate::program::{Server, access};

/// Every operation of the document, asked in ways that it must refuse: the right problem each time, never a 500.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_refuses_bad_input_with_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let document = server.request("GET", "/api/v1/openapi.json").send().await.json();
    let catalogue = server.request("GET", "/problems").send().await.text();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters") {
            let target = path.replace("{id}", "0190b7a2-0000-7000-8000-00000000dead").replace(['{', '}'], "");
            asked += ask(&server, &method.to_uppercase(), &target, operation, &token, &catalogue).await;
        }
        let request = server.request("TRACE", &path.replace(['{', '}'], "")).send().await;
        assert!([404, 405].contains(&request.status), "TRACE {path}: {}", request.status);
    }
    assert!(asked > 100, "{asked} requests were made");
}

async fn ask(server: &Server, method: &str, target: &str, operation: &Value, token: &str, catalogue: &str) -> usize {
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    // What takes other types too has a format of its own, and judges it by itself; under `/openai` that protocol's rules win.
    let types = operation["requestBody"]["content"].as_object();
    let takes_json = !target.starts_with("/openai/")
        && types.is_some_and(|types| types.keys().all(|kind| kind.ends_with("json")) && !types.is_empty());
    let bad: Vec<(&str, Vec<u8>, &[u16])> = if takes_json {
        vec![
            ("application/json", b"{".to_vec(), &[400]),
            ("application/json", deep.into_bytes(), &[400]),
            ("application/json", b"{\"x\":\"\xff\"}".to_vec(), &[400]),
            ("application/json", b"{\"no_such_field\":1}".to_vec(), &[422]),
            ("application/json", b"[1]".to_vec(), &[422]),
            ("text/plain", b"{}".to_vec(), &[415]),
        ]
    } else {
        vec![("application/json", b"{".to_vec(), &[200, 202, 204, 303, 400, 404, 409, 412, 415, 422, 503])]
    };
    let count = bad.len();
    for (kind, body, expected) in bad {
        // Whoever ends their own session can't ask on with it.
        if target.contains("logout") || (method == "DELETE" && target.ends_with("/users/me")) {
            continue;
        }
        if method == "GET" && operation["responses"].as_object().is_some_and(|answers| answers.values().any(streams)) {
            continue;
        }
        let request = Request::to(server.address, method, target).bearer(token);
        let reply = request.body(kind, body).send().await;
        let place = format!("{method} {target}: {} {}", reply.status, reply.text());
        let forbidden = [403, 404];
        assert!(expected.contains(&reply.status) || forbidden.contains(&reply.status), "{place}");
        // Answers to HEAD have no body to find a code in; under `/openai` the form of errors is that protocol's.
        if reply.status >= 400 && method != "HEAD" && !target.starts_with("/openai/") {
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{place}");
            assert!(catalogue.contains(&format!("\"{}\"", reply.code())), "{place} is not in the catalogue");
        }
    }
    count
}

fn streams(answer: &Value) -> bool {
    answer["content"].get("text/event-stream").is_some()
}
