//! Stand-ins for what this crate asks of others, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;
#[cfg(feature = "onnx")]
mod tiny_model;

#[cfg(feature = "http")]
pub use fixture::VisionFixture;
#[cfg(feature = "onnx")]
pub use tiny_model::TinyModel;

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ports::{
    BodyFormulas, Estimate, FormRules, PhotoFile, Photos, Pixels, PoseEstimator, PoseFailure, VisionAnswer, VisionModel,
    VisionQuestion,
};
use crate::posture::{Gate, Joint, Landmark, Layout, Motion, View};
use crate::{BodyProfile, Sex, VisionError, codes};

/// A sharp, colourful picture.
pub fn picture(width: u32, height: u32) -> Pixels {
    let byte = |value: u32| u8::try_from(value % 256).unwrap_or_default();
    let pixel = |at: u32| {
        let (x, y) = (at % width, at / width);
        [byte(x * 7 + y * 3), byte((x ^ y) * 5), byte(x * y + 31)]
    };
    Pixels { width, height, rgb: (0..width * height).flat_map(pixel).collect() }
}

/// Photos: every id is a sharp picture but the nil one, which is not there; every file is one but those that say `dark`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedPhotos;

#[async_trait]
impl Photos for FixedPhotos {
    async fn load(&self, _: &Actor, media: Uuid, _: u32) -> Result<Option<Pixels>, PortError> {
        Ok((!media.is_nil()).then(|| picture(300, 400)))
    }

    async fn develop(&self, photo: PhotoFile, _: u32) -> Result<Pixels, PortError> {
        let mut text = Vec::new();
        match photo.file.reopen().and_then(|mut file| file.read_to_end(&mut text)) {
            Ok(_) if text == b"dark" => Ok(Pixels { width: 300, height: 400, rgb: vec![3; 300 * 400 * 3] }),
            Ok(_) if !text.is_empty() => Ok(picture(300, 400)),
            _ => Err(VisionError::Plain(&codes::PHOTO_UNUSABLE).into()),
        }
    }
}

/// Says what a test puts in, one after the other, and remembers what it was asked. With nothing left it fails like a provider that is down.
#[derive(Debug, Default)]
pub struct FixedModel {
    answers: Mutex<VecDeque<Value>>,
    asked: Mutex<Vec<VisionQuestion>>,
    absent: bool,
}

impl FixedModel {
    /// One that nobody may ask.
    pub fn absent() -> Self {
        Self { absent: true, ..Self::default() }
    }

    /// Says this next. A text is an answer that holds no document.
    pub fn answer(&self, document: Value) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(document);
    }

    /// What it was asked.
    pub fn asked(&self) -> Vec<VisionQuestion> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A good answer about one adult.
    pub fn physique(low: f64, high: f64) -> Value {
        json!({
            "people_count": 1, "apparent_minor": false, "nudity": false, "whole_body_visible": true, "photo_issues": [],
            "body_fat": {"low": low, "high": high}, "features": [{"name": "muscularity", "value": "moderate"}],
        })
    }
}

#[async_trait]
impl VisionModel for FixedModel {
    fn is_available(&self, _: &Actor) -> bool {
        !self.absent
    }

    fn provider(&self, _: &Actor) -> Option<String> {
        Some("fixed".to_owned())
    }

    async fn ask(&self, _: &Actor, question: VisionQuestion) -> Result<VisionAnswer, PortError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(question);
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(document) = answer else { return Err(VisionError::Plain(&codes::MODEL_FAILED).into()) };
        Ok(VisionAnswer {
            value: Some(document).filter(|document| !document.is_string()),
            proof: "exact".to_owned(),
            violations: Vec::new(),
            provider: "fixed".to_owned(),
            model: "eyes-1".to_owned(),
            generation_id: None,
            usage: json!({"input_tokens": 900, "output_tokens": 80}),
        })
    }
}

/// Formulas that say 18 and 22 of everybody; the stored profile is what a test puts in.
#[derive(Debug, Default)]
pub struct FixedFormulas(pub Mutex<Option<BodyProfile>>);

impl FixedFormulas {
    /// A profile for tests.
    pub fn profile(age: f64) -> BodyProfile {
        BodyProfile {
            sex: Sex::Male,
            age,
            height_cm: 180.0,
            mass_kg: 80.0,
            neck_cm: Some(38.0),
            waist_cm: Some(85.0),
            hip_cm: None,
        }
    }
}

#[async_trait]
impl BodyFormulas for FixedFormulas {
    async fn profile(&self, _: &Actor) -> Result<Option<BodyProfile>, PortError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn body_fat(&self, _: &BodyProfile) -> Vec<Estimate> {
        let estimate = |id: &str, value: f64, standard_error: Option<f64>| Estimate {
            id: id.to_owned(),
            name: id.to_owned(),
            value,
            standard_error,
            source: "a test".to_owned(),
        };
        vec![estimate("first", 18.0, Some(3.5)), estimate("second", 22.0, None)]
    }
}

/// Push-ups and planks.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedForms;

impl FormRules for FixedForms {
    fn motion(&self, exercise: &str) -> Option<Motion> {
        self.all().into_iter().find(|motion| motion.id == exercise)
    }

    fn all(&self) -> Vec<Motion> {
        let source = "a test".to_owned();
        let gate = Gate { id: "push-up.elbow".to_owned(), joint: Joint::Elbow, low: 100.0, high: 160.0, source };
        let push_up = Motion { id: "push-up".to_owned(), view: View::Side, gate: Some(gate) };
        vec![push_up, Motion { id: "plank".to_owned(), view: View::Side, gate: None }]
    }
}

/// Finds the same standing body in every picture.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedPose;

impl PoseEstimator for FixedPose {
    fn layout(&self) -> Layout {
        Layout::Coco17
    }

    fn estimate(&self, _: &Pixels) -> Result<Vec<Option<Landmark>>, PoseFailure> {
        let places = [
            (0.50, 0.12),
            (0.51, 0.11),
            (0.49, 0.11),
            (0.53, 0.12),
            (0.47, 0.12),
            (0.58, 0.22),
            (0.42, 0.22),
            (0.61, 0.35),
            (0.39, 0.35),
            (0.62, 0.47),
            (0.38, 0.47),
            (0.55, 0.50),
            (0.45, 0.50),
            (0.55, 0.70),
            (0.45, 0.70),
            (0.55, 0.90),
            (0.45, 0.90),
        ];
        Ok(places.into_iter().map(|(x, y)| Some([x, y, 0.9])).collect())
    }
}
