use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Operation, Problem};

use super::tus;
use crate::{Uploads, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/uploads", handle)
        .id("begin_upload")
        .summary("Begin a resumable upload (tus 1.0)")
        .describe("`Upload-Metadata` may say `filename`, `filetype`, `alt`, `purpose` and `visibility`.")
        .requires(&permissions::WRITE)
        .required_header("Tus-Resumable", "1.0.0")
        .required_header("Upload-Length", "Bytes of the whole.")
        .header("Upload-Metadata", "Keys with values in base64, comma-separated.")
        .foreign_errors()
        .answers_empty(201, "The upload; `Location` says where")
        .answers_empty(412, "Another version of tus")
        .problems(&[&codes::INVALID, &codes::QUOTA_SPENT])
}

async fn handle(caller: Caller, uploads: web::Data<dyn Uploads>, request: HttpRequest) -> HttpResponse {
    if let Some(refused) = tus::other_version(&request) {
        return refused;
    }
    let Some(length) = tus::text(&request, &tus::UPLOAD_LENGTH).and_then(|text| text.parse().ok()) else {
        let problem = Problem::invalid("/upload-length", "missing", "The header Upload-Length says how many bytes will come.");
        return tus::problem(problem, Some(StatusCode::BAD_REQUEST));
    };
    let metadata = tus::text(&request, &tus::UPLOAD_METADATA).unwrap_or_default();
    match uploads.begin(&caller, length, metadata).await {
        Ok(upload) => {
            let place = format!("/api/v1/media/uploads/{}", upload.id);
            tus::state(StatusCode::CREATED, &upload).insert_header((header::LOCATION, place)).finish()
        }
        Err(error) => tus::refused(error),
    }
}
