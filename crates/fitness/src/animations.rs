use std::sync::Arc;

use async_trait::async_trait;
use core_db::DbError;
use moka::sync::Cache;
use tokio::sync::Semaphore;

use crate::FitnessError;
use crate::catalogue;
use crate::motion::{self, ExerciseForm, FRAMES, Frame, StreamWish, Theme};
use crate::service::{Animations, Drawing, FormRules, Picture};

/// How many drawings are kept.
const KEPT: u64 = 256;
/// Frames of an SVG; between them the reader's browser draws.
const SVG_FRAMES: usize = 16;

type Key = (String, Drawing, Option<Theme>);

/// [`Animations`] and [`FormRules`] over the motions.
#[derive(Clone)]
pub(crate) struct AnimationService {
    drawn: Cache<Key, Arc<Picture>>,
    /// Drawing takes a processor for a while: two at a time.
    places: Arc<Semaphore>,
}

impl AnimationService {
    pub(crate) fn new() -> Self {
        Self { drawn: Cache::new(KEPT), places: Arc::new(Semaphore::new(2)) }
    }
}

#[async_trait]
impl Animations for AnimationService {
    async fn draw(&self, name: &str, drawing: Drawing, theme: Option<Theme>) -> Result<Arc<Picture>, FitnessError> {
        let exercise = catalogue::own().resolve(name).cloned().ok_or(FitnessError::NotFound)?;
        let motion = exercise.motion.as_deref().and_then(motion::by_id).ok_or(FitnessError::NoAnimation)?;
        let key = (exercise.id.clone(), drawing, theme);
        if let Some(picture) = self.drawn.get(&key) {
            return Ok(picture);
        }
        let failed = |reason: String| DbError::Internal(sea_orm::DbErr::Custom(reason));
        let _place = self.places.acquire().await.map_err(|closed| failed(closed.to_string()))?;
        // Whoever waited may find it drawn by the one before.
        if let Some(picture) = self.drawn.get(&key) {
            return Ok(picture);
        }
        let draw = move || -> Result<Vec<u8>, String> {
            let frames = if drawing == Drawing::Gif { FRAMES } else { SVG_FRAMES };
            let scene = motion::scene(motion, &exercise, frames).ok_or("the motion has no pose")?;
            match drawing {
                Drawing::Gif => motion::gif(&scene, theme.unwrap_or_default()),
                Drawing::Svg => Ok(motion::svg(&scene, theme).into_bytes()),
            }
        };
        let bytes = tokio::task::spawn_blocking(draw).await.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
        let picture = Arc::new(Picture { etag: tag(&bytes), bytes: bytes.into() });
        self.drawn.insert(key, Arc::clone(&picture));
        Ok(picture)
    }
}

impl FormRules for AnimationService {
    fn of(&self, exercise: &str) -> Option<ExerciseForm> {
        let exercise = catalogue::own().resolve(exercise)?;
        exercise.motion.as_deref().and_then(motion::by_id).map(motion::form_of)
    }

    fn stream(&self, exercise: &str, wish: &StreamWish) -> Option<Vec<Frame>> {
        let exercise = catalogue::own().resolve(exercise)?;
        exercise.motion.as_deref().and_then(motion::by_id).map(|motion| motion::stream(motion, wish))
    }
}

/// A tag of the content (FNV-1a): not for secrets, only to know that nothing changed.
fn tag(bytes: &[u8]) -> String {
    let hash =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("\"{hash:016x}\"")
}
