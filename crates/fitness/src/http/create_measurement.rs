use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};

use super::measurement_body::{CreateMeasurement, MeasurementView};
use crate::{Measurements, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/measurements", handle)
        .id("create_measurement")
        .summary("Write a measurement")
        .requires(&permissions::WRITE)
        .body::<CreateMeasurement>()
        .answers::<MeasurementView>(201, "The measurement")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY])
}

async fn handle(
    caller: Caller,
    measurements: web::Data<dyn Measurements>,
    Json(body): Json<CreateMeasurement>,
) -> Result<Created<MeasurementView>, Problem> {
    let stored = measurements.create(&caller, body.draft()?).await?;
    let units = measurements.units(&caller).await.unwrap_or_default();
    let (location, version) = (format!("/api/v1/fitness/measurements/{}", stored.id), stored.version);
    Ok(Created::at(location, MeasurementView::of(stored, units)).version(version))
}
