use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::posture::View;

/// One way to come to a body fat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = BodyFatMethod))]
pub struct Method {
    /// A formula's name, or `photo_model`.
    pub id: String,
    /// For people.
    pub name: String,
    /// In percent.
    pub value: f64,
    /// In points.
    pub standard_error: f64,
    /// True: nobody has published the error, it is a product default.
    pub error_is_assumed: bool,
    /// The publication.
    pub source: String,
    /// False: it was left out of the range.
    pub used: bool,
}

/// Body fat: a range, never one number alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = BodyFatEstimate))]
pub struct BodyFat {
    /// In percent.
    pub low: f64,
    /// Weighted by the errors of the methods.
    pub mid: f64,
    /// In percent.
    pub high: f64,
    /// Of the middle, in points.
    pub standard_error: f64,
    /// Between the least and the largest method that was used, in points.
    pub spread: f64,
    /// Every method.
    pub method: Vec<Method>,
    /// The model's look and the formulas contradict each other; the formulas stand.
    pub disagreement: bool,
}

/// Something that is seen, in words of a closed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = VisibleFeature))]
pub struct Feature {
    /// Such as `abdomen_definition`.
    pub name: String,
    /// Such as `moderate`.
    pub value: String,
}

/// A photo, as it was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct PhotoReport {
    /// As it was sent.
    pub view: Option<View>,
    /// As the model got it.
    pub width: u32,
    /// As the model got it.
    pub height: u32,
    /// Mean, 0 to 255.
    pub brightness: f64,
    /// Standard deviation of the brightness.
    pub contrast: f64,
    /// Variance of the Laplacian: sharp pictures have hundreds.
    pub sharpness: f64,
    /// The head was made unrecognisable before anything was stored.
    pub head_blurred: bool,
}

/// The model that looked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ModelUsed {
    /// Who answered.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// Which text it was asked with.
    pub prompt_version: String,
    /// How its answer was read: `exact`, `extracted` or `repaired`.
    pub proof: String,
    /// The entry of the usage ledger.
    pub generation_id: Option<Uuid>,
    /// Tokens.
    #[cfg_attr(feature = "http", schema(value_type = Object))]
    pub usage: Value,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = VisionReport))]
pub struct Report {
    /// Of a physique, where it could be estimated.
    pub body_fat: Option<BodyFat>,
    /// What is seen of a physique.
    pub features: Vec<Feature>,
    /// What the model finds wrong with the photos, in words of a closed list.
    pub photo_issues: Vec<String>,
    /// The photos.
    pub quality: Vec<PhotoReport>,
    /// The answer of a general analysis: a model's words.
    pub answer: Option<String>,
    /// What can't be known from photos, and what went wrong on the way.
    pub limits: Vec<String>,
    /// None: formulas alone.
    pub model: Option<ModelUsed>,
    /// Not medicine.
    pub disclaimer: String,
}

pub(crate) const DISCLAIMER: &str = "An estimate with wide errors. No diagnosis and no medical advice.";

/// What no photo shows.
pub(crate) fn always_limits() -> Vec<String> {
    let limits = [
        "Fat around the organs, muscle mass, bone and water can't be seen in a photo.",
        "Light, pose, pump, clothes and camera change what is seen; compare only photos that were taken alike.",
        "No peer-reviewed accuracy is known of general models that estimate body fat from photos; theirs is a wide witness.",
    ];
    limits.map(str::to_owned).to_vec()
}
