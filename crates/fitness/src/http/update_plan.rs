use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::plan_body::{PlanView, name};
use crate::model::PlanId;
use crate::{FitnessError, PlanChange, Plans, codes, permissions};

/// What to change; the plan itself stays, another one is made for other wishes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdatePlan {
    #[serde(default)]
    name: Patch<String>,
    /// Put away.
    #[serde(default)]
    archived: Patch<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/plans/{id}", handle)
        .id("update_plan")
        .summary("Rename a plan or put it away")
        .requires(&permissions::WRITE)
        .body::<UpdatePlan>()
        .answers::<PlanView>(200, "The plan as it is now")
        .problems(&[&codes::INVALID, &codes::NOT_FOUND, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    plans: web::Data<dyn Plans>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdatePlan>,
) -> Result<Etagged<PlanView>, Problem> {
    let nothing = || FitnessError::field("/name", "invalid_name", "A plan has a name.");
    let renamed = match body.name {
        Patch::Absent => None,
        Patch::Null => return Err(nothing().into()),
        Patch::Value(text) => Some(name("/name", text)?),
    };
    let archived = body.archived.change().map(Option::unwrap_or_default);
    let change = PlanChange { name: renamed, archived };
    let stored = plans.update(&caller, PlanId(id), change, if_match.version()).await?;
    Ok(Etagged::new(stored.version, PlanView::from(stored)))
}
