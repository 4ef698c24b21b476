//! An operator's pose model, and the bounded place where pose models work.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::posture::Landmark;
use crate::{Pixels, PoseConfig, PoseEstimator, VisionError, codes};

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
    Err("this build can't run models: build it with `--features onnx`, or hand an own `PoseEstimator` in".to_owned())
}

/// Where a pose model works: on as many pictures at once as there are workers, off the threads that serve, with a bounded number that
/// waits.
#[derive(Clone)]
pub(crate) struct PosePool {
    pub(crate) pose: Arc<dyn PoseEstimator>,
    workers: Arc<Semaphore>,
    /// Places of those who work and those who wait.
    places: Arc<Semaphore>,
}

impl PosePool {
    pub(crate) fn new(pose: Arc<dyn PoseEstimator>, config: &PoseConfig) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = if config.workers == 0 { cores } else { config.workers };
        let places = Arc::new(Semaphore::new(workers + config.waiting));
        Self { pose, workers: Arc::new(Semaphore::new(workers)), places }
    }

    /// The landmarks of a picture, which is given back. Work that has begun goes on to its end when the caller leaves, and holds its place
    /// until then.
    pub(crate) async fn find(&self, picture: Pixels) -> Result<(Pixels, Vec<Option<Landmark>>), VisionError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| VisionError::Plain(&codes::BUSY))?;
        let turn = Arc::clone(&self.workers).acquire_owned().await;
        let turn = turn.map_err(|closed| VisionError::Told(&codes::POSE_FAILED, closed.to_string()))?;
        let pose = Arc::clone(&self.pose);
        let work = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            let found = pose.estimate(&picture);
            (picture, found)
        });
        let (picture, found) = work.await.map_err(|error| VisionError::lost(&error))?;
        let found = found.map_err(|error| {
            tracing::error!(%error, code = codes::POSE_FAILED.code, "the pose model failed");
            VisionError::Plain(&codes::POSE_FAILED)
        })?;
        Ok((picture, found))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use futures_util::FutureExt as _;

    use super::*;
    use crate::PoseFailure;
    use crate::posture::Layout;
    use crate::testing::{FixedPose, picture};

    /// Works until it is told to end.
    struct Slow {
        begun: Sender<()>,
        end: Mutex<Receiver<()>>,
    }

    impl PoseEstimator for Slow {
        fn layout(&self) -> Layout {
            Layout::Coco17
        }

        fn estimate(&self, picture: &Pixels) -> Result<Vec<Option<Landmark>>, PoseFailure> {
            self.begun.send(()).unwrap();
            self.end.lock().unwrap().recv().unwrap();
            FixedPose.estimate(picture)
        }
    }

    #[test]
    fn without_a_file_there_is_no_model_and_a_missing_file_is_named() {
        assert!(pose_model(&PoseConfig::default()).unwrap().is_none());
        let config = PoseConfig { model_path: Some("/nowhere/pose.onnx".into()), ..PoseConfig::default() };
        let error = pose_model(&config).err().unwrap();
        assert!(error.contains("/nowhere/pose.onnx"), "{error}");
    }

    #[tokio::test]
    async fn more_pictures_than_may_wait_are_refused_and_a_place_is_free_again_after_the_work() {
        let (begun, has_begun) = channel();
        let (end, ended) = channel();
        let slow = Slow { begun, end: Mutex::new(ended) };
        let pool = PosePool::new(Arc::new(slow), &PoseConfig { workers: 1, waiting: 0, ..PoseConfig::default() });
        let other = pool.clone();
        let first = tokio::task::spawn_blocking(move || tokio::runtime::Handle::current().block_on(other.find(picture(8, 8))));
        let works = tokio::task::spawn_blocking(move || has_begun.recv().map(|()| has_begun).unwrap());
        let _has_begun = works.await.unwrap();
        // At once, so that a pool that lets it wait fails here.
        let busy = pool.find(picture(8, 8)).now_or_never().expect("an answer at once").unwrap_err();
        assert!(matches!(busy, VisionError::Plain(code) if code.code == "vision.busy"));
        end.send(()).unwrap();
        assert_eq!(first.await.unwrap().unwrap().1.len(), 17);
        end.send(()).unwrap();
        assert_eq!(pool.find(picture(8, 8)).await.unwrap().1.len(), 17);
    }
}
