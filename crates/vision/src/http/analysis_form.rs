//! A submission, out of a form or out of JSON.

use core_http::{Form, FormRules, Problem, parse_json};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use uuid::Uuid;

use super::landmarks_body::Landmarks;
use crate::posture::{Layout, View};
use crate::{BodyProfile, Kind, PhotoFile, PhotoSource, Submission, SubmittedPhoto, VisionError};

/// How deep JSON in fields may nest.
const DEPTH: usize = 16;
/// The most photos.
pub(super) const MAX_PHOTOS: usize = 3;

/// A photo that is kept on this server.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnalysisImage)]
struct ImageBody {
    media_id: Uuid,
    /// From where the person is seen.
    view: Option<View>,
    /// In the order of `mediapipe33`; those of the head are needed for `blur_head`.
    #[schema(value_type = Option<Vec<Vec<f64>>>)]
    landmarks: Option<Landmarks>,
}

/// A wish for an analysis of photos that are kept on this server.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateVisionAnalysis)]
pub(super) struct AnalysisBody {
    /// One to three.
    images: Vec<ImageBody>,
    kind: Kind,
    /// Measures; without them those of the fitness profile are used.
    profile: Option<BodyProfile>,
    /// The question of a general analysis.
    prompt: Option<String>,
    /// The person in the photos agrees.
    #[serde(default)]
    consent: bool,
    /// For how many days the analysis is kept.
    retain_days: Option<u32>,
    /// Make the head unrecognisable first.
    #[serde(default)]
    blur_head: bool,
}

impl AnalysisBody {
    pub(super) fn submission(self) -> Result<Submission, Problem> {
        let mut photos = Vec::new();
        for (index, image) in self.images.into_iter().enumerate() {
            let landmarks = checked(image.landmarks, &format!("/images/{index}/landmarks"))?;
            photos.push(SubmittedPhoto { source: PhotoSource::Media(image.media_id), view: image.view, landmarks });
        }
        Ok(Submission {
            kind: self.kind,
            photos,
            profile: self.profile,
            prompt: self.prompt,
            consent: self.consent,
            retain_days: self.retain_days,
            blur_head: self.blur_head,
        })
    }
}

fn checked(landmarks: Option<Landmarks>, pointer: &str) -> Result<Vec<Option<[f64; 3]>>, Problem> {
    let landmarks = landmarks.unwrap_or_default().checked(Layout::Mediapipe33, pointer);
    Ok(landmarks.map_err(|fault| VisionError::Invalid(vec![fault]))?)
}

/// What a form of an analysis may hold.
pub(super) fn rules(max_photo_bytes: u64) -> FormRules {
    FormRules {
        texts: &["kind", "views", "landmarks", "profile", "prompt", "consent", "retain_days", "blur_head"],
        files: &["image"],
        max_file_bytes: max_photo_bytes,
        max_files: MAX_PHOTOS,
    }
}

/// A submission out of a form: photos are its files `image`, `views` one word each, `landmarks` and `profile` JSON.
pub(super) fn of_form(form: Form) -> Result<Submission, Problem> {
    let unknown =
        |name: &str, expected: &str| Problem::invalid(format!("/{name}"), "unknown_value", format!("Expected {expected}."));
    let truth = |name: &str| match form.text(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(unknown(name, "true or false")),
    };
    let kind = form.text("kind").and_then(Kind::parse).ok_or_else(|| unknown("kind", "physique or general"))?;
    let days = form.text("retain_days").map(str::parse).transpose().map_err(|_| unknown("retain_days", "a number of days"))?;
    let (consent, blur_head) = (truth("consent")?, truth("blur_head")?);
    let mut views = Vec::new();
    for word in form.text("views").into_iter().flat_map(|words| words.split(',')) {
        let view = [View::Front, View::Side, View::Back].into_iter().find(|view| view.as_str() == word.trim());
        views.push(view.ok_or_else(|| unknown("views", "front, side or back, one for each image, separated by commas"))?);
    }
    let mut landmarks: Vec<Option<Landmarks>> = json(&form, "landmarks")?.unwrap_or_default();
    if landmarks.len() > form.files.len() || views.len() > form.files.len() {
        return Err(unknown("views", "no more views and landmarks than images"));
    }
    landmarks.resize_with(form.files.len(), || None);
    let profile = json(&form, "profile")?;
    let prompt = form.text("prompt").map(str::to_owned);
    let mut photos = Vec::new();
    for (index, (file, landmarks)) in form.files.into_iter().zip(landmarks).enumerate() {
        let landmarks = checked(landmarks, &format!("/landmarks/{index}"))?;
        let source = PhotoSource::File(PhotoFile { file: file.file, declared: file.content_type });
        photos.push(SubmittedPhoto { source, view: views.get(index).copied(), landmarks });
    }
    Ok(Submission { kind, photos, profile, prompt, consent, retain_days: days, blur_head })
}

fn json<T: DeserializeOwned>(form: &Form, name: &str) -> Result<Option<T>, Problem> {
    let Some(text) = form.text(name) else { return Ok(None) };
    let broken = |problem: Problem| Problem::invalid(format!("/{name}"), "invalid_json", problem.detail().to_owned());
    parse_json(text.as_bytes(), DEPTH).map(Some).map_err(broken)
}
