use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::metrics_body::{MetricsBody, ReportView};
use crate::{Profiles, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/metrics", handle)
        .id("compute_metrics")
        .summary("BMI, energy, body fat and more, by every formula that the measures allow")
        .describe(
            "Each value carries its unit, its formula, the source, for whom it holds, and its standard error where one is published. \
             What can't be computed is named in `not_applicable`. Nothing is stored. None of it is a diagnosis.",
        )
        .requires(&permissions::READ)
        .body::<MetricsBody>()
        .answers::<ReportView>(200, "The values")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY])
}

async fn handle(
    caller: Caller,
    profiles: web::Data<dyn Profiles>,
    Json(body): Json<MetricsBody>,
) -> Result<Json<ReportView>, Problem> {
    let units = body.units();
    let subject = body.subject(crate::model::Day::of(profiles.now()))?;
    Ok(Json(ReportView::of(profiles.report(&caller, &subject)?, units)))
}
