use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};

use super::plan_body::{CreatePlan, PlanView};
use crate::{Plans, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/plans", handle)
        .id("create_plan")
        .summary("Make a training plan")
        .describe(
            "By rules, each with its source (see `explain`): equipment, injuries, experience, weekly sets per muscle, time. The same wishes \
             give the same plan. With `author: model` a language model may propose; its proposal is checked and repaired, and without one \
             the rules' plan is answered.",
        )
        .requires(&permissions::WRITE)
        .body::<CreatePlan>()
        .answers::<PlanView>(201, "The plan")
        .problems(&[&codes::INVALID, &codes::NO_PLAN, &codes::TOO_MANY])
}

async fn handle(caller: Caller, plans: web::Data<dyn Plans>, Json(body): Json<CreatePlan>) -> Result<Created<PlanView>, Problem> {
    let stored = plans.create(&caller, body.request()?).await?;
    let (location, version) = (format!("/api/v1/fitness/plans/{}", stored.id), stored.version);
    Ok(Created::at(location, PlanView::from(stored)).version(version))
}
