#![doc = include_str!("../README.md")]

mod analyses;
mod analysis;
mod blobs;
mod config;
mod error;
mod feature;
#[cfg(feature = "http")]
mod http;
mod migrations;
mod model;
#[cfg(feature = "onnx")]
mod onnx;
pub mod permissions;
mod ports;
mod pose;
pub mod posture;
mod posture_service;
mod service;
mod store;
mod sweeping;
#[cfg(feature = "testing")]
pub mod testing;
mod work;

pub use analysis::{BodyFat, Feature, Method, ModelUsed, PhotoReport, Report};
pub use config::{ChannelScale, PoseConfig, PoseOutput, TensorOrder, VisionConfig};
pub use error::{VisionError, codes};
pub use feature::{Deps, Vision};
pub use migrations::ledger;
pub use model::{Analysis, AnalysisId, AnalysisStatus, BodyProfile, Kind, Sex};
pub use ports::{
    BodyFormulas, Estimate, FormRules, Photo, PhotoFile, Photos, Pixels, PoseEstimator, PoseFailure, VisionAnswer, VisionModel,
    VisionQuestion,
};
pub use pose::pose_model;
pub use service::{Analyses, Found, PhotoSource, Posture, PostureRequest, Rulebook, Submission, SubmittedPhoto, Watched};
