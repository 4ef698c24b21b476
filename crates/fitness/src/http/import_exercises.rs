use actix_web::web;
use core_http::{Accepted, Caller, LongWork, Operation, Problem, Query};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::import_body::{checked, location, whole, work};
use crate::model::ImportSource;
use crate::{ImportWish, Transfers, codes, permissions};

/// Whose shape it is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShapeName {
    /// `dist/exercises.json` of free-exercise-db.
    FreeExerciseDb,
    /// `/api/v2/exerciseinfo/` of wger.
    Wger,
}

/// How it is read.
#[derive(Deserialize, IntoParams)]
struct ShapeQuery {
    /// `free_exercise_db` or `wger`.
    #[param(inline)]
    source: ShapeName,
}

pub(super) fn operation() -> Operation {
    Operation::post("/exercises/imports", handle)
        .id("import_exercises")
        .summary("Import exercises for everybody")
        .describe(
            "For administrators. Facts are mapped to this catalogue's words, words that mean nothing here are told in \
             `unknown_vocabulary`, licence and author stay with each exercise, and no pictures are taken. Mind the licences: wger's texts are \
             CC-BY-SA, and where free-exercise-db's come from is not clear.",
        )
        .requires(&permissions::CATALOGUE)
        .query::<ShapeQuery>()
        .raw_body(&["application/json"])
        .max_body_bytes(crate::imports::MOST_BYTES)
        .answers::<LongWork<Value>>(202, "The import, which goes on by itself")
        .problems(&[&codes::UNREADABLE_IMPORT])
}

async fn handle(
    caller: Caller,
    transfers: web::Data<dyn Transfers>,
    Query(query): Query<ShapeQuery>,
    payload: web::Payload,
) -> Result<Accepted<Value>, Problem> {
    let source = match query.source {
        ShapeName::FreeExerciseDb => ImportSource::FreeExerciseDb,
        ShapeName::Wger => ImportSource::Wger,
    };
    let file = checked(source, whole(payload).await?).await?;
    let import = transfers.import(&caller, ImportWish { source, unit: None }, file).await?;
    Ok(Accepted::at(location(&import), work(import)))
}
