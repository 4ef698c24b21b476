use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::workout_body::{SetView, checked, load};
use crate::model::{SetDraft, SetId, SetKind, WorkoutId};
use crate::units::QuantityText;
use crate::{FitnessError, Measurements, SetChange, Workouts, codes, permissions};

/// What to change; null removes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateSet {
    #[serde(default)]
    exercise: Patch<String>,
    #[serde(default)]
    kind: Patch<SetKind>,
    #[serde(default)]
    #[schema(example = "60 kg")]
    load: Patch<QuantityText>,
    #[serde(default)]
    reps: Patch<u32>,
    #[serde(default)]
    seconds: Patch<u32>,
    #[serde(default)]
    metres: Patch<u32>,
    #[serde(default)]
    rir: Patch<f64>,
    #[serde(default)]
    rest_seconds: Patch<u32>,
    #[serde(default)]
    superset: Patch<u32>,
    #[serde(default)]
    notes: Patch<String>,
    #[serde(default)]
    done_at: Patch<Timestamp>,
}

impl UpdateSet {
    fn apply(self, mut draft: SetDraft) -> Result<SetDraft, FitnessError> {
        if let Patch::Value(exercise) = self.exercise {
            draft.exercise = exercise;
        }
        if let Some(kind) = self.kind.change() {
            draft.kind = kind.unwrap_or(SetKind::Working);
        }
        self.load.try_map(|quantity| load("/load", &quantity))?.apply(&mut draft.load);
        self.reps.apply(&mut draft.reps);
        self.seconds.apply(&mut draft.seconds);
        self.metres.apply(&mut draft.metres);
        self.rir.apply(&mut draft.rir);
        self.rest_seconds.apply(&mut draft.rest_seconds);
        self.superset.apply(&mut draft.superset);
        self.done_at.apply(&mut draft.done_at);
        if let Some(notes) = self.notes.change() {
            draft.notes = notes.unwrap_or_default();
        }
        checked(draft)
    }
}

pub(super) fn operation() -> Operation {
    Operation::patch("/workouts/{id}/sets/{set_id}", handle)
        .id("update_set")
        .summary("Change a set")
        .requires(&permissions::WRITE)
        .body::<UpdateSet>()
        .answers::<SetView>(200, "The set as it is now")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY, &codes::NOT_FOUND, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    measurements: web::Data<dyn Measurements>,
    Path((id, set)): Path<(Uuid, Uuid)>,
    if_match: IfMatch,
    Json(body): Json<UpdateSet>,
) -> Result<Etagged<SetView>, Problem> {
    let change: SetChange = Box::new(move |draft| body.clone().apply(draft));
    let set = workouts.update_set(&caller, WorkoutId(id), SetId(set), change, if_match.version()).await?;
    let units = measurements.units(&caller).await.unwrap_or_default();
    Ok(Etagged::new(set.version, SetView::of(set, units)))
}
