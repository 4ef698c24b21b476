use serde_json::json;

use crate::world::{world, world_with};
use core_http::{HttpSettings, Mode};
use core_testing::http::{Reply, TestServer};

pub(crate) fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let document = reply.json();
    let id = reply.header("x-request-id").unwrap();
    assert_eq!(document["instance"], json!(format!("urn:uuid:{id}")));
    assert_eq!(document["status"], json!(status));
    assert!(document["type"].as_str().unwrap().ends_with(&format!("/problems/{code}")), "{document}");
    assert!(document["type"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{document}");
}

#[tokio::test]
async fn an_unknown_path_is_a_404_problem() {
    let world = world().await;
    for path in
        ["/nothing", "/api/v1/nothing", "/api/v1/notes/a/b/c", "/api/v9/notes", "/api/v1/notesx", "/hello/", "/api/v1/notes/"]
    {
        assert_problem(&world.server.get(path).bearer("alice").send().await, 404, "request.not_found");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_with_allow_for_known_and_unknown_methods() {
    let world = world().await;
    for method in ["TRACE", "BREW", "PUT", "CONNECT"] {
        let reply = world.server.request(method, "/api/v1/notes").bearer("alice").send().await;
        if method == "CONNECT" && reply.status == 400 {
            continue; // the parser refuses its target before any routing
        }
        assert_problem(&reply, 405, "request.method_not_allowed");
        assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS, POST"), "{method}");
    }
    let reply = world.server.post("/livez").send().await;
    assert_problem(&reply, 405, "request.method_not_allowed");
    let reply = world.server.request("OPTIONS", "/api/v1/notes").send().await;
    assert_eq!((reply.status, reply.header("allow")), (204, Some("GET, HEAD, OPTIONS, POST")));
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let world = world().await;
    let get = world.server.get("/hello").send().await;
    let head = world.server.request("HEAD", "/hello").send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.header("content-length"));
    assert_eq!(world.server.request("HEAD", "/livez").send().await.status, 200);
}

#[tokio::test]
async fn a_literal_segment_wins_over_an_id_and_a_segment_that_is_no_uuid_is_404() {
    let world = world().await;
    let reply = world.server.get("/api/v1/notes/pinned").bearer("alice").send().await;
    assert_eq!(reply.json()["text"], "v1");
    let reply = world.server.get("/api/v1/notes/not-a-uuid").bearer("alice").send().await;
    assert_problem(&reply, 404, "request.not_found");
}

#[tokio::test]
async fn a_second_version_of_an_operation_is_served_beside_the_first() {
    let world = world().await;
    assert_eq!(world.server.get("/api/v1/notes/pinned").bearer("alice").send().await.json()["text"], "v1");
    assert_eq!(world.server.get("/api/v2/notes/pinned").bearer("alice").send().await.json()["text"], "v2");
}

#[tokio::test]
async fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
    let world = world().await;
    let sent = "0190b7a2-0000-7000-8000-000000000001";
    let reply = world.server.get("/nothing").header("x-request-id", sent).send().await;
    assert_eq!(reply.header("x-request-id"), Some(sent));
    assert_problem(&reply, 404, "request.not_found");
    let reply = world.server.get("/nothing").header("x-request-id", "drop table").send().await;
    assert_problem(&reply, 404, "request.not_found");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_private_ones_are_not_stored() {
    let world = world().await;
    let reply = world.server.get("/api/v1/notes/pinned").bearer("alice").send().await;
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    let vary: Vec<&str> = reply.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| value.as_str()).collect();
    assert!(vary.contains(&"Authorization, X-Org-Id, Accept"), "{vary:?}");
    assert!(reply.header("server-timing").is_some_and(|value| value.starts_with("total;dur=")));
    assert_eq!(reply.header("strict-transport-security"), None);
    let missing = world.server.get("/nothing").send().await;
    assert_eq!(missing.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn production_sends_hsts_and_no_timings() {
    let settings =
        HttpSettings { mode: Mode::Production, public_url: Some("https://api.example.com".to_owned()), ..TestServer::settings() };
    let world = world_with(settings).await;
    let reply = world.server.get("/hello").send().await;
    assert!(reply.header("strict-transport-security").is_some());
    assert_eq!(reply.header("server-timing"), None);
    assert_eq!(world.server.get("/nothing").send().await.json()["type"], "https://api.example.com/problems/request.not_found");
}

#[tokio::test]
async fn browsers_may_call_from_listed_origins_only() {
    let world = world().await;
    let preflight = |origin: &str| {
        world
            .server
            .request("OPTIONS", "/api/v1/notes")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .send()
    };
    let reply = preflight("http://localhost:3000").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some("http://localhost:3000")));
    assert!(reply.header("access-control-allow-headers").is_some_and(|value| value.contains("Idempotency-Key")));
    let reply = preflight("https://evil.example").await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
    let reply = world.server.get("/hello").header("origin", "http://localhost:3000").send().await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"));
}

#[tokio::test]
async fn answers_are_compressed_where_the_client_takes_it() {
    let world = world().await;
    let reply = world.server.get("/api/v1/openapi.json").header("accept-encoding", "gzip").send().await;
    assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")));
    let reply = world.server.get("/hello").header("accept-encoding", "identity;q=0").send().await;
    assert_problem(&reply, 406, "request.not_acceptable");
}

#[tokio::test]
async fn a_url_or_headers_over_the_size_are_refused() {
    let world = world().await;
    let reply = world.server.get(&format!("/hello?{}", "a".repeat(9000))).send().await;
    assert_problem(&reply, 414, "request.uri_too_long");
    let reply = world.server.get("/hello").header("x-long", "a".repeat(70_000)).send().await;
    assert_problem(&reply, 431, "request.headers_too_large");
}
