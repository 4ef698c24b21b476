use serde_json::json;

use crate::routing::assert_problem;
use crate::world::world;

#[tokio::test]
async fn a_resource_is_created_read_conditionally_changed_and_removed() {
    let world = world().await;
    let created = world.create("milk").await;
    assert_eq!((created.status, created.header("etag")), (201, Some("\"v1\"")));
    let at = created.header("location").unwrap().to_owned();
    let get = |tag: &str| world.server.get(&at).bearer("alice").header("if-none-match", tag).send();
    let unchanged = get("W/\"v1\"").await;
    assert_eq!((unchanged.status, unchanged.body.len(), unchanged.header("etag")), (304, 0, Some("\"v1\"")));
    assert_eq!(get("\"v2\"").await.status, 200);

    let patch = |tag: &str, body: serde_json::Value| {
        let request = world.server.request("PATCH", &at).bearer("alice").header("if-match", tag);
        request.body("application/merge-patch+json", body.to_string()).send()
    };
    let changed = patch("\"v1\"", json!({"body": "two litres"})).await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"v2\"")));
    assert_problem(&patch("\"v1\"", json!({"body": "one"})).await, 412, "request.precondition_failed");
    assert_problem(&patch("\"foreign\"", json!({"body": "one"})).await, 412, "request.precondition_failed");
    assert_eq!(patch("*", json!({})).await.json()["body"], "two litres");
    assert_eq!(patch("\"v3\"", json!({"body": null})).await.json()["body"], json!(null));

    let delete = world.server.request("DELETE", &at).bearer("alice").send().await;
    assert_eq!((delete.status, delete.body.len()), (204, 0));
    assert_problem(&world.server.get(&at).bearer("alice").send().await, 404, "request.not_found");
}

#[tokio::test]
async fn create_only_refuses_what_is_there() {
    let world = world().await;
    let put = || {
        let request = world.server.request("PUT", "/api/v1/notes/00000000-0000-0000-0000-000000000009").bearer("alice");
        request.header("if-none-match", "*").json(&json!({"title": "a"})).send()
    };
    assert_eq!(put().await.status, 200);
    assert_problem(&put().await, 412, "request.precondition_failed");
}

#[tokio::test]
async fn a_list_is_walked_by_signed_cursors() {
    let world = world().await;
    for number in 0..5 {
        world.create(&format!("note {number}")).await;
    }
    let mut titles = Vec::new();
    let mut target = "/api/v1/notes?limit=2".to_owned();
    loop {
        let page = world.server.get(&target).bearer("alice").send().await.json();
        titles.extend(page["items"].as_array().unwrap().iter().map(|note| note["title"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        target = format!("/api/v1/notes?limit=2&cursor={cursor}");
    }
    assert_eq!(titles, ["note 0", "note 1", "note 2", "note 3", "note 4"]);
}

#[tokio::test]
async fn a_cursor_that_was_tampered_with_or_carried_elsewhere_is_400() {
    let world = world().await;
    for number in 0..3 {
        world.create(&format!("note {number}")).await;
    }
    let page = world.server.get("/api/v1/notes?limit=1").bearer("alice").send().await.json();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let get = |query: String| world.server.get(&format!("/api/v1/notes?{query}")).bearer("alice").send();
    assert_eq!(get(format!("cursor={cursor}")).await.status, 200);
    let flipped: String = cursor.chars().rev().collect();
    for query in [
        format!("cursor={flipped}"),
        "cursor=".to_owned(),
        "cursor=abc".to_owned(),
        format!("cursor={cursor}&order=desc"),
        format!("cursor={cursor}&created_after=2026-01-01T00:00:00Z"),
    ] {
        assert_problem(&get(query).await, 400, "request.invalid_cursor");
    }
}

#[tokio::test]
async fn page_and_filter_parameters_are_checked_and_others_refused() {
    let world = world().await;
    world.create("milk").await;
    world.create("bread").await;
    let get = |query: &str| world.server.get(&format!("/api/v1/notes?{query}")).bearer("alice").send();
    let found = get("query=mil&limit=100").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=x", "/limit"),
        ("order=up", "/order"),
        ("created_after=soon", "/created_after"),
        ("nope=1", "/nope"),
        ("limit=1&limit=2", "/limit"),
    ] {
        let reply = get(query).await;
        assert_problem(&reply, 422, "request.invalid");
        assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{query}: {}", reply.text());
    }
}
