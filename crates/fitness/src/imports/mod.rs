//! What other programs and this one exported, read in.

mod exercises;
mod own;
mod records;
mod rows;
mod service;
mod tables;

#[cfg(feature = "http")]
pub(crate) use own::is_of;
pub(crate) use own::{document, measurement_row, plan_row, profile_row, table, workout_row};
pub(crate) use service::TransferService;

use crate::model::{MeasurementDraft, SetDraft, WorkoutDraft};

/// The most bytes of a file.
pub(crate) const MOST_BYTES: usize = 32 * 1024 * 1024;
/// The most rows of a file: sets, workouts, measurements and exercises together. Somebody who logs 5,000 sets a year fills it in 40 years.
pub(crate) const MOST_ROWS: usize = 200_000;
/// The deepest that a JSON file may nest, as in every other body.
#[cfg(feature = "http")]
pub(crate) const MOST_DEPTH: usize = 64;
/// The most sets of one workout.
pub(crate) const MOST_SETS: usize = 300;
/// The most faults and unknown words that are told one by one.
pub(crate) const TOLD: usize = 100;

/// A workout of a file. Its sets name exercises as the file does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundWorkout {
    /// What makes it the same when the file comes again.
    pub(crate) key: String,
    pub(crate) draft: WorkoutDraft,
    pub(crate) sets: Vec<SetDraft>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) workouts: Vec<FoundWorkout>,
    pub(crate) measurements: Vec<(String, MeasurementDraft)>,
    pub(crate) exercises: Vec<crate::catalogue::Exercise>,
    /// Words that mean nothing here, by kind.
    pub(crate) unknown: Vec<(&'static str, String)>,
    /// Rows that can't be read, with their line.
    pub(crate) rejected: Vec<(u64, String)>,
}

impl Found {
    pub(crate) fn reject(&mut self, line: u64, reason: impl Into<String>) {
        if self.rejected.len() < TOLD {
            self.rejected.push((line, reason.into()));
        }
    }

    pub(crate) fn unknown(&mut self, kind: &'static str, word: &str) {
        let word: String = word.chars().filter(|c| !c.is_control()).take(100).collect();
        if self.unknown.len() < TOLD && !self.unknown.iter().any(|(own, known)| *own == kind && *known == word) {
            self.unknown.push((kind, word));
        }
    }
}

/// Text of a file as it can be stored: no control characters but line breaks, not too long.
pub(crate) fn clean(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(most).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
