use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::Actor;
use uuid::Uuid;

use crate::ports::{FormRules, Photos};
use crate::pose::PosePool;
use crate::posture::{self, Assessment, Frame, Motion, Take};
use crate::service::{Found, Posture, PostureRequest, Rulebook, Watched};
use crate::{VisionError, codes, permissions};

/// The long side of a picture that a pose model looks at: models see a few hundred pixels.
const POSE_EDGE: u32 = 1280;
/// More frames are worked on off the async threads.
const FEW: usize = 30;
/// The most characters of an exercise's name.
const MAX_NAME: usize = 100;

/// [`Posture`] over the ports.
#[derive(Clone)]
pub(crate) struct PostureService {
    pub(crate) photos: Option<Arc<dyn Photos>>,
    pub(crate) forms: Option<Arc<dyn FormRules>>,
    pub(crate) pose: Option<PosePool>,
}

#[async_trait]
impl Posture for PostureService {
    async fn assess(&self, actor: &Actor, request: PostureRequest) -> Result<Assessment, VisionError> {
        actor.require(&permissions::READ)?;
        let motion = request.exercise.as_deref().map(|exercise| self.motion(exercise)).transpose()?;
        let take = match request.watched {
            Watched::Landmarks(take) => take,
            Watched::Media { media, view, mirrored } => {
                let found = self.landmarks(actor, media).await?;
                let (width, height) = (f64::from(found.width), f64::from(found.height));
                let frames = vec![Frame { t: 0.0, landmarks: found.landmarks }];
                Take { layout: found.layout, view, width, height, mirrored, frames }
            }
        };
        if take.frames.len() <= FEW {
            return Ok(posture::assess(&take, motion.as_ref()));
        }
        let work = tokio::task::spawn_blocking(move || posture::assess(&take, motion.as_ref()));
        work.await.map_err(|error| VisionError::lost(&error))
    }

    async fn landmarks(&self, actor: &Actor, media: Uuid) -> Result<Found, VisionError> {
        actor.require(&permissions::READ)?;
        let pool = self.pose.as_ref().ok_or(VisionError::Plain(&codes::POSE_NOT_CONFIGURED))?;
        let photos = self.photos.as_ref().ok_or(VisionError::NotConnected("Photos"))?;
        let missing = || VisionError::field("/media_id", "unknown_media", "There is no such picture.");
        let picture = photos.load(actor, media, POSE_EDGE).await?.ok_or_else(missing)?;
        let (picture, landmarks) = pool.find(picture).await?;
        Ok(Found { layout: pool.pose.layout(), width: picture.width, height: picture.height, landmarks })
    }

    fn rules(&self, actor: &Actor) -> Result<Rulebook, VisionError> {
        actor.require(&permissions::READ)?;
        let motions = self.forms.as_ref().map(|forms| forms.all()).unwrap_or_default();
        Ok(Rulebook { rules: posture::rules(), motions })
    }
}

impl PostureService {
    fn motion(&self, exercise: &str) -> Result<Motion, VisionError> {
        let forms = self.forms.as_ref().ok_or(VisionError::NotConnected("FormRules"))?;
        let rule = "Expected an exercise whose motion is known: see GET /vision/posture/rules.";
        let unknown = || VisionError::field("/exercise", "unknown_exercise", rule);
        if exercise.chars().count() > MAX_NAME {
            return Err(unknown());
        }
        forms.motion(exercise).ok_or_else(unknown)
    }
}
