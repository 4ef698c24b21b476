use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Operation, Path};
use uuid::Uuid;

use super::tus;
use crate::{UploadId, Uploads, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::new(Method::HEAD, "/uploads/{id}", handle)
        .id("get_upload")
        .summary("Where a resumable upload stands (tus 1.0)")
        .requires(&permissions::WRITE)
        .required_header("Tus-Resumable", "1.0.0")
        .foreign_errors()
        .answers_empty(200, "`Upload-Offset` says how much is there; `Media-Id` names the picture once all of it is")
        .answers_empty(410, "It had its time")
        .answers_empty(412, "Another version of tus")
        .problems(&[&codes::UPLOAD_EXPIRED])
}

async fn handle(caller: Caller, uploads: web::Data<dyn Uploads>, Path(id): Path<Uuid>, request: HttpRequest) -> HttpResponse {
    if let Some(refused) = tus::other_version(&request) {
        return refused;
    }
    match uploads.get(&caller, UploadId(id)).await {
        Ok(upload) => {
            tus::state(StatusCode::OK, &upload).insert_header((tus::UPLOAD_METADATA, upload.metadata.as_str())).finish()
        }
        Err(error) => tus::refused(error),
    }
}
