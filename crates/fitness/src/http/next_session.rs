use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::plan_body::NextView;
use crate::model::PlanId;
use crate::{Plans, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/plans/{id}/next", handle)
        .id("next_session")
        .summary("The next session, with loads")
        .describe(
            "A function of plan, log and rules: the same log gives the same answer, and `trace` says which rule gave each load.",
        )
        .requires(&permissions::READ)
        .answers::<NextView>(200, "The session")
        .problems(&[&codes::NOT_FOUND, &codes::NO_PLAN])
}

async fn handle(caller: Caller, plans: web::Data<dyn Plans>, Path(id): Path<Uuid>) -> Result<Json<NextView>, Problem> {
    let (stored, next, system) = plans.next(&caller, PlanId(id)).await?;
    Ok(Json(NextView::of(&stored, next, system)))
}
