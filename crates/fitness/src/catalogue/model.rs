use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Area, Equipment, Force, Mechanic, Muscle, Pattern, SetMetric};

/// An exercise, as the catalogue's file and own exercises are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Stable short name, such as `push-up`.
    pub id: String,
    /// Stable id, for people who key on UUIDs.
    #[serde(default)]
    pub uuid: Option<String>,
    /// What it is called, by language.
    pub names: BTreeMap<String, String>,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The kind of movement.
    pub pattern: Pattern,
    /// How many joints take part.
    pub mechanic: Mechanic,
    /// The direction of the force.
    pub force: Force,
    /// 1 (anybody) to 5 (years of practice).
    pub level: u8,
    /// One side at a time.
    #[serde(default)]
    pub unilateral: bool,
    /// What a set is counted in.
    pub metric: SetMetric,
    /// Multiple of the energy at rest.
    pub met: f64,
    /// Seconds of a repetition.
    pub rep_seconds: f64,
    /// The part of the body's mass that is moved.
    #[serde(default)]
    pub bodyweight_fraction: f64,
    /// All of this is needed.
    #[serde(default)]
    pub equipment_all: Vec<Equipment>,
    /// And one of these, where there are some.
    #[serde(default)]
    pub equipment_any: Vec<Equipment>,
    /// 1.0: works as in an exercise of its own; 0.5 and 0.25: helps.
    pub muscles: BTreeMap<Muscle, f64>,
    /// Steps, by language.
    #[serde(default)]
    pub instructions: BTreeMap<String, Vec<String>>,
    /// What to think of, by language.
    #[serde(default)]
    pub cues: BTreeMap<String, Vec<String>>,
    /// What goes wrong, by language.
    #[serde(default)]
    pub mistakes: BTreeMap<String, Vec<String>>,
    /// Not while one of these hurts.
    #[serde(default)]
    pub contraindications: Vec<Area>,
    /// Easier ones.
    #[serde(default)]
    pub regressions: Vec<String>,
    /// Harder ones.
    #[serde(default)]
    pub progressions: Vec<String>,
    /// The motion that shows it.
    #[serde(default)]
    pub motion: Option<String>,
    /// The licence of the wording.
    pub licence: String,
    /// Where it comes from.
    pub source: String,
    /// Who wrote it, where the licence asks for it.
    #[serde(default)]
    pub author: Option<String>,
    /// Pictures and films, by the id of the media.
    #[serde(default)]
    pub media: Vec<String>,
}

/// The language of the wording where the wanted one is missing.
pub const LANGUAGE: &str = "en";

impl Exercise {
    /// Its name in a language, else in English.
    pub fn name(&self, language: &str) -> &str {
        let names = &self.names;
        names.get(language).or_else(|| names.get(LANGUAGE)).or_else(|| names.values().next()).map_or(&self.id, |name| name)
    }

    /// What a set adds to a muscle.
    pub fn share(&self, muscle: Muscle) -> f64 {
        self.muscles.get(&muscle).copied().unwrap_or(0.0)
    }

    /// The muscles that it works as in an exercise of their own.
    pub fn primary(&self) -> impl Iterator<Item = Muscle> {
        self.muscles.iter().filter(|(_, share)| **share >= 1.0).map(|(muscle, _)| *muscle)
    }

    /// True when this equipment is enough.
    pub fn fits(&self, equipment: &[Equipment]) -> bool {
        self.equipment_all.iter().all(|piece| equipment.contains(piece))
            && (self.equipment_any.is_empty() || self.equipment_any.iter().any(|piece| equipment.contains(piece)))
    }

    /// True when it needs a piece.
    pub fn uses(&self, piece: Equipment) -> bool {
        self.equipment_all.contains(&piece) || self.equipment_any.contains(&piece)
    }

    /// True unless one of these areas hurts too much for it.
    pub fn safe_with(&self, injuries: &[Area]) -> bool {
        !self.contraindications.iter().any(|area| injuries.contains(area))
    }

    /// True when a load can be put on it.
    pub fn is_loaded(&self) -> bool {
        const LOADS: [Equipment; 11] = [
            Equipment::Barbell,
            Equipment::Dumbbell,
            Equipment::Kettlebell,
            Equipment::Cable,
            Equipment::Machine,
            Equipment::TrapBar,
            Equipment::EzBar,
            Equipment::Plate,
            Equipment::Landmine,
            Equipment::MedicineBall,
            Equipment::Sled,
        ];
        LOADS.into_iter().any(|piece| self.uses(piece))
    }
}
