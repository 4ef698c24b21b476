//! What each operation answers, as a whole: a field that changes its name, its unit or its rounding is seen here.

use core_testing::Engine;
use fitness::catalogue::{Muscle, SetMetric};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, fresh};

/// Ids are counted and tell nothing.
fn masked(value: Value) -> Value {
    match value {
        Value::String(text) if Uuid::parse_str(&text).is_ok() => json!("[id]"),
        Value::Array(items) => items.into_iter().map(masked).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, masked(value))).collect(),
        other => other,
    }
}

async fn seen(world: &World, name: &str, path: &str) {
    let reply = world.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    insta::assert_json_snapshot!(name, masked(reply.json()));
}

async fn answered(world: &World, name: &str, method: &str, path: &str, body: Value) -> Value {
    let reply = world.send(method, path, body).await;
    assert!(reply.status < 300, "{path}: {}", reply.text());
    let answer = reply.json();
    insta::assert_json_snapshot!(name, masked(answer.clone()));
    answer
}

#[tokio::test]
async fn the_api_document_has_the_words_that_are_answered() {
    let world = fresh(&Engine::Sqlite).await;
    let document = serde_json::to_value(world.server.api.openapi()).unwrap();
    let words = |name: &str| document["components"]["schemas"][name]["enum"].clone();
    assert_eq!(words("Muscle"), json!(Muscle::ALL));
    assert_eq!(words("SetMetric"), json!(SetMetric::ALL));
}

async fn with_profile() -> World {
    let world = fresh(&Engine::Sqlite).await;
    let profile = json!({
        "birth_date": "1990-05-01", "sex": "female", "height": "170 cm", "mass": "65 kg", "goal": "strength", "experience": "beginner",
        "equipment": ["dumbbells", "bench"], "injuries": ["knee"],
    });
    answered(&world, "profile", "PUT", "/profile", profile).await;
    world
}

#[tokio::test]
async fn quantities_metrics_and_exercises_have_their_shapes() {
    let world = fresh(&Engine::Sqlite).await;
    answered(&world, "quantity", "POST", "/units/parse", json!({"text": "5'11\"", "quantity": "length"})).await;
    let refused = world.send("POST", "/units/parse", json!({"text": "180", "quantity": "mass"})).await.json();
    insta::assert_json_snapshot!("ambiguous_quantity", masked(json!({"code": refused["code"], "readings": refused["readings"]})));
    let body = json!({
        "sex": "male", "age": 30, "height": "180 cm", "mass": "80 kg", "waist": "85 cm", "neck": "38 cm", "hip": "98 cm", "activity": "moderate",
    });
    answered(&world, "metrics", "POST", "/metrics", body).await;
    seen(&world, "exercise", "/exercises/push-up").await;
    seen(&world, "exercises", "/exercises?query=pushup&limit=1").await;
    let own = json!({"slug": "sled-drag", "name": "Sled drag", "pattern": "carry", "muscles": {"quads": 1, "glutes": 0.5}});
    answered(&world, "own_exercise", "POST", "/exercises", own).await;
}

#[tokio::test]
async fn plans_and_the_log_have_their_shapes() {
    let world = with_profile().await;
    let wishes = json!({"days_per_week": 2, "minutes": 30, "weeks": 6});
    let plan = answered(&world, "plan", "POST", "/plans", wishes).await;
    let at = format!("/plans/{}", plan["id"].as_str().unwrap());
    seen(&world, "plan_explained", &format!("{at}/explain")).await;
    seen(&world, "next_session", &format!("{at}/next")).await;
    let body = json!({"title": "Evening", "plan_id": plan["id"], "plan_day": 0, "sets": [
        {"exercise": "pushup", "reps": 10, "rir": 2}, {"exercise": "dumbbell-row", "load": "20 kg", "reps": 8, "kind": "warm_up", "superset": 1}]});
    let workout = answered(&world, "workout", "POST", "/workouts", body).await;
    let at = format!("/workouts/{}", workout["id"].as_str().unwrap());
    answered(&world, "set", "POST", &format!("{at}/sets"), json!({"exercise": "dumbbell-row", "load": "20 kg", "reps": 8})).await;
    let swap = json!({"exercise": "push-up", "pain": ["wrist"]});
    answered(&world, "substitute", "POST", &format!("{at}/substitute"), swap).await;
    seen(&world, "records", "/records").await;
    seen(&world, "volume", "/volume").await;
}

#[tokio::test]
async fn progress_energy_and_transfers_have_their_shapes() {
    let world = with_profile().await;
    for (day, mass) in [(1, "65 kg"), (5, "64.8 kg"), (9, "64.6 kg")] {
        let measured = json!({"kind": "mass", "value": mass, "measured_at": format!("2026-01-{day:02}T07:00:00Z")});
        assert_eq!(world.send("POST", "/measurements", measured).await.status, 201);
    }
    answered(&world, "measurement", "POST", "/measurements", json!({"kind": "waist", "value": "70 cm"})).await;
    seen(&world, "measurements", "/measurements?kind=mass&limit=2&order=asc").await;
    seen(&world, "progress", "/progress?metric=mass").await;
    seen(&world, "energy", "/energy").await;
    seen(&world, "export", "/export").await;
    let file = r#"{"format":"brickwork-fitness","measurements":[{"id":"a","kind":"steps","value":-1,"measured_at":"2026-01-16T15:40:00Z"}]}"#;
    let begun = world.server.post("/api/v1/fitness/imports").bearer("ada").body("application/json", file).send().await;
    insta::assert_json_snapshot!("import_begun", masked(begun.json()));
    world.work().await;
    let done = world.server.get(begun.header("location").unwrap()).bearer("ada").send().await;
    insta::assert_json_snapshot!("import_done", masked(done.json()));
}

#[tokio::test]
async fn imports_over_their_limits_are_refused_before_they_are_kept() {
    let world = fresh(&Engine::Sqlite).await;
    let send =
        async |kind: &str, file: String| world.server.post("/api/v1/fitness/imports").bearer("ada").body(kind, file).send().await;
    let deep = format!("{{\"format\":\"brickwork-fitness\",\"x\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let refused = send("application/json", deep).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "request.malformed"), "{}", refused.text());
    assert!(refused.text().contains("64 levels"));
    let rows = format!("exercise_title,start_time,set_type\n{}", "x,y,z\n".repeat(200_001));
    let begun = send("text/csv", rows).await;
    world.work().await;
    let failed = world.server.get(begun.header("location").unwrap()).bearer("ada").send().await.json();
    assert_eq!(failed["problem"]["code"], "fitness.unreadable_import", "{failed}");
    assert!(failed["problem"]["detail"].as_str().unwrap().contains("more than 200000 rows"));
}
