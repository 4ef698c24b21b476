use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::workout_body::text;
use crate::FitnessError;
use crate::model::{Measurement, MeasurementDraft, MeasurementKind};
use crate::progress_service::shown;
use crate::units::{BODY_MASS, LengthUse, QuantityText, UnitSystem, rounded, whole};

/// A measurement. Masses and girths name their units; the others are plain numbers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateMeasurement {
    pub(super) kind: MeasurementKind,
    /// `"80 kg"`, `"34 in"`; for body_fat, intake, resting_heart_rate and steps a number.
    #[schema(example = "80 kg")]
    pub(super) value: QuantityText,
    /// Now, where it is left out.
    measured_at: Option<Timestamp>,
    #[serde(default)]
    notes: String,
}

/// The value in the stored unit of its kind.
pub(super) fn stored(kind: MeasurementKind, value: &QuantityText) -> Result<i64, FitnessError> {
    let at = |fault| FitnessError::quantity("/value", fault);
    if kind == MeasurementKind::Mass {
        return Ok(value.mass(None, BODY_MASS).map_err(at)?.grams());
    }
    let Some((low, high, factor)) = kind.plain() else {
        return Ok(value.length(LengthUse::Girth, None).map_err(at)?.millimetres());
    };
    let number = match value {
        QuantityText::Number(number) => Some(*number),
        QuantityText::Text(text) => text.trim().parse().ok(),
        QuantityText::Parts(_) => None,
    };
    let number = number.filter(|number| (low..=high).contains(number));
    let number = number.ok_or_else(|| FitnessError::field("/value", "out_of_range", format!("a number from {low} to {high}")))?;
    Ok(whole(number * factor))
}

impl CreateMeasurement {
    pub(super) fn draft(self) -> Result<MeasurementDraft, FitnessError> {
        Ok(MeasurementDraft {
            kind: self.kind,
            value: stored(self.kind, &self.value)?,
            measured_at: self.measured_at,
            notes: text("/notes", self.notes, 500)?,
        })
    }
}

/// A stored measurement.
#[derive(Serialize, ToSchema)]
#[schema(as = Measurement)]
pub(super) struct MeasurementView {
    id: Uuid,
    kind: MeasurementKind,
    /// In `unit`.
    value: f64,
    #[schema(example = "kg")]
    unit: &'static str,
    measured_at: Timestamp,
    notes: String,
}

impl MeasurementView {
    pub(super) fn of(measurement: Measurement, units: UnitSystem) -> Self {
        let kind = measurement.draft.kind;
        let (value, unit) = shown(kind, measurement.draft.value, units);
        Self {
            id: measurement.id.get(),
            kind,
            // Whole grams and millimetres carry a tenth of a pound and of an inch, no more.
            value: rounded(value, if matches!(unit, "lb" | "in") { 1 } else { 2 }),
            unit,
            measured_at: measurement.measured_at,
            notes: measurement.draft.notes,
        }
    }
}
