use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::plan_body::ExplanationView;
use crate::model::PlanId;
use crate::{Plans, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/plans/{id}/explain", handle)
        .id("explain_plan")
        .summary("Why each part of a plan is there")
        .describe(
            "Every decision with its rule and what backs the rule; `product default` marks choices that no finding decides.",
        )
        .requires(&permissions::READ)
        .answers::<ExplanationView>(200, "The reasons")
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(caller: Caller, plans: web::Data<dyn Plans>, Path(id): Path<Uuid>) -> Result<Json<ExplanationView>, Problem> {
    Ok(Json(ExplanationView::from(plans.get(&caller, PlanId(id)).await?)))
}
