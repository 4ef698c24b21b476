use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Operation, Path};
use uuid::Uuid;

use super::tus;
use crate::{UploadId, Uploads, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/uploads/{id}", handle)
        .id("end_upload")
        .summary("End a resumable upload and remove what arrived (tus 1.0)")
        .requires(&permissions::WRITE)
        .required_header("Tus-Resumable", "1.0.0")
        .foreign_errors()
        .answers_empty(204, "It is gone")
        .answers_empty(410, "It had its time")
        .answers_empty(412, "Another version of tus")
        .problems(&[&codes::UPLOAD_EXPIRED])
}

async fn handle(caller: Caller, uploads: web::Data<dyn Uploads>, Path(id): Path<Uuid>, request: HttpRequest) -> HttpResponse {
    if let Some(refused) = tus::other_version(&request) {
        return refused;
    }
    match uploads.end(&caller, UploadId(id)).await {
        Ok(()) => tus::answer(StatusCode::NO_CONTENT).finish(),
        Err(error) => tus::refused(error),
    }
}
