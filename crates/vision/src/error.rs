use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};

/// The problem catalogue of vision.
pub mod codes {
    core_kernel::problem_codes! {
        /// A field breaks a rule.
        INVALID = "vision.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
        /// There is no such analysis, or it is somebody else's.
        NOT_FOUND = "vision.not_found", NotFound, "There is no such analysis",
            "Check the id; analyses are removed when their time is over.";
        /// Consent is missing.
        CONSENT_REQUIRED = "vision.consent_required", Invalid, "Photos of a person need that person's consent",
            "Ask the person, then send `consent: true`. It is kept with the analysis.";
        /// A photo is not good enough.
        PHOTO_UNUSABLE = "vision.photo_unusable", Invalid, "A photo is not good enough",
            "Each entry of `errors` names a photo and what is wrong with it: take it again in even light, sharp, from further away.";
        /// The head can't be found.
        BLUR_NEEDS_LANDMARKS = "vision.blur_needs_landmarks", Invalid, "Where the head is can't be known",
            "Send the photo's landmarks (mediapipe33) with it, or leave `blur_head` out.";
        /// No model looks at photos.
        MODEL_NOT_CONFIGURED = "vision.model_not_configured", Unavailable, "No model of this server looks at photos",
            "The operator sets up a provider whose model takes images (APP__LLM__PROVIDERS__<NAME>__...); with `profile` a physique is \
             estimated by formulas alone.";
        /// No pose model.
        POSE_NOT_CONFIGURED = "vision.pose_not_configured", Unavailable, "This server has no pose model",
            "Send landmarks. The operator gives a server that is built with the feature `onnx` a model by APP__VISION__POSE__MODEL_PATH and \
             APP__VISION__POSE__MODEL_SHA256; a product gives its own by the port `PoseEstimator`.";
        /// The pose model failed.
        POSE_FAILED = "vision.pose_failed", Internal, "The pose model could not look at the picture",
            "Send landmarks instead, and tell the operator.";
        /// Too many pictures wait for the pose model.
        BUSY = "vision.busy", Unavailable, "Too many pictures at once",
            "Try again after the time in Retry-After, or send landmarks.";
        /// Nobody is seen.
        NO_PERSON = "vision.no_person", Invalid, "Nobody is seen in the photo",
            "Send a photo of one person, whole, in fitted clothes.";
        /// More than one is seen.
        SEVERAL_PEOPLE = "vision.several_people", Invalid, "More than one person is seen in the photo",
            "Send photos of one person alone.";
        /// Somebody under age.
        MINOR = "vision.minor", Invalid, "Bodies of minors are not analysed",
            "This is for adults; nothing was kept of the photos.";
        /// Nudity.
        NUDITY = "vision.nudity", Invalid, "Photos without clothes are not analysed",
            "Wear fitted sports clothes; nothing was kept of the photos.";
        /// A medical question.
        MEDICAL = "vision.medical_question", Invalid, "Medical questions are not answered",
            "See a doctor. Photos are described here, never diagnosed.";
        /// The model's answer can't be used.
        MODEL_FAILED = "vision.model_failed", Upstream, "The model gave no answer that can be used",
            "Try again later; the detail says what went wrong.";
        /// The analysis was given up.
        FAILED = "vision.failed", Internal, "The analysis was given up",
            "Send the photos again.";
        /// Another feature is not connected.
        NOT_CONNECTED = "vision.not_connected", Unavailable, "What this needs is not part of this server",
            "The detail names the port that the operator has to connect.";
        /// The store does not answer.
        STORE_UNAVAILABLE = "vision.store_unavailable", Unavailable, "The store of photos is not available",
            "Try again after the time in Retry-After.";
    }

    /// The entry of a stored code.
    #[cfg(feature = "http")]
    pub(crate) fn named(code: &str) -> &'static core_kernel::ProblemCode {
        ALL.iter().copied().find(|own| own.code == code).unwrap_or(&FAILED)
    }
}

/// What can go wrong in vision.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// Photos are not good enough; each entry names one and why.
    #[error("a photo is not good enough")]
    PhotoUnusable(Vec<FieldError>),
    /// An entry of the catalogue that needs no more words.
    #[error("{}", .0.title)]
    Plain(&'static ProblemCode),
    /// An entry of the catalogue and what happened, for people.
    #[error("{1}")]
    Told(&'static ProblemCode, String),
    /// A port is not connected.
    #[error("the port {0} is not connected")]
    NotConnected(&'static str),
    /// The object store failed.
    #[error("the object store failed")]
    Store(#[from] object_store::Error),
    /// What stands behind a port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl VisionError {
    /// One broken rule.
    pub(crate) fn field(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }

    /// Work off the async threads that did not come back.
    pub(crate) fn lost(error: &tokio::task::JoinError) -> Self {
        tracing::error!(%error, "work on a picture was lost");
        Self::Plain(&codes::FAILED)
    }
}

impl DomainError for VisionError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::PhotoUnusable(_) => &codes::PHOTO_UNUSABLE,
            Self::Plain(code) | Self::Told(code, _) => code,
            Self::NotConnected(_) => &codes::NOT_CONNECTED,
            Self::Store(_) => &codes::STORE_UNAVAILABLE,
            Self::Port(error) => error.cause().code(),
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Plain(code) => format!("{}.", code.title),
            Self::Port(error) => error.cause().detail(),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            other => other.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) | Self::PhotoUnusable(fields) => fields.clone(),
            Self::Port(error) => error.cause().fields(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Port(error) => error.cause().retry_after(),
            Self::Db(error) => error.retry_after(),
            Self::Store(_) => Some(Duration::from_secs(5)),
            Self::Plain(code) if code.code == codes::BUSY.code => Some(Duration::from_secs(2)),
            _ => None,
        }
    }
}
