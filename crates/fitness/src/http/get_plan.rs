use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::plan_body::PlanView;
use crate::model::PlanId;
use crate::{Plans, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/plans/{id}", handle)
        .id("get_plan")
        .summary("A plan")
        .requires(&permissions::READ)
        .answers::<PlanView>(200, "The plan")
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(caller: Caller, plans: web::Data<dyn Plans>, Path(id): Path<Uuid>) -> Result<Etagged<PlanView>, Problem> {
    let stored = plans.get(&caller, PlanId(id)).await?;
    Ok(Etagged::new(stored.version, PlanView::from(stored)))
}
