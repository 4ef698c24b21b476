use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::measurement_body::{MeasurementView, stored};
use super::workout_body::text;
use crate::model::{MeasurementDraft, MeasurementId};
use crate::units::QuantityText;
use crate::{FitnessError, MeasurementChange, Measurements, codes, permissions};

/// What to change.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateMeasurement {
    #[serde(default)]
    #[schema(example = "79.5 kg")]
    value: Patch<QuantityText>,
    #[serde(default)]
    measured_at: Patch<Timestamp>,
    #[serde(default)]
    notes: Patch<String>,
}

impl UpdateMeasurement {
    fn apply(self, mut draft: MeasurementDraft) -> Result<MeasurementDraft, FitnessError> {
        match self.value {
            Patch::Value(value) => draft.value = stored(draft.kind, &value)?,
            Patch::Null => return Err(FitnessError::field("/value", "required", "A measurement has a value.")),
            Patch::Absent => {}
        }
        if let Patch::Value(at) = self.measured_at {
            draft.measured_at = Some(at);
        }
        if let Some(notes) = self.notes.change() {
            draft.notes = text("/notes", notes.unwrap_or_default(), 500)?;
        }
        Ok(draft)
    }
}

pub(super) fn operation() -> Operation {
    Operation::patch("/measurements/{id}", handle)
        .id("update_measurement")
        .summary("Change a measurement")
        .requires(&permissions::WRITE)
        .body::<UpdateMeasurement>()
        .answers::<MeasurementView>(200, "The measurement as it is now")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY, &codes::NOT_FOUND, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    measurements: web::Data<dyn Measurements>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateMeasurement>,
) -> Result<Etagged<MeasurementView>, Problem> {
    let change: MeasurementChange = Box::new(move |draft| body.clone().apply(draft));
    let changed = measurements.update(&caller, MeasurementId(id), change, if_match.version()).await?;
    let units = measurements.units(&caller).await.unwrap_or_default();
    Ok(Etagged::new(changed.version, MeasurementView::of(changed, units)))
}
