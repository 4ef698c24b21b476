use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use crate::{ExportId, Exports, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/me/exports/{id}/archive", handle)
        .id("download_own_export")
        .summary("The archive of an export")
        .requires(&permissions::PROFILE_READ)
        .answers_raw(200, "application/zip", "The archive")
        .problems(&[&codes::NOT_IN_PERSON, &codes::STORE_UNAVAILABLE])
}

async fn handle(caller: Caller, exports: web::Data<dyn Exports>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    let archive = exports.open(&caller, ExportId(id)).await?;
    let chunks = archive.chunks.map_err(actix_web::error::ErrorInternalServerError);
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"export-{id}.zip\"")))
        .body(SizedStream::new(archive.bytes, chunks)))
}
