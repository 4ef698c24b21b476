use std::time::Duration;

use crate::routing::assert_problem;
use crate::world::{world, world_with};
use core_http::{HttpSettings, Rate, RateLimits};
use core_testing::http::TestServer;

#[tokio::test]
async fn nobody_is_401_with_a_challenge_and_somebody_without_the_right_403() {
    let world = world().await;
    let reply = world.server.get("/api/v1/notes").send().await;
    assert_problem(&reply, 401, "request.unauthenticated");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    assert_problem(&world.server.get("/api/v1/notes").bearer("mallory").send().await, 401, "request.unauthenticated");
    assert_problem(
        &world.server.get("/api/v1/notes").header("authorization", "Basic YTpi").send().await,
        401,
        "request.unauthenticated",
    );
    assert_problem(&world.server.post("/api/v1/notes/secret").bearer("bob").send().await, 403, "request.permission_denied");
}

#[tokio::test]
async fn a_public_operation_knows_its_caller_when_there_is_one() {
    let world = world().await;
    assert_eq!(world.server.get("/api/v1/notes/who").send().await.json()["text"], "nobody 127.0.0.1");
    let text = world.server.get("/api/v1/notes/who").bearer("alice").send().await.text();
    assert!(text.contains("0a11ce"), "{text}");
    assert_problem(&world.server.get("/api/v1/notes/who").bearer("mallory").send().await, 401, "request.unauthenticated");
}

#[tokio::test]
async fn a_cookie_reads_alone_and_writes_with_its_csrf_token() {
    let world = world().await;
    let cookie = "other=1; __Host-session=alice";
    assert_eq!(world.server.get("/api/v1/notes").header("cookie", cookie).send().await.status, 200);
    let write = || world.server.post("/api/v1/notes/secret").header("cookie", cookie);
    assert_problem(&write().send().await, 403, "request.csrf");
    assert_eq!(write().header("x-csrf-token", "csrf-alice").send().await.status, 200);
}

#[tokio::test]
async fn the_organisation_comes_from_the_header_and_must_be_a_uuid() {
    let world = world().await;
    let get = |org: &str| world.server.get("/api/v1/notes").bearer("alice").header("x-org-id", org).send();
    assert_eq!(get("00000000-0000-0000-0000-00000000004d").await.status, 200);
    assert_problem(&get("00000000-0000-0000-0000-00000000004e").await, 403, "request.permission_denied");
    assert_problem(&get("acme").await, 400, "request.malformed");
}

#[tokio::test]
async fn a_dangerous_operation_asks_for_a_recent_login() {
    let world = world().await;
    assert_eq!(world.server.post("/api/v1/notes/purge").bearer("alice").send().await.status, 204);
    world.db.clock.advance(Duration::from_secs(301));
    let reply = world.server.post("/api/v1/notes/purge").bearer("alice").send().await;
    assert_problem(&reply, 401, "auth.reauthentication_required");
    assert_eq!(reply.json()["max_age"], 300);
}

#[tokio::test]
async fn callers_are_limited_one_by_one_and_told_so() {
    let rate_limits = RateLimits { read: Rate { requests: 2, seconds: 60 }, ..RateLimits::default() };
    let world = world_with(HttpSettings { rate_limits, ..TestServer::settings() }).await;
    let get = |token: &str| world.server.get("/api/v1/notes/pinned").bearer(token).send();
    let first = get("alice").await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"read\";q=2;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"read\";r=1;t=30"));
    assert_eq!(get("alice").await.status, 200);
    let refused = get("alice").await;
    assert_problem(&refused, 429, "request.rate_limited");
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(get("bob").await.status, 200);
    world.db.clock.advance(Duration::from_secs(30));
    assert_eq!(get("alice").await.status, 200);
}

#[tokio::test]
async fn guessing_credentials_costs_the_guessers_address() {
    let rate_limits = RateLimits { public: Rate { requests: 3, seconds: 60 }, ..RateLimits::default() };
    let world = world_with(HttpSettings { rate_limits, ..TestServer::settings() }).await;
    for _ in 0..3 {
        assert_eq!(world.server.get("/api/v1/notes").bearer("guess").send().await.status, 401);
    }
    assert_problem(&world.server.get("/api/v1/notes").bearer("guess").send().await, 429, "request.rate_limited");
    assert_eq!(world.server.get("/api/v1/notes").bearer("alice").send().await.status, 200);
}

#[tokio::test]
async fn limits_can_be_off() {
    let rate_limits = RateLimits { enabled: false, login: Rate { requests: 1, seconds: 60 }, ..RateLimits::default() };
    let world = world_with(HttpSettings { rate_limits, ..TestServer::settings() }).await;
    for _ in 0..3 {
        let reply = world.server.get("/api/v1/notes/who").send().await;
        assert_eq!((reply.status, reply.header("ratelimit")), (200, None));
    }
}

#[tokio::test]
async fn a_forwarded_address_counts_from_trusted_proxies_only() {
    let forwarded = |server: &TestServer| server.get("/api/v1/notes/who").header("x-forwarded-for", "203.0.113.7").send();
    let direct = world().await;
    assert_eq!(forwarded(&direct.server).await.json()["text"], "nobody 127.0.0.1");
    let proxied = world_with(HttpSettings { trusted_proxies: vec!["127.0.0.0/8".to_owned()], ..TestServer::settings() }).await;
    assert_eq!(forwarded(&proxied.server).await.json()["text"], "nobody 203.0.113.7");
}

#[tokio::test]
async fn a_public_operation_can_ask_for_a_recent_login_now_and_then() {
    let world = world().await;
    let knock = |target: &str| world.server.post(target);
    assert_eq!(knock("/api/v1/notes/knock").send().await.status, 204);
    assert_problem(&knock("/api/v1/notes/knock?recent=true").send().await, 401, "request.unauthenticated");
    assert_eq!(knock("/api/v1/notes/knock?recent=true").bearer("alice").send().await.status, 204);
    world.db.clock.advance(Duration::from_secs(301));
    let reply = knock("/api/v1/notes/knock?recent=true").bearer("alice").send().await;
    assert_problem(&reply, 401, "auth.reauthentication_required");
}
