use actix_web::http::header;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem, Query};

use super::picture::{DRAWING_POLICY, chart_theme};
use super::progress_body::ChartQuery;
use crate::progress::chart;
use crate::{Progress, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/progress.svg", handle)
        .id("progress_chart")
        .summary("A series as a chart")
        .requires(&permissions::READ)
        .query::<ChartQuery>()
        .answers_raw(200, "image/svg+xml", "The chart")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    progress: web::Data<dyn Progress>,
    Query(query): Query<ChartQuery>,
) -> Result<HttpResponse, Problem> {
    let theme = chart_theme(query.theme);
    let (metric, from, to) = query.wanted()?;
    let found = progress.series(&caller, &metric, from, to).await?;
    let drawn = chart(&found.series, &found.title, found.unit, theme);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, DRAWING_POLICY));
    Ok(response.content_type("image/svg+xml").body(drawn))
}
