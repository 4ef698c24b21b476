use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_jobs::{EnqueueOptions, enqueue_with};
use core_kernel::{Actor, FieldError, Page, PageRequest};

use crate::analysis::{CONSENT, asks_medicine, blur, encode, faults, measure};
use crate::blobs::Blobs;
use crate::model::{KeptPhoto, Wish};
use crate::ports::{BodyFormulas, Photos, VisionModel};
use crate::pose::PosePool;
use crate::posture::{Landmark, Layout};
use crate::service::{Analyses, PhotoSource, Submission, SubmittedPhoto};
use crate::work::Analyse;
use crate::{
    Analysis, AnalysisId, AnalysisStatus, BodyProfile, Kind, Pixels, VisionConfig, VisionError, codes, permissions, store,
};

/// The most analyses of one person that have not ended.
const MOST_OPEN: u64 = 10;
/// The most characters of a question.
const MAX_PROMPT: usize = 2000;

/// [`Analyses`] over the table, the store and the ports.
#[derive(Clone)]
pub(crate) struct AnalysisService {
    pub(crate) db: Db,
    pub(crate) config: VisionConfig,
    pub(crate) blobs: Blobs,
    pub(crate) photos: Option<Arc<dyn Photos>>,
    pub(crate) model: Option<Arc<dyn VisionModel>>,
    pub(crate) formulas: Option<Arc<dyn BodyFormulas>>,
    pub(crate) pose: Option<PosePool>,
}

/// A photo that is good enough.
struct Ready {
    kept: KeptPhoto,
    jpeg: Vec<u8>,
}

#[async_trait]
impl Analyses for AnalysisService {
    async fn submit(&self, actor: &Actor, submission: Submission) -> Result<Analysis, VisionError> {
        actor.require(&permissions::WRITE)?;
        let days = self.check(&submission)?;
        let profile = self.profile(actor, &submission).await?;
        let by_model = self.decide(actor, submission.kind, profile.as_ref())?;
        let ready = self.develop(actor, &submission.kind, submission.photos, submission.blur_head).await?;
        let now = self.db.ambient().now();
        let (kept, jpegs): (Vec<KeptPhoto>, Vec<Vec<u8>>) = ready.into_iter().map(|photo| (photo.kept, photo.jpeg)).unzip();
        let prompt = submission.prompt.filter(|_| submission.kind == Kind::General);
        let analysis = Analysis {
            id: self.db.ambient().id(),
            owner: actor.personal_space(),
            created_by: actor.author(),
            kind: submission.kind,
            status: AnalysisStatus::Queued,
            progress: 0,
            wish: Wish { prompt, profile, photos: kept, by_model },
            answer: None,
            consent: CONSENT.to_owned(),
            report: None,
            problem: None,
            created_at: now,
            expires_at: now.plus(Duration::from_hours(24 * u64::from(days))),
        };
        // Formulas do not look at photos, so none is kept for them.
        self.keep(&analysis, if by_model { jpegs } else { Vec::new() }).await?;
        Ok(analysis)
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Analysis>, VisionError> {
        actor.require(&permissions::READ)?;
        Ok(store::list(self.db.read(), actor.personal_space(), request).await?)
    }

    async fn get(&self, actor: &Actor, id: AnalysisId) -> Result<Analysis, VisionError> {
        actor.require(&permissions::READ)?;
        let found = store::find(self.db.read(), actor.personal_space(), id).await?;
        let now = self.db.ambient().now();
        found.filter(|analysis| analysis.expires_at > now).ok_or(VisionError::Plain(&codes::NOT_FOUND))
    }

    async fn delete(&self, actor: &Actor, id: AnalysisId) -> Result<(), VisionError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let deleted = self.db.write(|tx| async move { Ok::<_, VisionError>(store::delete(&tx, owner, id).await?) }).await?;
        if !deleted {
            return Err(VisionError::Plain(&codes::NOT_FOUND));
        }
        Ok(self.blobs.remove(owner, id).await?)
    }
}

impl AnalysisService {
    /// What the submission itself breaks; gives for how many days it is kept.
    fn check(&self, submission: &Submission) -> Result<u32, VisionError> {
        if !submission.consent {
            return Err(VisionError::Plain(&codes::CONSENT_REQUIRED));
        }
        let mut faults: Vec<FieldError> = Vec::new();
        let mut say = |wrong: bool, pointer: &str, code: &'static str, rule: String| {
            faults.extend(wrong.then(|| FieldError::new(pointer, code, rule)));
        };
        let count = submission.photos.len();
        say(!(1..=3).contains(&count), "/images", "wrong_count", "Expected one to three photos.".to_owned());
        let days = submission.retain_days.unwrap_or(self.config.retain_days);
        let most = self.config.max_retain_days;
        say(!(1..=most).contains(&days), "/retain_days", "out_of_range", format!("Expected 1 to {most} days."));
        let prompt = submission.prompt.as_deref().map(str::trim).unwrap_or_default();
        match submission.kind {
            Kind::General => {
                let rule = format!("Expected a question of 1 to {MAX_PROMPT} characters without U+0000.");
                let fine = !prompt.is_empty() && prompt.chars().count() <= MAX_PROMPT && !prompt.contains('\0');
                say(!fine, "/prompt", "invalid_prompt", rule);
                say(submission.profile.is_some(), "/profile", "not_here", "A general analysis takes no profile.".to_owned());
            }
            Kind::Physique => {
                say(submission.prompt.is_some(), "/prompt", "not_here", "A physique is described without a question.".to_owned());
            }
        }
        faults.extend(submission.profile.iter().flat_map(BodyProfile::faults));
        if !faults.is_empty() {
            return Err(VisionError::Invalid(faults));
        }
        if asks_medicine(prompt) {
            return Err(VisionError::Plain(&codes::MEDICAL));
        }
        Ok(days)
    }

    /// The measures of the request, else what the person has written about their body.
    async fn profile(&self, actor: &Actor, submission: &Submission) -> Result<Option<BodyProfile>, VisionError> {
        if submission.kind == Kind::General {
            return Ok(None);
        }
        let profile = match (&submission.profile, &self.formulas) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(formulas)) => formulas.profile(actor).await?,
            (None, None) => None,
        };
        if profile.as_ref().is_some_and(|profile| profile.age < BodyProfile::ADULT) {
            return Err(VisionError::Plain(&codes::MINOR));
        }
        Ok(profile)
    }

    /// True: a model looks; false: formulas alone. Refuses where neither can say anything.
    fn decide(&self, actor: &Actor, kind: Kind, profile: Option<&BodyProfile>) -> Result<bool, VisionError> {
        if self.model.as_ref().is_some_and(|model| model.is_available(actor)) {
            return Ok(true);
        }
        let formulas =
            self.formulas.as_ref().zip(profile).map(|(formulas, profile)| formulas.body_fat(profile)).unwrap_or_default();
        if kind == Kind::Physique && !formulas.is_empty() {
            return Ok(false);
        }
        let detail = match kind {
            Kind::General => {
                "No model that takes images is set up: APP__LLM__PROVIDERS__<NAME>__KIND, __API_KEY and __MODELS, or GEMINI_API_KEY."
            }
            Kind::Physique => {
                "No model that takes images is set up (APP__LLM__PROVIDERS__<NAME>__KIND, __API_KEY and __MODELS, or GEMINI_API_KEY), and \
                 there are no measures for the formulas: send `profile`, or write a fitness profile."
            }
        };
        Err(VisionError::Told(&codes::MODEL_NOT_CONFIGURED, detail.to_owned()))
    }

    async fn develop(
        &self,
        actor: &Actor,
        kind: &Kind,
        photos: Vec<SubmittedPhoto>,
        blur_head: bool,
    ) -> Result<Vec<Ready>, VisionError> {
        let port = self.photos.as_ref().ok_or(VisionError::NotConnected("Photos"))?;
        let provider = self.model.as_ref().and_then(|model| model.provider(actor));
        let edge = self.config.edge_for(provider.as_deref());
        let (mut ready, mut faults) = (Vec::new(), Vec::new());
        for (index, photo) in photos.into_iter().enumerate() {
            let (mut pixels, media_id) = match photo.source {
                PhotoSource::Media(id) => {
                    let pointer = format!("/images/{index}/media_id");
                    let missing = || VisionError::field(pointer, "unknown_media", "There is no such picture.");
                    (port.load(actor, id, edge).await?.ok_or_else(missing)?, Some(id))
                }
                PhotoSource::File(file) => (port.develop(file, edge).await?, None),
            };
            let mut head = blur_head.then_some(photo.landmarks);
            if let (Some(landmarks), Some(pool)) = (&mut head, &self.pose)
                && landmarks.is_empty()
            {
                let (seen, found) = pool.find(pixels).await?;
                (pixels, *landmarks) = (seen, head_of(pool.pose.layout(), found));
            }
            let (kind, view) = (*kind, photo.view);
            let work = tokio::task::spawn_blocking(move || prepare(pixels, kind, head, index));
            match work.await.map_err(|error| VisionError::lost(&error))? {
                Ok(done) => ready.push(Ready { kept: KeptPhoto { view, media_id, ..done.kept }, jpeg: done.jpeg }),
                Err(VisionError::PhotoUnusable(found)) => faults.extend(found),
                Err(error) => return Err(error),
            }
        }
        if faults.is_empty() { Ok(ready) } else { Err(VisionError::PhotoUnusable(faults)) }
    }

    /// Photos are stored first: a crash between the two leaves photos that the sweeper finds, never a row without photos.
    async fn keep(&self, analysis: &Analysis, jpegs: Vec<Vec<u8>>) -> Result<(), VisionError> {
        let (owner, id) = (analysis.owner, analysis.id);
        for (number, jpeg) in jpegs.into_iter().enumerate() {
            self.blobs.put(owner, id, number, jpeg).await?;
        }
        let stored = self.db.write(|tx| async move {
            if store::open(&tx, owner).await? >= MOST_OPEN {
                let rule = format!("At most {MOST_OPEN} analyses at once; wait until some have ended.");
                return Err(VisionError::field("", "too_many", rule));
            }
            store::insert(&tx, analysis).await?;
            let how = EnqueueOptions { owner: Some(owner), ..EnqueueOptions::default() };
            enqueue_with(&tx, &Analyse { owner, analysis: id }, how).await?;
            Ok::<_, VisionError>(())
        });
        let outcome = stored.await;
        if outcome.is_err()
            && let Err(error) = self.blobs.remove(owner, id).await
        {
            tracing::warn!(%error, analysis = %id, "photos without an analysis are left to the sweeper");
        }
        outcome
    }
}

/// The gate, the head (its landmarks, where it is to be blurred), and the JPEG of one photo.
fn prepare(mut pixels: Pixels, kind: Kind, head: Option<Vec<Option<Landmark>>>, index: usize) -> Result<Ready, VisionError> {
    let measured = measure(&pixels);
    let found = faults(kind, &pixels, &measured, &format!("/images/{index}"));
    if !found.is_empty() {
        return Err(VisionError::PhotoUnusable(found));
    }
    let head_blurred = head.is_some();
    if let Some(landmarks) = head
        && !blur(&mut pixels, &landmarks)
    {
        return Err(VisionError::Plain(&codes::BLUR_NEEDS_LANDMARKS));
    }
    let jpeg = encode(&pixels)?;
    let kept = KeptPhoto {
        view: None,
        width: pixels.width,
        height: pixels.height,
        sha256: crate::blobs::sha256(&jpeg),
        head_blurred,
        media_id: None,
        brightness: measured.brightness,
        contrast: measured.contrast,
        sharpness: measured.sharpness,
    };
    Ok(Ready { kept, jpeg })
}

/// The head of what a pose model found, in the order of `mediapipe33`: in both layouts it stands first, only its number differs.
fn head_of(layout: Layout, found: Vec<Option<Landmark>>) -> Vec<Option<Landmark>> {
    let count = if layout == Layout::Coco17 { 5 } else { 11 };
    let mut head: Vec<Option<Landmark>> = found.into_iter().take(count).collect();
    head.resize(33, None);
    head
}
