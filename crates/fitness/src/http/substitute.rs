use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::exercise_body::LinkView;
use super::profile_body::{areas, equipment};
use crate::model::{Swap, WorkoutId};
use crate::{FitnessError, Substitution, Workouts, codes, permissions};

/// An exercise that can't be done now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubstituteBody {
    #[schema(example = "barbell-bench-press")]
    exercise: String,
    /// What to do instead; left out: the nearest that fits.
    to: Option<String>,
    /// What is at hand; left out: what the profile says.
    available: Option<Vec<String>>,
    /// What is taken.
    #[serde(default)]
    missing: Vec<String>,
    /// What hurts now.
    #[serde(default)]
    pain: Vec<String>,
}

/// What stands in.
#[derive(Serialize, ToSchema)]
struct SubstituteView {
    from: LinkView,
    /// Null: nothing fits.
    to: Option<LinkView>,
    /// What else would do, the nearest first.
    alternatives: Vec<LinkView>,
    /// All swaps of the workout; the plan stays as it is.
    swaps: Vec<Swap>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/workouts/{id}/substitute", handle)
        .id("substitute_exercise")
        .summary("Swap an exercise, in this workout alone")
        .describe("By kind of movement and muscles, with what is at hand and what does not hurt.")
        .requires(&permissions::WRITE)
        .body::<SubstituteBody>()
        .answers::<SubstituteView>(200, "What stands in")
        .problems(&[&codes::INVALID, &codes::NOT_FOUND, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    Path(id): Path<Uuid>,
    Json(body): Json<SubstituteBody>,
) -> Result<Json<SubstituteView>, Problem> {
    let done = workouts.substitute(&caller, WorkoutId(id), wish(body)?).await?;
    Ok(Json(SubstituteView {
        from: LinkView::of(&done.from),
        to: done.to.as_deref().map(LinkView::of),
        alternatives: done.alternatives.iter().map(|other| LinkView::of(other)).collect(),
        swaps: done.workout.swaps,
    }))
}

fn wish(body: SubstituteBody) -> Result<Substitution, FitnessError> {
    Ok(Substitution {
        exercise: body.exercise,
        to: body.to,
        available: body.available.map(|words| equipment("/available", &words)).transpose()?,
        missing: equipment("/missing", &body.missing)?,
        pain: areas("/pain", &body.pain)?,
    })
}
