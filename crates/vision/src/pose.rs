//! An operator's pose model.

use std::sync::Arc;

use crate::{PoseConfig, PoseEstimator};

/// The pose model of the settings; none: no file is named. The error says what is wrong with it, for the operator.
pub fn pose_model(config: &PoseConfig) -> Result<Option<Arc<dyn PoseEstimator>>, String> {
    let Some(path) = &config.model_path else { return Ok(None) };
    load(path, config).map(Some).map_err(|reason| format!("vision.pose.model_path: {}: {reason}", path.display()))
}

#[cfg(feature = "onnx")]
fn load(path: &std::path::Path, config: &PoseConfig) -> Result<Arc<dyn PoseEstimator>, String> {
    Ok(Arc::new(crate::onnx::OnnxPose::open(path, config)?))
}

#[cfg(not(feature = "onnx"))]
fn load(_: &std::path::Path, _: &PoseConfig) -> Result<Arc<dyn PoseEstimator>, String> {
    Err("this build can't run models; build it with `--features onnx`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_there_is_no_model_and_a_missing_file_is_named() {
        assert!(pose_model(&PoseConfig::default()).unwrap().is_none());
        let config = PoseConfig { model_path: Some("/nowhere/pose.onnx".into()), ..PoseConfig::default() };
        let error = pose_model(&config).err().unwrap();
        assert!(error.contains("/nowhere/pose.onnx"), "{error}");
    }
}
