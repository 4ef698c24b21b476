use serde_json::{Value, json};

use crate::program::{Server, access};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_plans_trains_and_is_coached_on_what_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let send = |method: &str, target: &str, body: Value| {
        server.request(method, &format!("/api/v1{target}")).bearer(&token).json(&body).send()
    };
    let profile = json!({"birth_date": "1990-05-01", "sex": "female", "height": "5'7\"", "mass": "65 kg", "equipment": ["dumbbells", "bench"]});
    let put = send("PUT", "/fitness/profile", profile).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let plan = send("POST", "/fitness/plans", json!({"name": "Spring", "days_per_week": 3, "minutes": 45})).await;
    assert_eq!(plan.status, 201, "{}", plan.text());
    let plan = plan.json();
    let next = format!("/api/v1/fitness/plans/{}/next", plan["id"].as_str().unwrap());
    let slug = server.get(&next, &token).await.json()["items"][0]["exercise"].as_str().unwrap().to_owned();

    let workout = send("POST", "/fitness/workouts", json!({"plan_id": plan["id"], "plan_day": 0})).await.json();
    let sets = format!("/fitness/workouts/{}/sets", workout["id"].as_str().unwrap());
    let logged = send("POST", &sets, json!({"exercise": slug, "load": "10 kg", "reps": 8})).await;
    assert_eq!(logged.status, 201, "{}", logged.text());
    assert_eq!(server.get(&next, &token).await.json()["day"], 1);

    let conversation = json!({"template": "fitness.coach", "context": ["fitness"], "tools": ["fitness.log_set"]});
    let conversation = send("POST", "/llm/conversations", conversation).await;
    assert_eq!(conversation.status, 201, "{}", conversation.text());
    let told = format!("/api/v1/llm/conversations/{}/context", conversation.json()["id"].as_str().unwrap());
    let told = server.get(&told, &token).await.text();
    for word in ["You are a training coach", "Spring", "Next session", "10 kg x 8"] {
        assert!(told.contains(word), "{word}: {told}");
    }

    let model = send("POST", "/fitness/plans", json!({"author": "model"})).await.json();
    assert_eq!(model["author"], "builder", "without a model the rules' plan stands");
    let gif = server.request("GET", "/api/v1/fitness/exercises/push-up/animation.gif").send().await;
    assert_eq!((gif.status, gif.header("content-type")), (200, Some("image/gif")));
    let picture = json!({"media_id": "01900000-0000-7000-8000-000000000001"});
    assert_eq!(
        send("POST", "/fitness/exercises", json!({"name": "Sandbag", "pattern": "carry", "muscles": {"glutes": 1}})).await.status,
        201
    );
    assert_eq!(send("POST", "/fitness/exercises/sandbag/media", picture).await.status, 422, "there is no such picture");
}
