//! An operator's pose model.

use std::sync::Arc;

use crate::{PoseConfig, PoseEstimator};

/// The pose model of the settings; none: no file is named. The error says what is wrong with it, for the operator.
pub fn pose_model(config: &PoseConfig) -> Result<Option<Arc<dyn PoseEstimator>>, String> {
    let Some(path) = &config.model_path else { return Ok(None) };
    let reason = "this build can't run models; a product hands its own `PoseEstimator` in";
    Err(format!("vision.pose.model_path: {}: {reason}", path.display()))
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
