use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use core_http::Installed;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;
use uuid::Uuid;

use super::{FixedForms, FixedFormulas, FixedModel, FixedPhotos, FixedPose};
use crate::{Deps, Kind, PhotoSource, Submission, SubmittedPhoto, Vision, VisionConfig};

/// Vision under the contract suite.
#[derive(Debug)]
pub struct VisionFixture {
    vision: Arc<Vision>,
    world: World,
}

const BOUNDARY: &str = "a-boundary-of-the-fixture";
const MEDIA: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0007);

impl VisionFixture {
    /// Vision over stand-ins of its ports.
    pub fn new(world: World) -> Self {
        let vision = Vision::new(Deps {
            db: world.db.clone(),
            config: VisionConfig::default(),
            blobs: Arc::new(object_store::memory::InMemory::new()),
            photos: Some(Arc::new(FixedPhotos)),
            model: Some(Arc::new(FixedModel::default())),
            formulas: Some(Arc::new(FixedFormulas::default())),
            forms: Some(Arc::new(FixedForms)),
            pose: Some(Arc::new(FixedPose)),
        });
        Self { vision: Arc::new(vision), world }
    }

    fn form() -> Vec<u8> {
        let part = |name: &str, value: &str| {
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let profile = json!({"sex": "female", "age": 30, "height_cm": 170, "mass_kg": 65, "waist_cm": 72}).to_string();
        let texts = [("kind", "physique"), ("consent", "true"), ("views", "front"), ("profile", &profile), ("retain_days", "7")];
        let texts: String = texts.iter().map(|(name, value)| part(name, value)).collect();
        let head = "content-disposition: form-data; name=\"image\"; filename=\"me.jpeg\"\r\ncontent-type: image/jpeg";
        let body = format!("{texts}--{BOUNDARY}\r\n{head}\r\n\r\na photo\r\n--{BOUNDARY}--\r\n");
        body.into_bytes()
    }
}

#[async_trait]
impl Fixture for VisionFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.vision.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-of-vision-{}", self.world.ambient.ids.next());
        let photo = SubmittedPhoto { source: PhotoSource::Media(MEDIA), view: None, landmarks: Vec::new() };
        let submission = Submission {
            kind: Kind::General,
            photos: vec![photo],
            profile: None,
            prompt: Some(canary.clone()),
            consent: true,
            retain_days: None,
            blur_head: true,
        };
        let analysis = self.vision.analyses.submit(actor, submission).await.expect("a photo that is good enough");
        let rows = BTreeMap::from([("analysis", analysis.id.to_string())]);
        Planted { rows, urls: vec![format!("/api/v1/vision/analyses/{}", analysis.id)], canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        Some(match operation_id {
            "create_vision_analysis" => Sample::new().raw(&format!("multipart/form-data; boundary={BOUNDARY}"), Self::form()),
            "get_vision_analysis" | "delete_vision_analysis" => Sample::new().path("id", planted.row("analysis")),
            "list_vision_analyses" | "list_posture_rules" => Sample::new(),
            "find_landmarks" => Sample::new().json(json!({"media_id": MEDIA})),
            "measure_posture" => Sample::new().json(json!({
                "layout": "named", "view": "side", "width": 720, "height": 1280, "exercise": "push-up", "mirrored": false,
                "frames": [
                    {"t": 0, "landmarks": {"right_shoulder": [0.7, 0.5, 0.9], "right_hip": [0.4, 0.52], "right_ankle": [0.1, 0.55, 1]}},
                    {"t": 0.1, "landmarks": {}},
                ],
            })),
            _ => return None,
        })
    }
}
