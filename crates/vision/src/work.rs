use std::time::Duration;

use core_jobs::{EventType, Handler, Job, JobContext, JobFailure, NewEvent, publish};
use core_kernel::{Actor, DomainError as _, ErrorKind, Owner, PortError, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::analyses::AnalysisService;
use crate::analysis::{
    DISCLAIMER, GeneralSaid, ModelUsed, PHYSIQUE_VERSION, PhotoReport, PhysiqueSaid, Report, always_limits, general,
    general_said, merge, physique, physique_said,
};
use crate::model::KeptPhoto;
use crate::ports::{Estimate, Photo, VisionAnswer, VisionQuestion};
use crate::store::Step;
use crate::{Analysis, AnalysisId, Kind, VisionError, codes, store};

/// Looks at the photos of one analysis.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Analyse {
    pub(crate) owner: Owner,
    pub(crate) analysis: AnalysisId,
}

impl Job for Analyse {
    const NAME: &'static str = "vision.analyse";
    const MAX_ATTEMPTS: i32 = 4;
    const TIMEOUT: Duration = Duration::from_mins(10);
}

/// An analysis has ended.
pub(crate) const COMPLETED: &str = "vision.analysis.completed";
/// The most tokens of an answer.
const MAX_TOKENS: u32 = 2048;
/// The version of the words of general questions.
const GENERAL_VERSION: &str = "general-1";

/// What this feature publishes.
pub(crate) fn events() -> Vec<EventType> {
    let example =
        || completed(AnalysisId(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)), Kind::Physique, "succeeded");
    vec![EventType { name: COMPLETED, version: 1, summary: "An analysis of photos has ended.", example }]
}

fn completed(id: AnalysisId, kind: Kind, status: &str) -> Value {
    json!({"id": id, "kind": kind, "status": status})
}

/// What a model said, as the row keeps it until the work has ended.
#[derive(Serialize, Deserialize)]
struct Heard {
    document: Value,
    model: ModelUsed,
}

/// How the model's part ended.
enum Look {
    /// It said something.
    Heard(Box<Heard>),
    /// It failed for good; why, for people.
    Lost(String),
}

/// How one try ended without a report.
enum Stop {
    /// The photos are refused, or there is nothing to report.
    Ended(&'static core_kernel::ProblemCode, String),
    /// Another try may do.
    Again(Option<Duration>, String),
}

impl<E: Into<VisionError>> From<E> for Stop {
    fn from(error: E) -> Self {
        let error = error.into();
        Self::Again(error.retry_after(), error.to_string())
    }
}

impl AnalysisService {
    pub(crate) fn handler(&self) -> Handler {
        let service = self.clone();
        Handler::new::<Analyse, _, _>(move |context, job| {
            let service = service.clone();
            async move { service.run(&context, job).await }
        })
    }

    async fn run(&self, context: &JobContext, job: Analyse) -> Result<(), JobFailure> {
        let last = context.is_last_attempt();
        let stop = match self.attempt(job, last).await {
            Ok(()) => return Ok(()),
            Err(stop) => stop,
        };
        match stop {
            Stop::Ended(code, detail) => self.end(job, code.code, &detail).await.map_err(JobFailure::retry),
            Stop::Again(_, reason) if last => {
                tracing::error!(reason, analysis = %job.analysis, "an analysis was given up");
                self.end(job, codes::FAILED.code, codes::FAILED.advice).await.map_err(JobFailure::retry)?;
                Err(JobFailure::fatal(reason))
            }
            Stop::Again(Some(wait), reason) => Err(JobFailure::retry_after(wait, reason)),
            Stop::Again(None, reason) => Err(JobFailure::retry(reason)),
        }
    }

    async fn attempt(&self, job: Analyse, last: bool) -> Result<(), Stop> {
        let (owner, id) = (job.owner, job.analysis);
        if !self.step(owner, id, Step::Running(10)).await? {
            return Ok(self.blobs.remove(owner, id).await?);
        }
        let Some(analysis) = store::find(self.db.read(), owner, id).await? else { return Ok(()) };
        let formulas = match (&self.formulas, &analysis.wish.profile) {
            (Some(formulas), Some(profile)) => formulas.body_fat(profile),
            _ => Vec::new(),
        };
        let look = if analysis.wish.by_model { Some(self.look(&analysis, last).await?) } else { None };
        let report = report(&analysis, &formulas, look, self.config.model_standard_error)?;
        let (report, kind) = (&report, analysis.kind);
        let done = self.db.write(|tx| async move {
            if store::move_on(&tx, owner, id, Step::Succeeded(report)).await? {
                let data = completed(id, kind, "succeeded");
                publish(&tx, NewEvent { r#type: COMPLETED, version: 1, owner, subject: id.get(), data }).await?;
            }
            Ok::<_, VisionError>(())
        });
        done.await?;
        Ok(self.blobs.remove(owner, id).await?)
    }

    async fn step(&self, owner: Owner, id: AnalysisId, step: Step<'_>) -> Result<bool, VisionError> {
        let step = &step;
        self.db.write(|tx| async move { Ok::<_, VisionError>(store::move_on(&tx, owner, id, *step).await?) }).await
    }

    /// Ends it without a report.
    async fn end(&self, job: Analyse, code: &str, detail: &str) -> Result<(), VisionError> {
        let (owner, id) = (job.owner, job.analysis);
        let kind = store::find(self.db.read(), owner, id).await?.map(|analysis| analysis.kind);
        let ended = self.db.write(|tx| async move {
            if store::move_on(&tx, owner, id, Step::Failed(code, detail)).await?
                && let Some(kind) = kind
            {
                let data = completed(id, kind, "failed");
                publish(&tx, NewEvent { r#type: COMPLETED, version: 1, owner, subject: id.get(), data }).await?;
            }
            Ok::<_, VisionError>(())
        });
        ended.await?;
        Ok(self.blobs.remove(owner, id).await?)
    }

    /// Asks the model, or takes what it said on an earlier try.
    async fn look(&self, analysis: &Analysis, last: bool) -> Result<Look, Stop> {
        if let Some(known) = analysis.answer.clone().and_then(|known| serde_json::from_value::<Heard>(known).ok()) {
            return Ok(Look::Heard(Box::new(known)));
        }
        let Some(model) = &self.model else { return Ok(Look::Lost("no model is set up any more".to_owned())) };
        let question = self.question(analysis).await?;
        self.step(analysis.owner, analysis.id, Step::Running(30)).await?;
        // The person asked for it and pays for it; their right was checked when they did.
        let person = UserId(analysis.owner.get());
        let actor = Actor { subject: person, on_behalf_of: Some(person), ..Actor::system("vision", analysis.owner) };
        let answer = match model.ask(&actor, question).await {
            Ok(answer) => answer,
            Err(error) if passes(&error) && !last => return Err(Stop::Again(error.cause().retry_after(), error.to_string())),
            Err(error) => return Ok(Look::Lost(format!("{}: {}", error.cause().code().code, error.cause().detail()))),
        };
        let Some(heard) = heard(analysis.kind, answer) else {
            return Ok(Look::Lost("its answer does not fit the schema".to_owned()));
        };
        let kept = serde_json::to_value(&heard).map_err(|error| Stop::Again(None, error.to_string()))?;
        self.step(analysis.owner, analysis.id, Step::Answered(&kept)).await?;
        Ok(Look::Heard(Box::new(heard)))
    }

    async fn question(&self, analysis: &Analysis) -> Result<VisionQuestion, Stop> {
        let mut photos = Vec::new();
        for number in 0..analysis.wish.photos.len() {
            let bytes = self.blobs.get(analysis.owner, analysis.id, number).await?;
            let gone = || Stop::Ended(&codes::FAILED, "The photos are gone; send them again.".to_owned());
            photos.push(Photo { mime: "image/jpeg", bytes: bytes.ok_or_else(gone)? });
        }
        let (system, prompt, schema) = match analysis.kind {
            Kind::Physique => physique(&analysis.wish.photos.iter().map(|photo| photo.view).collect::<Vec<_>>()),
            Kind::General => general(analysis.wish.prompt.as_deref().unwrap_or_default()),
        };
        let model = Some(self.config.model.clone()).filter(|model| !model.is_empty());
        Ok(VisionQuestion { system, prompt, photos, schema, model, max_output_tokens: MAX_TOKENS })
    }
}

/// True for failures that another try may not meet.
fn passes(error: &PortError) -> bool {
    let kind = error.cause().code().kind;
    matches!(kind, ErrorKind::Upstream | ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Internal)
}

/// What was said, where it can be read.
fn heard(kind: Kind, answer: VisionAnswer) -> Option<Heard> {
    let document = answer.value?;
    let (readable, version) = match kind {
        Kind::Physique => (physique_said(&document).is_some(), PHYSIQUE_VERSION),
        Kind::General => (general_said(&document).is_some(), GENERAL_VERSION),
    };
    let model = ModelUsed {
        provider: answer.provider,
        model: answer.model,
        prompt_version: version.to_owned(),
        proof: answer.proof,
        generation_id: answer.generation_id,
        usage: answer.usage,
    };
    readable.then_some(Heard { document, model })
}

fn photo_report(photo: &KeptPhoto) -> PhotoReport {
    PhotoReport {
        view: photo.view,
        width: photo.width,
        height: photo.height,
        brightness: photo.brightness,
        contrast: photo.contrast,
        sharpness: photo.sharpness,
        head_blurred: photo.head_blurred,
    }
}

/// Puts everything together, or says why not. Nothing is made up: without a witness there is no number.
fn report(analysis: &Analysis, formulas: &[Estimate], look: Option<Look>, least_error: f64) -> Result<Report, Stop> {
    let (mut limits, mut model) = (always_limits(), None);
    let (mut physique, mut answer): (Option<PhysiqueSaid>, Option<GeneralSaid>) = (None, None);
    let refused = |code: &'static core_kernel::ProblemCode| Stop::Ended(code, format!("{}.", code.title));
    match look {
        None => limits.push("No model looked at the photos: this is what formulas say of the measures.".to_owned()),
        Some(Look::Lost(why)) if formulas.is_empty() => {
            return Err(Stop::Ended(&codes::MODEL_FAILED, format!("The model failed: {why}.")));
        }
        Some(Look::Lost(why)) => limits.push(format!("The model failed ({why}): this is what formulas say of the measures.")),
        Some(Look::Heard(heard)) => {
            match analysis.kind {
                Kind::Physique => physique = physique_said(&heard.document).transpose().map_err(refused)?,
                Kind::General => answer = general_said(&heard.document).transpose().map_err(refused)?,
            }
            model = Some(heard.model);
        }
    }
    let body_fat = if analysis.kind == Kind::Physique {
        let range = physique.as_ref().and_then(|said| said.body_fat);
        limits.extend(physique.iter().flat_map(|said| said.dropped.iter().cloned()));
        merge(formulas, range, least_error)
    } else {
        limits.clear();
        limits.push("A model's words about a photo; it may be wrong.".to_owned());
        None
    };
    if analysis.kind == Kind::Physique && body_fat.is_none() {
        limits.push("The photos do not allow an estimate of body fat, and there are no measures for formulas.".to_owned());
    }
    let (features, photo_issues) = physique.map(|said| (said.features, said.issues)).unwrap_or_default();
    Ok(Report {
        body_fat,
        features,
        photo_issues,
        quality: analysis.wish.photos.iter().map(photo_report).collect(),
        answer: answer.map(|GeneralSaid(text)| text),
        limits,
        model,
        disclaimer: DISCLAIMER.to_owned(),
    })
}
