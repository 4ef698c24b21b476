use actix_web::http::header;
use actix_web::{HttpRequest, web};
use core_http::{Accepted, Caller, LongWork, Operation, Problem, Query};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::import_body::{checked, location, whole, work};
use crate::model::ImportSource;
use crate::units::UnitSystem;
use crate::{ImportWish, Transfers, codes, permissions};

/// Whose export it is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceName {
    /// Hevy's CSV.
    Hevy,
    /// Strong's CSV.
    Strong,
    /// This server's own JSON.
    Brickwork,
}

/// A unit of loads.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LoadUnit {
    /// Kilograms.
    Kg,
    /// Pounds.
    Lb,
}

/// How a file is read.
#[derive(Deserialize, IntoParams)]
struct ImportQuery {
    /// `hevy`, `strong` or `brickwork`; JSON is `brickwork` where it is left out, a table `hevy`.
    #[param(inline)]
    source: Option<SourceName>,
    /// `kg` or `lb`, where the file does not say it (Strong).
    #[param(inline)]
    unit: Option<LoadUnit>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/imports", handle)
        .id("start_import")
        .summary("Import a log")
        .describe(
            "The file is the body, at most 32 MiB: the CSV of Hevy or Strong, or this server's own export. Its times are read as UTC. \
             Sending a file twice stores nothing twice. Exercises that are not known are kept under their own names and told in \
             `unknown_exercises`; rows that can't be read in `rejected`.",
        )
        .requires(&permissions::WRITE)
        .query::<ImportQuery>()
        .raw_body(&["text/csv", "application/json"])
        .max_body_bytes(crate::imports::MOST_BYTES)
        .answers::<LongWork<Value>>(202, "The import, which goes on by itself")
        .problems(&[&codes::UNREADABLE_IMPORT])
}

async fn handle(
    caller: Caller,
    transfers: web::Data<dyn Transfers>,
    request: HttpRequest,
    Query(query): Query<ImportQuery>,
    payload: web::Payload,
) -> Result<Accepted<Value>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let source = match query.source {
        Some(SourceName::Strong) => ImportSource::Strong,
        Some(SourceName::Brickwork) => ImportSource::Own,
        None if kind.starts_with("application/json") => ImportSource::Own,
        Some(SourceName::Hevy) | None => ImportSource::Hevy,
    };
    let unit = query.unit.map(|unit| match unit {
        LoadUnit::Kg => UnitSystem::Metric,
        LoadUnit::Lb => UnitSystem::Imperial,
    });
    let file = checked(source, whole(payload).await?).await?;
    let import = transfers.import(&caller, ImportWish { source, unit }, file).await?;
    Ok(Accepted::at(location(&import), work(import)))
}
