use actix_web::web;
use core_http::{Caller, Json, Operation, Problem, Query};

use super::progress_body::{ProgressQuery, SeriesView};
use crate::{Progress, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/progress", handle)
        .id("get_progress")
        .summary("A series with its trend")
        .describe("A change is told only where it is beyond the error of measuring. After 28 days without a value the trend begins anew.")
        .requires(&permissions::READ)
        .query::<ProgressQuery>()
        .answers::<SeriesView>(200, "The series")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    progress: web::Data<dyn Progress>,
    Query(query): Query<ProgressQuery>,
) -> Result<Json<SeriesView>, Problem> {
    let (metric, from, to) = query.wanted()?;
    Ok(Json(SeriesView::from(progress.series(&caller, &metric, from, to).await?)))
}
