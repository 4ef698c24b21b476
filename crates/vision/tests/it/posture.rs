use core_testing::Engine;
use serde_json::{Value, json};
use vision::testing::FixedModel;

use crate::world::fresh;

fn still() -> Value {
    json!({
        "layout": "mediapipe33", "view": "side", "width": 720, "height": 1280,
        "landmarks": (0..33).map(|place| json!([0.3 + f64::from(place) / 100.0, 0.2 + f64::from(place) / 60.0, 0.9])).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn landmarks_are_held_to_their_layout_and_their_ranges() {
    let world = fresh(&Engine::Sqlite, FixedModel::absent()).await;
    assert_eq!(world.send("POST", "/posture", still()).await.status, 200);
    let cases = [
        ("layout", json!("coco17"), "/landmarks"),
        ("layout", Value::Null, "/layout"),
        ("width", json!(4), "/width"),
        ("landmarks", json!([[0.5, 0.5]]), "/landmarks"),
        ("landmarks", json!({"left_knee": [0.5, 0.5]}), "/landmarks"),
        ("landmarks", json!(vec![json!([0.5, 0.5, 7.0]); 33]), "/landmarks"),
        ("landmarks", json!(vec![json!([99.0, 0.5]); 33]), "/landmarks"),
        ("frames", json!([]), ""),
        ("exercise", json!("levitation"), "/exercise"),
        ("landmarks", Value::Null, ""),
    ];
    for (name, value, pointer) in cases {
        let mut body = still();
        body[name] = value;
        let refused = world.send("POST", "/posture", body).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["pointer"].clone()), (422, json!(pointer)), "{}", refused.text());
    }
    let frames = |times: [f64; 3]| {
        let frames: Vec<Value> = times.iter().map(|t| json!({"t": t, "landmarks": still()["landmarks"]})).collect();
        let mut body = still();
        body.as_object_mut().unwrap().remove("landmarks");
        body["frames"] = json!(frames);
        body
    };
    assert_eq!(world.send("POST", "/posture", frames([0.0, 0.1, 0.2])).await.status, 200);
    let backwards = world.send("POST", "/posture", frames([0.0, 0.2, 0.2])).await;
    assert_eq!(backwards.json()["errors"][0]["pointer"], "/frames/2/t");
}

#[tokio::test]
async fn without_a_pose_model_the_answer_names_the_settings() {
    let world = fresh(&Engine::Sqlite, FixedModel::absent()).await;
    let media = "01900000-0000-7000-8000-000000000007";
    for (path, body) in [("/landmarks", json!({"media_id": media})), ("/posture", json!({"media_id": media, "view": "front"}))] {
        let refused = world.send("POST", path, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (503, "vision.pose_not_configured"));
    }
    let catalogue = vision::codes::POSE_NOT_CONFIGURED.advice;
    assert!(catalogue.contains("APP__VISION__POSE__MODEL_PATH") && catalogue.contains("PoseEstimator"));
}

#[tokio::test]
async fn every_rule_is_shown_with_what_backs_it() {
    let world = fresh(&Engine::Sqlite, FixedModel::absent()).await;
    let book = world.server.get("/api/v1/vision/posture/rules").bearer("ada").send().await.json();
    let rules = book["rules"].as_array().unwrap();
    assert_eq!(rules.len(), vision::posture::rules().len());
    assert!(rules.iter().all(|rule| rule["source"].as_str().is_some_and(|source| !source.is_empty())));
    assert_eq!(book["gates"][0]["id"], "push-up.elbow");
    assert!(book["never"].as_array().unwrap().iter().any(|never| never["id"] == "deadlift.rounded_back"));
    insta::assert_json_snapshot!(world.send("POST", "/posture", still()).await.json());
}
