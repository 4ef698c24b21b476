use core_http::Etagged;
use core_kernel::{FieldError, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FitnessError;
use crate::catalogue::{Area, Equipment};
use crate::formulas::Sex;
use crate::formulas::energy::Activity;
use crate::model::{Day, Experience, Goal, Profile, ProfileDraft};
use crate::units::{BODY_MASS, LengthUse, QuantityText, Shown, UnitSystem};

/// A profile as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FitnessProfileDraft)]
pub(super) struct ProfileBody {
    birth_date: Day,
    sex: Sex,
    /// With its unit.
    #[schema(example = "180 cm")]
    height: QuantityText,
    /// With its unit.
    #[schema(example = "80 kg")]
    mass: QuantityText,
    #[serde(default = "moderate")]
    activity: Activity,
    #[serde(default)]
    goal: Goal,
    #[serde(default)]
    experience: Experience,
    /// What is at hand; words such as `dumbbells` are understood. Empty: bodyweight alone.
    #[serde(default)]
    #[schema(example = json!(["dumbbell", "bench"]))]
    equipment: Vec<String>,
    /// Parts of the body that hurt.
    #[serde(default)]
    #[schema(example = json!(["knee"]))]
    injuries: Vec<String>,
    /// The units of answers.
    #[serde(default)]
    units: UnitSystem,
}

fn moderate() -> Activity {
    Activity::Moderate
}

impl ProfileBody {
    /// The draft, or every fault.
    pub(super) fn draft(self) -> Result<ProfileDraft, FitnessError> {
        let height = self.height.length(LengthUse::Height, None).map_err(|fault| FitnessError::quantity("/height", fault))?;
        let mass = self.mass.mass(None, BODY_MASS).map_err(|fault| FitnessError::quantity("/mass", fault))?;
        Ok(ProfileDraft {
            birth_date: self.birth_date,
            sex: self.sex,
            height,
            mass,
            activity: self.activity,
            goal: self.goal,
            experience: self.experience,
            equipment: equipment("/equipment", &self.equipment)?,
            injuries: areas("/injuries", &self.injuries)?,
            units: self.units,
        })
    }
}

/// The pieces that a list of words means; a word that means none is 422 with the vocabulary.
pub(super) fn equipment(pointer: &str, words: &[String]) -> Result<Vec<Equipment>, FitnessError> {
    let known = || Equipment::ALL.iter().map(|piece| piece.as_str()).collect::<Vec<_>>().join(", ");
    let mut found: Vec<Equipment> = read(pointer, words, Equipment::look_up, known)?.into_iter().flatten().collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The parts of the body that a list of words means.
pub(super) fn areas(pointer: &str, words: &[String]) -> Result<Vec<Area>, FitnessError> {
    let known = || Area::ALL.iter().map(|area| area.as_str()).collect::<Vec<_>>().join(", ");
    let mut found = read(pointer, words, Area::look_up, known)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn read<T>(
    pointer: &str,
    words: &[String],
    look_up: fn(&str) -> Option<T>,
    known: impl Fn() -> String,
) -> Result<Vec<T>, FitnessError> {
    if words.len() > 50 {
        return Err(FitnessError::field(pointer, "too_many", "at most 50 entries"));
    }
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match look_up(word) {
            Some(own) => found.push(own),
            None => {
                let message = format!("Expected one of: {}.", known());
                faults.push(FieldError::new(format!("{pointer}/{index}"), "unknown_word", message));
            }
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(FitnessError::Invalid(faults)) }
}

/// A profile as it is answered.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessProfile)]
pub(super) struct ProfileView {
    birth_date: Day,
    sex: Sex,
    height: Shown,
    mass: Shown,
    activity: Activity,
    goal: Goal,
    experience: Experience,
    equipment: Vec<Equipment>,
    injuries: Vec<Area>,
    units: UnitSystem,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The profile with its version as the entity tag.
pub(super) fn tagged(profile: Profile) -> Etagged<ProfileView> {
    let Profile { draft, created_at, updated_at, version } = profile;
    let view = ProfileView {
        birth_date: draft.birth_date,
        sex: draft.sex,
        height: Shown::height(draft.height, draft.units),
        mass: Shown::mass(draft.mass, draft.units),
        activity: draft.activity,
        goal: draft.goal,
        experience: draft.experience,
        equipment: draft.equipment,
        injuries: draft.injuries,
        units: draft.units,
        created_at,
        updated_at,
    };
    Etagged::new(version, view)
}
