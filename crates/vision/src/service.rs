use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest};
use uuid::Uuid;

use crate::ports::PhotoFile;
use crate::posture::{Assessment, Landmark, Layout, Motion, Rule, Take, View};
use crate::{Analysis, AnalysisId, BodyProfile, Kind, VisionError};

/// What is assessed.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// Landmarks that the caller has.
    Landmarks(Take),
    /// A picture that is kept on this server.
    Media {
        /// Which.
        media: Uuid,
        /// From where the person is seen.
        view: View,
        /// It is mirrored.
        mirrored: bool,
    },
}

/// A request to look at somebody's posture or form.
#[derive(Clone, Debug, PartialEq)]
pub struct PostureRequest {
    /// What is looked at.
    pub watched: Watched,
    /// An exercise by slug, name or alias; none: standing.
    pub exercise: Option<String>,
}

/// Landmarks that were found in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Their order.
    pub layout: Layout,
    /// Pixels of the picture's width.
    pub width: u32,
    /// Pixels of its height.
    pub height: u32,
    /// As parts of the picture.
    pub landmarks: Vec<Option<Landmark>>,
}

/// Every rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rulebook {
    /// Rules of form.
    pub rules: &'static [Rule],
    /// Gates that count repetitions; empty where no exercises are connected.
    pub motions: Vec<Motion>,
}

/// Posture and form. Nothing of it is kept.
#[async_trait]
pub trait Posture: Send + Sync {
    /// Assesses landmarks or a picture.
    async fn assess(&self, actor: &Actor, request: PostureRequest) -> Result<Assessment, VisionError>;
    /// Finds the landmarks of a picture by the server's own pose model.
    async fn landmarks(&self, actor: &Actor, media: Uuid) -> Result<Found, VisionError>;
    /// The rules.
    fn rules(&self, actor: &Actor) -> Result<Rulebook, VisionError>;
}

/// Where a photo comes from.
#[derive(Debug)]
pub enum PhotoSource {
    /// It is kept on this server.
    Media(Uuid),
    /// It was sent.
    File(PhotoFile),
}

/// A photo to be analysed.
#[derive(Debug)]
pub struct SubmittedPhoto {
    /// From where.
    pub source: PhotoSource,
    /// From where the person is seen.
    pub view: Option<View>,
    /// Landmarks in the order of `mediapipe33`, of which those of the head are used; may be empty.
    pub landmarks: Vec<Option<Landmark>>,
}

/// A wish for an analysis.
#[derive(Debug)]
pub struct Submission {
    /// What for.
    pub kind: Kind,
    /// One to three.
    pub photos: Vec<SubmittedPhoto>,
    /// Measures; none: what the person has written elsewhere, if anything.
    pub profile: Option<BodyProfile>,
    /// The question of a general analysis.
    pub prompt: Option<String>,
    /// The person agreed.
    pub consent: bool,
    /// For how many days it is kept; none: as the settings say.
    pub retain_days: Option<u32>,
    /// Make the head unrecognisable before anything is stored or sent.
    pub blur_head: bool,
}

/// Analyses of photos: the person's own.
#[async_trait]
pub trait Analyses: Send + Sync {
    /// Checks the photos, keeps them until the work is done, and queues it.
    async fn submit(&self, actor: &Actor, submission: Submission) -> Result<Analysis, VisionError>;
    /// The caller's.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Analysis>, VisionError>;
    /// One of them.
    async fn get(&self, actor: &Actor, id: AnalysisId) -> Result<Analysis, VisionError>;
    /// Deletes it with everything that is kept of it.
    async fn delete(&self, actor: &Actor, id: AnalysisId) -> Result<(), VisionError>;
}
