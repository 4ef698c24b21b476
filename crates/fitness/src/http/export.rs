use actix_web::http::header;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem, Query};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{Transfers, permissions};

/// The form of an export.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FormatName {
    /// Everything.
    Json,
    /// Every set as a line.
    Csv,
}

/// How it is written.
#[derive(Deserialize, IntoParams)]
struct ExportQuery {
    /// `json` (everything, and what `imports` takes) or `csv` (every set as a line).
    #[param(inline)]
    format: Option<FormatName>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/export", handle)
        .id("export_fitness")
        .summary("Everything of the caller's training")
        .requires(&permissions::READ)
        .query::<ExportQuery>()
        .answers_raw(200, "application/json", "Profile, plans, workouts, measurements and own exercises")
        .answers_raw(200, "text/csv", "Every set as a line")
}

async fn handle(
    caller: Caller,
    transfers: web::Data<dyn Transfers>,
    Query(query): Query<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    if matches!(query.format, Some(FormatName::Csv)) {
        let table = transfers.export_csv(&caller).await?;
        response.insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"training.csv\""));
        return Ok(response.content_type("text/csv; charset=utf-8").body(table));
    }
    Ok(response.json(transfers.export(&caller).await?))
}
