use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::model::MeasurementId;
use crate::{Measurements, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/measurements/{id}", handle)
        .id("delete_measurement")
        .summary("Delete a measurement")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(
    caller: Caller,
    measurements: web::Data<dyn Measurements>,
    Path(id): Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    measurements.delete(&caller, MeasurementId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
