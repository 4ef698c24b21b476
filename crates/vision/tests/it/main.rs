//! Vision on every engine at hand and over a real socket.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod analyses;
mod contract;
#[cfg(feature = "onnx")]
mod pose_model;
mod posture;
mod world;
