use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_db::DbError;
use core_kernel::{Actor, Order, PageRequest, PortError};
use fitness::formulas::body_fat;
use fitness::model::{Day, MeasurementKind};
use fitness::{Fitness, FitnessError};
use llm::chat::{Message, Part, Role};
use llm::json_tools::{Checker, Proof, read_structured};
use llm::{Ask, Completions, Delivery, LlmError, ModelInfo, Models};
use media::{MediaError, MediaFeature, MediaId};
use serde_json::json;
use uuid::Uuid;
use vision::posture::{Gate, Joint, Motion, View};
use vision::{
    BodyFormulas, BodyProfile, Estimate, FormRules, PhotoFile, Photos, Pixels, Sex, VisionAnswer, VisionModel, VisionQuestion,
};

/// `vision` sees pictures of `media`, in people's own spaces, and has uploads decoded there.
pub(crate) struct MediaPhotos(pub(crate) MediaFeature);

#[async_trait]
impl Photos for MediaPhotos {
    async fn load(&self, actor: &Actor, media: Uuid, long_edge: u32) -> Result<Option<Pixels>, PortError> {
        let own = Actor { owner: actor.personal_space(), ..actor.clone() };
        match self.0.darkroom.look(&own, MediaId(media), long_edge).await {
            Ok(still) => Ok(Some(Pixels { width: still.width, height: still.height, rgb: still.rgb })),
            Err(MediaError::Db(DbError::NotFound)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn develop(&self, photo: PhotoFile, long_edge: u32) -> Result<Pixels, PortError> {
        let still = self.0.darkroom.develop(photo.file, photo.declared, long_edge).await?;
        Ok(Pixels { width: still.width, height: still.height, rgb: still.rgb })
    }
}

/// `vision` asks `llm` what is seen in photos.
pub(crate) struct LlmEyes {
    pub(crate) completions: Arc<dyn Completions>,
    pub(crate) models: Arc<dyn Models>,
    /// `provider/model` of the settings; empty: the default.
    pub(crate) model: String,
}

impl LlmEyes {
    /// The model that would be asked, where it takes images.
    fn model(&self, actor: &Actor) -> Option<ModelInfo> {
        actor.require(&llm::permissions::CHAT).ok()?;
        let wanted = |info: &ModelInfo| if self.model.is_empty() { info.is_default } else { info.id == self.model };
        let sees = |info: &ModelInfo| info.capabilities.iter().any(|capability| capability == "images");
        self.models.models(actor).ok()?.into_iter().find(wanted).filter(sees)
    }
}

#[async_trait]
impl VisionModel for LlmEyes {
    fn is_available(&self, actor: &Actor) -> bool {
        self.model(actor).is_some()
    }

    fn provider(&self, actor: &Actor) -> Option<String> {
        self.model(actor).map(|info| info.provider)
    }

    async fn ask(&self, actor: &Actor, question: VisionQuestion) -> Result<VisionAnswer, PortError> {
        let checker = Checker::new(&question.schema).map_err(LlmError::Schema)?;
        let photo = |photo: vision::Photo| Part::Image { mime: photo.mime.to_owned(), data: STANDARD.encode(&photo.bytes) };
        let parts = std::iter::once(Part::text(question.prompt)).chain(question.photos.into_iter().map(photo)).collect();
        let messages = vec![Message::text(Role::System, question.system), Message { role: Role::User, parts }];
        let max_output_tokens = Some(question.max_output_tokens);
        let ask = Ask { messages, model: question.model, max_output_tokens, schema: Some(question.schema), ..Ask::default() };
        let viewer = self.completions.send_prompt(actor, ask, Delivery::default()).await?;
        let generation = viewer.generation();
        let outcome = viewer.outcome().await.ok_or(LlmError::Plain(&llm::codes::INTERRUPTED))?;
        let settled = &outcome.settlement;
        if let Some(failure) = &settled.failure {
            return Err(LlmError::Failed(failure.clone()).into());
        }
        let read = read_structured(&settled.answer.text, &checker);
        let proof = match read.proof {
            Proof::Exact => "exact",
            Proof::Extracted => "extracted",
            Proof::Repaired => "repaired",
            Proof::None => "none",
        };
        Ok(VisionAnswer {
            value: read.value,
            proof: proof.to_owned(),
            violations: read.violations.into_iter().map(|violation| violation.message).collect(),
            provider: settled.provider.clone().unwrap_or_default(),
            model: settled.model.clone().unwrap_or_default(),
            generation_id: Some(generation.get()),
            usage: json!({"input_tokens": settled.usage.input, "output_tokens": settled.usage.output, "source": settled.usage_source}),
        })
    }
}

/// `vision` takes measures and formulas of `fitness`.
pub(crate) struct FitnessBodies(pub(crate) Fitness);

impl FitnessBodies {
    /// The newest girth of a kind, in centimetres.
    async fn girth(&self, actor: &Actor, kind: MeasurementKind) -> Result<Option<f64>, PortError> {
        let page = self.0.measurements.list(actor, Some(kind), &PageRequest::first(1, Order::Desc)).await?;
        let millimetres = page.items.first().and_then(|measured| i32::try_from(measured.draft.value).ok());
        Ok(millimetres.map(|millimetres| f64::from(millimetres) / 10.0))
    }
}

#[async_trait]
impl BodyFormulas for FitnessBodies {
    async fn profile(&self, actor: &Actor) -> Result<Option<BodyProfile>, PortError> {
        if actor.require(&fitness::permissions::READ).is_err() {
            return Ok(None);
        }
        let draft = match self.0.profiles.own(actor).await {
            Ok(profile) => profile.draft,
            Err(FitnessError::NoProfile) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let sex = match draft.sex {
            fitness::formulas::Sex::Female => Sex::Female,
            fitness::formulas::Sex::Male => Sex::Male,
        };
        Ok(Some(BodyProfile {
            sex,
            age: draft.age_on(Day::of(self.0.profiles.now())),
            height_cm: draft.height.as_cm(),
            mass_kg: draft.mass.as_kg(),
            neck_cm: self.girth(actor, MeasurementKind::Neck).await?,
            waist_cm: self.girth(actor, MeasurementKind::Waist).await?,
            hip_cm: self.girth(actor, MeasurementKind::Hip).await?,
        }))
    }

    fn body_fat(&self, profile: &BodyProfile) -> Vec<Estimate> {
        let sex = match profile.sex {
            Sex::Female => fitness::formulas::Sex::Female,
            Sex::Male => fitness::formulas::Sex::Male,
        };
        let (found, _) = body_fat::metrics(&body_fat::Given {
            sex,
            age: profile.age,
            kg: profile.mass_kg,
            height: profile.height_cm,
            bmi: fitness::formulas::body_mass::bmi(profile.mass_kg, profile.height_cm),
            waist: profile.waist_cm,
            neck: profile.neck_cm,
            hip: profile.hip_cm,
            folds_3: None,
            folds_7: None,
        });
        let own = found.into_iter().filter(|metric| metric.formula.id != body_fat::MEDIAN.id);
        own.map(|metric| Estimate {
            id: metric.formula.id.to_owned(),
            name: metric.formula.name.to_owned(),
            value: metric.value,
            standard_error: metric.formula.standard_error,
            source: metric.formula.source.to_owned(),
        })
        .collect()
    }
}

/// `vision` judges form by the motions of `fitness`.
pub(crate) struct FitnessForms {
    pub(crate) forms: Arc<dyn fitness::FormRules>,
    all: OnceLock<Vec<Motion>>,
}

impl FitnessForms {
    pub(crate) fn new(forms: Arc<dyn fitness::FormRules>) -> Self {
        Self { forms, all: OnceLock::new() }
    }
}

fn motion(form: fitness::motion::ExerciseForm) -> Motion {
    let view = match form.view {
        fitness::motion::View::Side => View::Side,
        fitness::motion::View::Front => View::Front,
    };
    let joint = |joint: fitness::motion::Joint| match joint {
        fitness::motion::Joint::Elbow => Joint::Elbow,
        fitness::motion::Joint::Shoulder => Joint::Shoulder,
        fitness::motion::Joint::Hip => Joint::Hip,
        fitness::motion::Joint::Knee => Joint::Knee,
        fitness::motion::Joint::Ankle => Joint::Ankle,
    };
    let gate = form.gate.map(|gate| Gate {
        id: gate.id,
        joint: joint(gate.joint),
        low: gate.low,
        high: gate.high,
        source: gate.source.to_owned(),
    });
    Motion { id: form.motion, view, gate }
}

impl FormRules for FitnessForms {
    fn motion(&self, exercise: &str) -> Option<Motion> {
        self.forms.of(exercise).map(motion)
    }

    fn all(&self) -> Vec<Motion> {
        self.all.get_or_init(|| fitness::motion::all().iter().map(fitness::motion::form_of).map(motion).collect()).clone()
    }
}

#[cfg(test)]
mod tests {
    use fitness::motion::{Fault, StreamWish, stream};
    use vision::posture::{Assessment, Frame, Layout, Status, Take, assess};

    use super::*;

    fn take(motion: &fitness::motion::Motion, view: View, wish: &StreamWish) -> Take {
        let frame =
            |frame: fitness::motion::Frame| Frame { t: frame.t, landmarks: frame.landmarks.into_iter().map(Some).collect() };
        let frames = stream(motion, wish).into_iter().map(frame).collect();
        Take { layout: Layout::Mediapipe33, view, width: 1080.0, height: 1080.0, mirrored: false, frames }
    }

    fn assessed(id: &str, wish: &StreamWish) -> Assessment {
        let drawn = fitness::motion::by_id(id).unwrap();
        let motion = motion(fitness::motion::form_of(drawn));
        assess(&take(drawn, motion.view, wish), Some(&motion))
    }

    #[test]
    fn every_motion_that_is_drawn_is_counted_exactly() {
        let mut wrong = Vec::new();
        let mut counted = 0;
        for drawn in fitness::motion::all() {
            let motion = motion(fitness::motion::form_of(drawn));
            // A burpee bends every joint twice: it is told that it is not counted.
            if motion.gate.is_none() || motion.id == "burpee" {
                continue;
            }
            counted += 1;
            for (rate, noise, seed) in [(30.0, 0.0, 1), (30.0, 0.002, 2), (20.0, 0.002, 3), (60.0, 0.001, 4)] {
                let wish = StreamWish { repetitions: 6, rate, noise, seed, fault: None };
                let found = assess(&take(drawn, motion.view, &wish), Some(&motion));
                let reps = found.reps.as_ref().map(|reps| (reps.count, reps.partial));
                if reps != Some((6, 0)) {
                    wrong.push(format!("{} at {rate} with {noise}: {reps:?} {:?}", drawn.id, found.not_assessed.first()));
                }
            }
        }
        assert!(wrong.is_empty() && counted >= 60, "{counted} motions, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn what_one_joint_can_not_count_is_told() {
        let burpee = assessed("burpee", &StreamWish::default());
        assert_eq!(burpee.reps, None);
        assert!(burpee.not_assessed.iter().any(|not| not.id == "reps" && not.reason.contains("more than once")));
    }

    #[test]
    fn faults_that_are_drawn_are_found_and_nothing_else() {
        let flagged = |found: &Assessment| -> Vec<&str> {
            found.findings.iter().filter(|finding| finding.status == Status::Flag).map(|finding| finding.rule).collect()
        };
        let wish = StreamWish { repetitions: 4, noise: 0.002, ..StreamWish::default() };
        for id in ["push-up", "bodyweight-squat", "barbell-deadlift", "overhead-press", "plank"] {
            let clean = assessed(id, &wish);
            assert!(flagged(&clean).is_empty(), "{id}: {:?}", clean.findings);
        }
        let sagging = assessed("push-up", &StreamWish { fault: Some(Fault::SaggingHips), ..wish });
        assert_eq!(flagged(&sagging), ["push_up.line", "push_up.sag"]);
        assert_eq!(sagging.reps.as_ref().map(|reps| reps.count), Some(4));
        for id in ["push-up", "bodyweight-squat", "biceps-curl"] {
            let partial = assessed(id, &StreamWish { fault: Some(Fault::Partial), ..wish });
            let reps = partial.reps.unwrap();
            assert_eq!((reps.count, reps.partial), (0, 4), "{id}");
        }
    }
}
