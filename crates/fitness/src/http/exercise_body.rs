use std::collections::BTreeMap;

use core_http::Patch;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::catalogue::{Area, Equipment, Exercise, Force, LANGUAGE, Mechanic, Muscle, Pattern, SetMetric, slug_of};
use crate::ports::MediaLink;
use crate::service::Seen;

/// A new exercise of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateExercise {
    /// Made from the name where it is left out.
    #[schema(example = "sandbag-carry")]
    slug: Option<String>,
    #[schema(example = "Sandbag Carry")]
    name: String,
    /// Names in other languages.
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    aliases: Vec<String>,
    pattern: Pattern,
    #[serde(default = "compound")]
    mechanic: Mechanic,
    #[serde(default = "push")]
    force: Force,
    #[serde(default = "two")]
    #[schema(minimum = 1, maximum = 5)]
    level: u8,
    #[serde(default)]
    unilateral: bool,
    #[serde(default = "reps")]
    metric: SetMetric,
    #[serde(default = "general_met")]
    met: f64,
    #[serde(default = "three_seconds")]
    rep_seconds: f64,
    #[serde(default)]
    bodyweight_fraction: f64,
    #[serde(default)]
    equipment_all: Vec<Equipment>,
    #[serde(default)]
    equipment_any: Vec<Equipment>,
    /// 1 for what it works as in an exercise of its own, 0.5 or 0.25 for what helps.
    #[schema(value_type = Object, example = json!({"glutes": 1, "forearms": 0.5}))]
    muscles: BTreeMap<Muscle, f64>,
    #[serde(default)]
    instructions: Vec<String>,
    #[serde(default)]
    cues: Vec<String>,
    #[serde(default)]
    mistakes: Vec<String>,
    #[serde(default)]
    contraindications: Vec<Area>,
}

fn compound() -> Mechanic {
    Mechanic::Compound
}

fn push() -> Force {
    Force::Push
}

fn reps() -> SetMetric {
    SetMetric::Reps
}

fn two() -> u8 {
    2
}

/// Resistance training in general, by the compendium.
fn general_met() -> f64 {
    3.5
}

fn three_seconds() -> f64 {
    3.0
}

impl CreateExercise {
    pub(super) fn exercise(self) -> Exercise {
        let in_english = |lines: Vec<String>| {
            let lines = (!lines.is_empty()).then(|| (LANGUAGE.to_owned(), lines));
            lines.into_iter().collect()
        };
        let mut names = self.names;
        let id = self.slug.unwrap_or_else(|| slug_of(&self.name));
        names.insert(LANGUAGE.to_owned(), self.name);
        Exercise {
            id,
            uuid: None,
            names,
            aliases: self.aliases,
            pattern: self.pattern,
            mechanic: self.mechanic,
            force: self.force,
            level: self.level,
            unilateral: self.unilateral,
            metric: self.metric,
            met: self.met,
            rep_seconds: self.rep_seconds,
            bodyweight_fraction: self.bodyweight_fraction,
            equipment_all: self.equipment_all,
            equipment_any: self.equipment_any,
            muscles: self.muscles,
            instructions: in_english(self.instructions),
            cues: in_english(self.cues),
            mistakes: in_english(self.mistakes),
            contraindications: self.contraindications,
            regressions: Vec::new(),
            progressions: Vec::new(),
            motion: None,
            licence: "private".to_owned(),
            source: "own".to_owned(),
            author: None,
            media: Vec::new(),
        }
    }
}

macro_rules! patch {
    ($($field:ident: $type:ty,)*) => {
        /// What to change of an exercise; what is not mentioned stays, null removes.
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct UpdateExercise {
            $(#[serde(default)] #[schema(value_type = Option<$type>)] $field: Patch<Value>,)*
        }

        impl UpdateExercise {
            /// As a merge patch.
            pub(super) fn members(self) -> Map<String, Value> {
                let mut members = Map::new();
                $(if let Some(change) = self.$field.change() {
                    members.insert(stringify!($field).to_owned(), change.unwrap_or(Value::Null));
                })*
                members
            }
        }
    };
}

patch! {
    names: Object,
    aliases: Vec<String>,
    pattern: Pattern,
    mechanic: Mechanic,
    force: Force,
    level: u8,
    unilateral: bool,
    metric: SetMetric,
    met: f64,
    rep_seconds: f64,
    bodyweight_fraction: f64,
    equipment_all: Vec<Equipment>,
    equipment_any: Vec<Equipment>,
    muscles: Object,
    instructions: Object,
    cues: Object,
    mistakes: Object,
    contraindications: Vec<Area>,
    media: Vec<String>,
}

/// Where the animations are; public.
#[derive(Serialize, ToSchema)]
struct AnimationLinks {
    #[schema(example = "/api/v1/fitness/exercises/push-up/animation.gif")]
    gif: String,
    svg: String,
}

/// A picture or a film.
#[derive(Serialize, ToSchema)]
#[schema(as = ExerciseMedia)]
struct MediaView {
    id: uuid::Uuid,
    url: String,
    mime: String,
    alt: Option<String>,
}

/// Another exercise.
#[derive(Serialize, ToSchema)]
#[schema(as = ExerciseLink)]
pub(super) struct LinkView {
    slug: String,
    name: String,
}

impl LinkView {
    pub(super) fn of(exercise: &Exercise) -> Self {
        Self { slug: exercise.id.clone(), name: exercise.name(LANGUAGE).to_owned() }
    }
}

/// An exercise.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessExercise)]
pub(super) struct ExerciseView {
    #[schema(example = "push-up")]
    slug: String,
    uuid: Option<String>,
    #[schema(example = "Push-Up")]
    name: String,
    /// By language.
    names: BTreeMap<String, String>,
    aliases: Vec<String>,
    pattern: Pattern,
    mechanic: Mechanic,
    force: Force,
    level: u8,
    unilateral: bool,
    metric: SetMetric,
    /// Multiple of the energy at rest.
    met: f64,
    rep_seconds: f64,
    /// The part of the body's mass that is moved.
    bodyweight_fraction: f64,
    /// All of this is needed,
    equipment_all: Vec<Equipment>,
    /// and one of these.
    equipment_any: Vec<Equipment>,
    /// 1, 0.5 or 0.25 of a set.
    #[schema(value_type = Object)]
    muscles: BTreeMap<Muscle, f64>,
    instructions: Vec<String>,
    cues: Vec<String>,
    mistakes: Vec<String>,
    /// Not while one of these hurts.
    contraindications: Vec<Area>,
    regressions: Vec<String>,
    progressions: Vec<String>,
    /// Null where no motion is described.
    animation: Option<AnimationLinks>,
    licence: String,
    source: String,
    author: Option<String>,
    /// Exercises of one's own can be changed.
    own: bool,
    /// Only on a single exercise: what may stand in for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    substitutes: Option<Vec<LinkView>>,
    /// Only on a single exercise.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Vec<MediaView>>,
}

impl From<&Exercise> for ExerciseView {
    fn from(exercise: &Exercise) -> Self {
        let at = |kind: &str| format!("/api/v1/fitness/exercises/{}/animation.{kind}", exercise.id);
        let lines = |texts: &BTreeMap<String, Vec<String>>| {
            texts.get(LANGUAGE).or_else(|| texts.values().next()).cloned().unwrap_or_default()
        };
        Self {
            slug: exercise.id.clone(),
            uuid: exercise.uuid.clone(),
            name: exercise.name(LANGUAGE).to_owned(),
            names: exercise.names.clone(),
            aliases: exercise.aliases.clone(),
            pattern: exercise.pattern,
            mechanic: exercise.mechanic,
            force: exercise.force,
            level: exercise.level,
            unilateral: exercise.unilateral,
            metric: exercise.metric,
            met: exercise.met,
            rep_seconds: exercise.rep_seconds,
            bodyweight_fraction: exercise.bodyweight_fraction,
            equipment_all: exercise.equipment_all.clone(),
            equipment_any: exercise.equipment_any.clone(),
            muscles: exercise.muscles.clone(),
            instructions: lines(&exercise.instructions),
            cues: lines(&exercise.cues),
            mistakes: lines(&exercise.mistakes),
            contraindications: exercise.contraindications.clone(),
            regressions: exercise.regressions.clone(),
            progressions: exercise.progressions.clone(),
            animation: exercise.motion.as_ref().map(|_| AnimationLinks { gif: at("gif"), svg: at("svg") }),
            licence: exercise.licence.clone(),
            source: exercise.source.clone(),
            author: exercise.author.clone(),
            own: exercise.source == "own",
            substitutes: None,
            media: None,
        }
    }
}

impl From<Seen> for ExerciseView {
    fn from(seen: Seen) -> Self {
        let media = |link: MediaLink| MediaView { id: link.id, url: link.url, mime: link.mime, alt: link.alt };
        Self {
            substitutes: Some(seen.substitutes.iter().map(|other| LinkView::of(other)).collect()),
            media: Some(seen.media.into_iter().map(media).collect()),
            ..Self::from(seen.exercise.as_ref())
        }
    }
}
