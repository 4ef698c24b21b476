use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::measurement_body::MeasurementView;
use crate::model::MeasurementKind;
use crate::{Measurements, permissions};

/// Which measurements.
#[derive(Deserialize, IntoParams)]
struct MeasurementQuery {
    /// Only this kind.
    kind: Option<MeasurementKind>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/measurements", handle)
        .id("list_measurements")
        .summary("The caller's measurements, by when they were taken")
        .requires(&permissions::READ)
        .query::<MeasurementQuery>()
        .paged(Order::Desc)
        .answers::<PageResponse<MeasurementView>>(200, "A page of measurements")
}

async fn handle(
    caller: Caller,
    measurements: web::Data<dyn Measurements>,
    page: PageQuery,
    Query(query): Query<MeasurementQuery>,
) -> Result<PageResponse<MeasurementView>, Problem> {
    let found = measurements.list(&caller, query.kind, &page).await?;
    let units = measurements.units(&caller).await?;
    Ok(page.answer(found).map(|measurement| MeasurementView::of(measurement, units)))
}
