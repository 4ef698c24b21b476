//! Photos and landmarks through the whole server.

use core_testing::http::{FormFile, Reply};
use fitness::motion::{StreamWish, by_id, stream};
use mock_llm::{MockLlm, Protocol, Script};
use serde_json::{Value, json};

use crate::program::{Server, access};

/// Sends as many photos to be analysed.
async fn submit(server: &Server, token: &str, texts: &[(&str, &str)], photos: usize) -> Reply {
    let photo = media::testing::photo(1600, 1200);
    let files = vec![FormFile::jpeg("image", &photo); photos];
    server.request("POST", "/api/v1/vision/analyses").bearer(token).form(texts, &files).send().await
}

async fn analysed(server: &Server, token: &str, texts: &[(&str, &str)], photos: usize) -> Value {
    let begun = submit(server, token, texts, photos).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let at = begun.header("location").unwrap().to_owned();
    server.get(&format!("{at}?wait=25"), token).await.json()
}

fn said(document: &Value) -> Script {
    Script::json(
        200,
        &json!({
            "id": "c1", "object": "chat.completion", "model": "mock",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": document.to_string()}}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
        }),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_are_described_by_a_model_and_merged_with_the_measures_of_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let mock = MockLlm::start().await.unwrap();
    let base = mock.base_url(Protocol::OpenAiChat);
    let environment =
        [("OPENAI_API_KEY", "test"), ("OPENAI_BASE_URL", base.as_str()), ("APP__LLM__DEFAULT_MODEL", "openai/mock")];
    let server = Server::start_with(folder.path(), &environment);
    let token = access(&server.register("ada@example.com").await);
    let send = |method: &str, target: &str, body: Value| {
        server.request(method, &format!("/api/v1{target}")).bearer(&token).json(&body).send()
    };
    let profile = json!({"birth_date": "1990-05-01", "sex": "male", "height": "180 cm", "mass": "80 kg"});
    assert_eq!(send("PUT", "/fitness/profile", profile).await.status, 200);
    for (kind, value) in [("waist", "85 cm"), ("neck", "38 cm")] {
        assert_eq!(send("POST", "/fitness/measurements", json!({"kind": kind, "value": value})).await.status, 201);
    }
    mock.push(said(&json!({
        "people_count": 1, "apparent_minor": false, "nudity": false, "whole_body_visible": true, "photo_issues": ["flexed"],
        "body_fat": {"low": 15, "high": 20}, "features": [{"name": "abdomen_definition", "value": "low"}],
    })));
    let done = analysed(&server, &token, &[("kind", "physique"), ("consent", "true"), ("views", "front,side")], 2).await;
    assert_eq!(done["status"], "succeeded", "{done}");
    let fat = &done["result"]["body_fat"];
    let methods: Vec<&str> = fat["method"].as_array().unwrap().iter().map(|method| method["id"].as_str().unwrap()).collect();
    assert!(["navy_men", "rfm", "cun_bae", "photo_model"].iter().all(|method| methods.contains(method)), "{methods:?}");
    assert!((15.0..22.0).contains(&fat["mid"].as_f64().unwrap()), "{fat}");
    assert_eq!(done["result"]["features"], json!([{"name": "abdomen_definition", "value": "low"}]));
    assert_eq!(done["result"]["quality"][0]["width"], 1280);
    let asked = mock.requests()[0].body.to_string();
    assert_eq!(asked.matches("data:image/jpeg;base64,").count(), 2);
    assert!(asked.contains("Describe this person's physique. photo 1: front, photo 2: side.\""), "and no measure");
    let paid = done["result"]["model"]["generation_id"].as_str().unwrap();
    let paid = server.get(&format!("/api/v1/llm/generations/{paid}"), &token).await;
    assert_eq!((paid.status, &paid.json()["usage"]["input_tokens"]), (200, &json!(900)), "the ledger has it: {}", paid.text());

    let others = access(&server.register("eve@example.com").await);
    let place = format!("/api/v1/vision/analyses/{}", done["id"].as_str().unwrap());
    assert_eq!(server.get(&place, &others).await.status, 404);
    assert_eq!(server.request("DELETE", &place).bearer(&token).send().await.status, 204);
    assert_eq!(server.get(&place, &token).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_model_measures_are_enough_and_nothing_is_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let texts = [("kind", "physique"), ("consent", "true")];
    let nothing = submit(&server, &token, &texts, 1).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (503, "vision.model_not_configured"), "{}", nothing.text());
    let profile = r#"{"sex": "female", "age": 28, "height_cm": 165, "mass_kg": 65, "waist_cm": 70, "hip_cm": 96, "neck_cm": 33}"#;
    let done = analysed(&server, &token, &[texts[0], texts[1], ("profile", profile)], 1).await;
    assert_eq!((&done["status"], &done["result"]["model"]), (&json!("succeeded"), &Value::Null), "{done}");
    let navy =
        done["result"]["body_fat"]["method"].as_array().unwrap().iter().find(|method| method["id"] == "navy_women").unwrap();
    assert!((navy["value"].as_f64().unwrap() - 24.86).abs() < 0.01);
    let page = server.get("/api/v1/vision/analyses", &token).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let text = server.request("POST", "/api/v1/vision/analyses").bearer(&token);
    let text = text.form(&[], &[]).send().await;
    assert_eq!(text.status, 422, "{}", text.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn push_ups_are_counted_over_http_and_rules_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let wish = StreamWish { repetitions: 12, noise: 0.002, ..StreamWish::default() };
    let frames: Vec<Value> = stream(by_id("push-up").unwrap(), &wish)
        .into_iter()
        .map(|frame| json!({"t": frame.t, "landmarks": frame.landmarks}))
        .collect();
    let body =
        json!({"layout": "mediapipe33", "view": "side", "width": 1080, "height": 1080, "exercise": "pushup", "frames": frames});
    let found = server.request("POST", "/api/v1/vision/posture").bearer(&token).json(&body).send().await;
    assert_eq!(found.status, 200, "{}", found.text());
    assert_eq!((&found.json()["reps"]["count"], &found.json()["reps"]["partial"]), (&json!(12), &json!(0)));
    let rules = server.get("/api/v1/vision/posture/rules", &token).await.json();
    assert!(rules["gates"].as_array().unwrap().len() >= 60 && rules["rules"].as_array().unwrap().len() >= 20);
    let landmarks = json!({"media_id": "01900000-0000-7000-8000-000000000001"});
    let none = server.request("POST", "/api/v1/vision/landmarks").bearer(&token).json(&landmarks).send().await;
    assert_eq!((none.status, none.code().as_str()), (503, "vision.pose_not_configured"));
}
