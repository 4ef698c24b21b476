use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::posture_body::RulesView;
use crate::{Posture, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/posture/rules", handle)
        .id("list_posture_rules")
        .summary("The rules of form and what backs them")
        .requires(&permissions::READ)
        .answers::<RulesView>(200, "Every rule")
}

async fn handle(caller: Caller, posture: web::Data<dyn Posture>) -> Result<Json<RulesView>, Problem> {
    Ok(Json(RulesView::from(posture.rules(&caller)?)))
}
