use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, web};
use core_http::{Caller, LimitClass, Operation, Path, Problem, Query};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::documents::chunks;
use crate::{ArchiveFormat, Archives, WorkspaceId, codes, permissions};

/// In which form.
#[derive(Deserialize, IntoParams)]
struct ArchiveQuery {
    /// `zip` (the default), `tar` or `tar.gz`.
    #[param(value_type = Option<String>, example = "zip")]
    format: Option<ArchiveFormat>,
}

/// Some files are missing.
const TRUNCATED: HeaderName = HeaderName::from_static("brickwork-truncated");

pub(super) fn operation() -> Operation {
    Operation::get("/workspaces/{id}/archive", handle)
        .id("download_archive")
        .summary("All files of a workspace in an archive")
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .query::<ArchiveQuery>()
        .answers_raw(200, "application/zip", "The archive; `Brickwork-Truncated: true` where files are missing in it")
        .problems(&[&codes::NO_WORKSPACE])
}

async fn handle(
    caller: Caller,
    archives: web::Data<dyn Archives>,
    Path(id): Path<Uuid>,
    Query(query): Query<ArchiveQuery>,
) -> Result<HttpResponse, Problem> {
    let format = query.format.unwrap_or_default();
    let packed = archives.export(&caller, WorkspaceId(id), format).await?;
    let (media_type, ending) = match format {
        ArchiveFormat::Zip => ("application/zip", "zip"),
        ArchiveFormat::Tar => ("application/x-tar", "tar"),
        ArchiveFormat::TarGz => ("application/gzip", "tar.gz"),
    };
    let body = chunks(packed.file, packed.bytes).map_err(actix_web::error::ErrorInternalServerError);
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"workspace-{id}.{ending}\"")))
        .insert_header((TRUNCATED, packed.truncated.to_string()))
        .body(SizedStream::new(packed.bytes, body)))
}
