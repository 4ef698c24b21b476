use std::time::Duration;

use core_testing::engines;
use serde_json::{Value, json};

use crate::world::{World, fresh};

async fn names(world: &World, path: &str, field: &str) -> Vec<String> {
    let reply = world.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    let name = |item: &Value| item.get(field).and_then(Value::as_str).unwrap().to_owned();
    reply.json().get("items").and_then(Value::as_array).unwrap().iter().map(name).collect()
}

async fn made(world: &World, path: &str, body: Value) -> String {
    let reply = world.send("POST", path, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json().get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The moment of the world's clock, as a query writes it.
fn now(world: &World) -> String {
    world.test.db.ambient().now().to_string()
}

#[tokio::test]
async fn exercises_are_listed_by_when_they_were_written_and_in_either_order() {
    for engine in engines() {
        let world = fresh(&engine).await;
        let own =
            |slug: &str| json!({"slug": slug, "name": slug.replace('-', " "), "pattern": "carry", "muscles": {"glutes": 1}});
        made(&world, "/exercises", own("first-own")).await;
        let between = now(&world);
        world.test.clock.advance(Duration::from_mins(1));
        made(&world, "/exercises", own("second-own")).await;
        let later = now(&world);
        let listed = async |query: &str| names(&world, &format!("/exercises?{query}"), "slug").await;
        assert_eq!(listed(&format!("created_after={between}")).await, ["second-own"]);
        assert_eq!(listed(&format!("updated_since={between}")).await, ["first-own", "second-own"]);
        assert_eq!(listed(&format!("updated_since={later}")).await, ["second-own"]);
        assert_eq!(listed(&format!("updated_since={between}&order=desc")).await, ["second-own", "first-own"]);
        assert_eq!(listed(&format!("updated_since={between}&query=first+own")).await, ["first-own"]);

        world.test.clock.advance(Duration::from_mins(1));
        assert_eq!(world.send("PATCH", "/exercises/first-own", json!({"level": 3})).await.status, 200);
        assert_eq!(listed(&format!("updated_since={}", now(&world))).await, ["first-own"]);
        let up = listed("muscle=chest&limit=100").await;
        let down = listed("muscle=chest&limit=100&order=desc").await;
        assert!(up.len() > 2 && up.iter().rev().eq(&down), "{up:?} {down:?}");
    }
}

#[tokio::test]
async fn what_is_logged_for_another_day_is_listed_by_when_it_was_written() {
    for engine in engines() {
        let world = fresh(&engine).await;
        let (early, late) = ("2025-03-01T07:00:00Z", "2025-05-01T07:00:00Z");
        let first = made(&world, "/workouts", json!({"title": "first", "started_at": late, "sets": []})).await;
        made(&world, "/measurements", json!({"kind": "steps", "value": 1, "notes": "first", "measured_at": late})).await;
        let between = now(&world);
        world.test.clock.advance(Duration::from_mins(1));
        made(&world, "/workouts", json!({"title": "second", "started_at": early, "sets": []})).await;
        made(&world, "/measurements", json!({"kind": "steps", "value": 2, "notes": "second", "measured_at": early})).await;
        for (path, field) in [("/workouts", "title"), ("/measurements", "notes")] {
            assert_eq!(names(&world, path, field).await, ["first", "second"], "newest first by their own time");
            assert_eq!(names(&world, &format!("{path}?created_after={between}"), field).await, ["second"]);
            assert_eq!(names(&world, &format!("{path}?updated_since={}", now(&world)), field).await, ["second"]);
        }
        world.test.clock.advance(Duration::from_mins(1));
        let since = format!("/workouts?updated_since={}", now(&world));
        let sets = format!("/workouts/{first}/sets");
        let tag = async || world.get(&format!("/workouts/{first}")).await.header("etag").unwrap().to_owned();
        let set = made(&world, &sets, json!({"exercise": "push-up", "reps": 5})).await;
        assert_eq!(names(&world, &since, "title").await, ["first"], "a set that is added changes its workout");
        let before = tag().await;
        world.test.clock.advance(Duration::from_mins(1));
        let since = format!("/workouts?updated_since={}", now(&world));
        assert_eq!(world.send("DELETE", &format!("{sets}/{set}"), json!({})).await.status, 204);
        assert_eq!(names(&world, &since, "title").await, ["first"], "so does one that goes away");
        made(&world, &sets, json!({"exercise": "squat", "reps": 5})).await;
        assert_ne!(tag().await, before, "other sets are another answer");
    }
}
