//! A pose model of an operator behind the operations.

use core_kernel::DomainError as _;
use core_testing::Engine;
use serde_json::json;
use vision::posture::Layout;
use vision::testing::{FixedModel, TinyModel};
use vision::{ChannelScale, Kind, PoseConfig, Submission, pose_model};

use crate::world::{fresh, fresh_with_pose, photo, submission};

const MEDIA: &str = "01900000-0000-7000-8000-000000000007";

/// Standing, as MoveNet would say it: y, x, score.
const STANDING: [[f32; 3]; 17] = [
    [0.12, 0.50, 0.9],
    [0.11, 0.51, 0.9],
    [0.11, 0.49, 0.9],
    [0.12, 0.53, 0.9],
    [0.12, 0.47, 0.9],
    [0.22, 0.63, 0.9],
    [0.22, 0.37, 0.9],
    [0.35, 0.61, 0.9],
    [0.35, 0.39, 0.9],
    [0.47, 0.62, 0.9],
    [0.47, 0.38, 0.9],
    [0.50, 0.57, 0.9],
    [0.50, 0.43, 0.9],
    [0.70, 0.55, 0.9],
    [0.70, 0.45, 0.9],
    [0.90, 0.55, 0.9],
    [0.90, 0.45, 0.9],
];

/// A file, and the settings that name it. Its landmarks do not depend on the picture, since a mean of zero parts of it is added.
fn operators(folder: &std::path::Path) -> PoseConfig {
    let model = TinyModel::new(&[1, 32, 32, 3])
        .constant("places", &[1, 1, 17, 3], &STANDING.concat())
        .constant("none", &[1], &[0.0])
        .node("ReduceMean", &["picture"], "mean", &[("axes", &[0, 1, 2, 3]), ("keepdims", &[0])])
        .node("Mul", &["mean", "none"], "nothing", &[])
        .node("Add", &["places", "nothing"], "landmarks", &[])
        .output("landmarks", &[1, 1, 17, 3]);
    let (path, file) = (folder.join("pose.onnx"), model.file());
    std::fs::write(&path, &file).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &file);
    PoseConfig {
        model_path: Some(path),
        model_sha256: core_kernel::hex(digest.as_ref()),
        layout: Layout::Coco17,
        input_size: 32,
        scale: ChannelScale::Unit,
        ..PoseConfig::default()
    }
}

#[tokio::test]
async fn a_model_of_the_settings_finds_landmarks_and_posture_in_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let pose = pose_model(&operators(folder.path())).unwrap();
    let world = fresh_with_pose(&Engine::Sqlite, FixedModel::absent(), pose).await;
    let found = world.send("POST", "/landmarks", json!({"media_id": MEDIA})).await;
    assert_eq!(found.status, 200, "{}", found.text());
    let found = found.json();
    assert_eq!((&found["layout"], &found["width"], &found["height"]), (&json!("coco17"), &json!(300), &json!(400)));
    // The picture of 300 x 400 takes the middle three quarters of the square.
    let ankle = found["landmarks"][15][0].as_f64().unwrap();
    assert!((ankle - (0.55 - 0.125) / 0.75).abs() < 1e-5, "{ankle}");
    let posture = world.send("POST", "/posture", json!({"media_id": MEDIA, "view": "front"})).await.json();
    let tilt = posture["metrics"].as_array().unwrap().iter().find(|metric| metric["id"] == "shoulder_tilt").unwrap();
    assert_eq!(tilt["value"], 0.0);
    let unknown = world.send("POST", "/landmarks", json!({"media_id": uuid::Uuid::nil()})).await;
    assert_eq!((unknown.status, unknown.json()["errors"][0]["code"].clone()), (422, json!("unknown_media")));
}

#[tokio::test]
async fn a_head_is_made_unrecognisable_where_the_model_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let pose = pose_model(&operators(folder.path())).unwrap();
    let world = fresh_with_pose(&Engine::Sqlite, FixedModel::default(), pose).await;
    let wish = || Submission { blur_head: true, ..submission(Kind::Physique, vec![photo(b"a photo")]) };
    assert!(world.vision.analyses.submit(&world.ada(), wish()).await.is_ok());
    let without = fresh(&Engine::Sqlite, FixedModel::default()).await;
    let refused = without.vision.analyses.submit(&without.ada(), wish()).await.unwrap_err();
    assert_eq!(refused.code().code, "vision.blur_needs_landmarks");
}

#[test]
fn a_model_that_is_not_the_one_of_the_settings_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let config = PoseConfig { model_sha256: "0".repeat(64), ..operators(folder.path()) };
    let told = pose_model(&config).err().unwrap();
    assert!(told.contains("pose.onnx") && told.contains("vision.pose.model_sha256"), "{told}");
}
