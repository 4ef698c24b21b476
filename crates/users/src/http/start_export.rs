use actix_web::web;
use core_http::{Accepted, Caller, LongWork, Operation, Problem};

use super::export::{ExportResult, location, work};
use crate::{Exports, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/me/exports", handle)
        .id("start_own_export")
        .summary("Ask for everything that the server holds of the caller")
        .describe(
            "A zip archive of JSON lines, one file for each collection of each feature, and the caller's files. While one is being made, asking again \
             gives that one. Archives are kept for seven days.",
        )
        .requires(&permissions::PROFILE_READ)
        .dangerous()
        .answers::<LongWork<ExportResult>>(202, "The export, which goes on by itself")
        .problems(&[&codes::NOT_IN_PERSON])
}

async fn handle(caller: Caller, exports: web::Data<dyn Exports>) -> Result<Accepted<ExportResult>, Problem> {
    let export = exports.start(&caller).await?;
    Ok(Accepted::at(location(&export), work(export)))
}
