use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Path, Problem};
use uuid::Uuid;

use super::archive_body;
use crate::{Archives, Imported, WorkspaceId, Workspaces, codes, permissions};

/// What archives are sent as; which it is, is told by how it begins.
const TYPES: &[&str] =
    &["application/zip", "application/x-tar", "application/gzip", "application/x-gzip", "application/octet-stream"];

pub(super) fn operation() -> Operation {
    Operation::post("/workspaces/{id}/archive", handle)
        .id("upload_archive")
        .summary("Store the files of a zip, tar or tar.gz")
        .describe("Files of the same path are replaced. Links, devices and odd names are skipped and said to be; a bomb is refused whole.")
        .requires(&permissions::WRITE)
        .limit(LimitClass::Expensive)
        .raw_body(TYPES)
        .answers::<Imported>(200, "What came of it")
        .problems(&[&codes::NO_WORKSPACE, &codes::ARCHIVE_REFUSED, &codes::READ_ONLY, &codes::WORKSPACE_FULL])
}

async fn handle(
    caller: Caller,
    facades: (web::Data<dyn Workspaces>, web::Data<dyn Archives>),
    Path(id): Path<Uuid>,
    payload: web::Payload,
) -> Result<Json<Imported>, actix_web::Error> {
    let (workspaces, archives) = facades;
    // Before a large body is taken in for nothing.
    caller.require(&permissions::WRITE).map_err(Problem::from)?;
    if caller.permissions.contains(&permissions::READ) {
        workspaces.get(&caller, WorkspaceId(id)).await.map_err(Problem::from)?;
    }
    let file = archive_body::to_file(payload).await?;
    Ok(Json(archives.import(&caller, WorkspaceId(id), file).await.map_err(Problem::from)?))
}
