use core_kernel::{FieldError, Timestamp};
use serde::{Deserialize, Serialize};

use super::Day;
use crate::catalogue::{Area, Equipment};
use crate::formulas::Sex;
use crate::formulas::energy::Activity;
use crate::units::{Length, Mass, UnitSystem};

/// What somebody trains for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// To lift more.
    Strength,
    /// To grow muscle.
    #[serde(alias = "size", alias = "muscle", alias = "muscle_gain", alias = "build_muscle")]
    Hypertrophy,
    /// To go on longer.
    Endurance,
    /// To be faster and more explosive.
    Power,
    /// To lose fat and keep muscle.
    #[serde(alias = "weight_loss", alias = "lose_weight", alias = "lose_fat")]
    FatLoss,
    /// To stay well.
    #[default]
    #[serde(alias = "general", alias = "health", alias = "fitness", alias = "maintenance")]
    GeneralFitness,
}

impl Goal {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Strength, Self::Hypertrophy, Self::Endurance, Self::Power, Self::FatLoss, Self::GeneralFitness];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strength => "strength",
            Self::Hypertrophy => "hypertrophy",
            Self::Endurance => "endurance",
            Self::Power => "power",
            Self::FatLoss => "fat_loss",
            Self::GeneralFitness => "general_fitness",
        }
    }
}

/// For how long somebody has trained with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Experience {
    /// Less than half a year.
    #[default]
    #[serde(alias = "novice")]
    Beginner,
    /// Up to some years.
    Intermediate,
    /// Many years.
    Advanced,
}

impl Experience {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Beginner, Self::Intermediate, Self::Advanced];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// The hardest level of exercises that is offered.
    pub const fn top_level(self) -> u8 {
        match self {
            Self::Beginner => 2,
            Self::Intermediate => 4,
            Self::Advanced => 5,
        }
    }
}

/// What somebody writes about their body and their training.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileDraft {
    /// When they were born.
    pub birth_date: Day,
    /// Coefficients of formulas.
    pub sex: Sex,
    /// Height.
    pub height: Length,
    /// Body mass.
    pub mass: Mass,
    /// Daily activity.
    pub activity: Activity,
    /// What they train for.
    pub goal: Goal,
    /// For how long they have trained.
    pub experience: Experience,
    /// What they have at hand.
    pub equipment: Vec<Equipment>,
    /// What hurts.
    pub injuries: Vec<Area>,
    /// The units that they read.
    pub units: UnitSystem,
}

/// A stored profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What was written.
    pub draft: ProfileDraft,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// The ages that are served.
pub const AGES: std::ops::RangeInclusive<i32> = 13..=100;

impl ProfileDraft {
    /// Whole years on a day.
    pub fn age_on(&self, day: Day) -> f64 {
        f64::from(self.birth_date.years_until(day))
    }

    /// Checks what only the day decides.
    pub fn check(&self, today: Day) -> Vec<FieldError> {
        if AGES.contains(&self.birth_date.years_until(today)) {
            return Vec::new();
        }
        vec![FieldError::new("/birth_date", "out_of_range", "Expected an age of 13 to 100 years.")]
    }
}
