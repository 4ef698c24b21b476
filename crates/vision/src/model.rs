use core_kernel::{FieldError, Owner, Timestamp, UserId, typed_id};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::analysis::Report;
use crate::posture::View;

typed_id! {
    /// An analysis of photos.
    AnalysisId
}

/// What photos are looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = AnalysisKind))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A body: a range of body fat, visible features.
    Physique,
    /// An answer to a question about the photos.
    General,
}

impl Kind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Physique => "physique",
            Self::General => "general",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Physique, Self::General].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Where an analysis stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnalysisStatus {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// Its report is there.
    Succeeded,
    /// It was refused or given up.
    Failed,
}

impl AnalysisStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed].into_iter().find(|status| status.as_str() == word)
    }
}

/// Biological sex, as formulas were fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "http", schema(as = VisionSex))]
pub enum Sex {
    /// Coefficients for women.
    Female,
    /// Coefficients for men.
    Male,
}

/// The measures of a body. Units stand in the names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BodyProfile {
    /// Coefficients of formulas.
    pub sex: Sex,
    /// Years.
    pub age: f64,
    /// Height in centimetres.
    pub height_cm: f64,
    /// Body mass in kilograms.
    pub mass_kg: f64,
    /// Round the neck in centimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neck_cm: Option<f64>,
    /// Round the waist in centimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waist_cm: Option<f64>,
    /// Round the hip in centimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hip_cm: Option<f64>,
}

impl BodyProfile {
    /// The age from which bodies are analysed.
    pub const ADULT: f64 = 18.0;

    /// What is out of range.
    pub(crate) fn faults(&self) -> Vec<FieldError> {
        let girth = |value: Option<f64>| value.unwrap_or(80.0);
        let ranges = [
            ("age", self.age, 13.0, 100.0),
            ("height_cm", self.height_cm, 100.0, 272.0),
            ("mass_kg", self.mass_kg, 20.0, 400.0),
            ("neck_cm", girth(self.neck_cm), 20.0, 250.0),
            ("waist_cm", girth(self.waist_cm), 20.0, 250.0),
            ("hip_cm", girth(self.hip_cm), 20.0, 250.0),
        ];
        let out = ranges.into_iter().filter(|(_, value, low, high)| !(*low..=*high).contains(value));
        out.map(|(name, _, low, high)| {
            FieldError::new(format!("/profile/{name}"), "out_of_range", format!("Expected {low} to {high}."))
        })
        .collect()
    }
}

/// A photo as the analysis remembers it; its pixels are gone when the analysis has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptPhoto {
    pub(crate) view: Option<View>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// SHA-256 of what the model gets.
    pub(crate) sha256: String,
    pub(crate) head_blurred: bool,
    pub(crate) media_id: Option<Uuid>,
    pub(crate) brightness: f64,
    pub(crate) contrast: f64,
    pub(crate) sharpness: f64,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) prompt: Option<String>,
    pub(crate) profile: Option<BodyProfile>,
    pub(crate) photos: Vec<KeptPhoto>,
    /// False: formulas alone.
    pub(crate) by_model: bool,
}

/// An analysis as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Which.
    pub id: AnalysisId,
    /// Whose.
    pub owner: Owner,
    /// Who asked for it.
    pub created_by: UserId,
    /// What for.
    pub kind: Kind,
    /// Where it stands.
    pub status: AnalysisStatus,
    /// Percent that is done.
    pub progress: i64,
    pub(crate) wish: Wish,
    /// What the model said, once it has, so that it is not paid for again.
    pub(crate) answer: Option<Value>,
    /// Which text the person agreed to; when is `created_at`.
    pub consent: String,
    /// What came out.
    pub report: Option<Report>,
    /// Why nothing came out: a code of the catalogue and a sentence.
    pub problem: Option<(String, String)>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is removed.
    pub expires_at: Timestamp,
}
