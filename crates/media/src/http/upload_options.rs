use actix_web::http::header::HeaderName;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use core_http::{Operation, Path};
use uuid::Uuid;

use super::tus;
use crate::MediaConfig;

pub(super) fn operation() -> Operation {
    Operation::new(Method::OPTIONS, "/uploads", handle)
        .id("upload_options")
        .summary("What resumable uploads can do (tus 1.0)")
        .public()
        .answers_empty(204, "Versions, extensions and the largest upload, in headers")
}

pub(super) fn of_one() -> Operation {
    Operation::new(Method::OPTIONS, "/uploads/{id}", handle_one)
        .id("upload_options_of_one")
        .summary("What resumable uploads can do (tus 1.0)")
        .public()
        .answers_empty(204, "Versions, extensions and the largest upload, in headers")
}

async fn handle_one(Path(_): Path<Uuid>, config: web::Data<MediaConfig>) -> HttpResponse {
    handle(config).await
}

async fn handle(config: web::Data<MediaConfig>) -> HttpResponse {
    tus::answer(StatusCode::NO_CONTENT)
        .insert_header((HeaderName::from_static("tus-version"), tus::VERSION))
        .insert_header((HeaderName::from_static("tus-extension"), tus::EXTENSIONS))
        .insert_header((HeaderName::from_static("tus-checksum-algorithm"), tus::ALGORITHMS))
        .insert_header((HeaderName::from_static("tus-max-size"), config.max_bytes))
        .finish()
}
