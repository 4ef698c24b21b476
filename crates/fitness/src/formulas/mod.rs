//! Every formula with its source, its population and its error. Pure functions over SI numbers; nothing here reads or stores anything.

pub mod body_fat;
pub mod body_mass;
pub mod energy;
pub mod heart;
pub mod lean;
pub mod macros;
pub mod strength;

use serde::Serialize;

/// A formula as it is cited.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Formula {
    /// Stable name, such as `mifflin`.
    pub id: &'static str,
    /// What it estimates, such as `bmr`.
    pub metric: &'static str,
    /// For people.
    pub name: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// The publication.
    pub source: &'static str,
    /// For whom it holds.
    pub limits: &'static str,
    /// Standard error of the estimate in `unit`, where the publication gives one.
    pub standard_error: Option<f64>,
}

/// A value that a formula gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Which formula.
    pub formula: &'static Formula,
    /// In the formula's unit.
    pub value: f64,
    /// The class that the value falls into, where the source defines classes.
    pub category: Option<&'static str>,
    /// What to know before using it.
    pub warnings: Vec<&'static str>,
}

impl Metric {
    /// A value without a class.
    pub fn of(formula: &'static Formula, value: f64) -> Self {
        Self { formula, value, category: None, warnings: Vec::new() }
    }

    /// The same with a class.
    pub fn category(mut self, category: &'static str) -> Self {
        self.category = Some(category);
        self
    }

    /// The same with a warning.
    pub fn warn(mut self, warning: &'static str) -> Self {
        self.warnings.push(warning);
        self
    }
}

/// Biological sex, as the formulas were fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Coefficients for women.
    Female,
    /// Coefficients for men.
    Male,
}

impl Sex {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }

    /// The stored word, read back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Female, Self::Male].into_iter().find(|sex| sex.as_str() == word)
    }

    /// `male` for men, `female` for women.
    pub const fn pick(self, male: f64, female: f64) -> f64 {
        match self {
            Self::Male => male,
            Self::Female => female,
        }
    }
}

/// The class whose half-open interval holds the value: the first bound that is above it.
pub(crate) fn class(value: f64, bounds: &[(f64, &'static str)], beyond: &'static str) -> &'static str {
    bounds.iter().find(|(bound, _)| value < *bound).map_or(beyond, |(_, name)| name)
}

#[cfg(test)]
pub(crate) fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-3, "{found} is not {expected}");
}
