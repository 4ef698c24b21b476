use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::exercise_body::ExerciseView;
use crate::{Exercises, codes, permissions};

/// A picture or film that was uploaded before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AttachExerciseMedia)]
struct AttachMedia {
    media_id: Uuid,
}

pub(super) fn operation() -> Operation {
    Operation::post("/exercises/{slug}/media", handle)
        .id("attach_exercise_media")
        .summary("Show a picture or film with an exercise of one's own")
        .describe("Upload it with POST /media first. 503 `fitness.not_connected` where the server keeps no media.")
        .requires(&permissions::WRITE)
        .body::<AttachMedia>()
        .answers::<ExerciseView>(200, "The exercise with its media")
        .problems(&[&codes::INVALID, &codes::NOT_FOUND, &codes::NOT_OWN, &codes::CHANGED, &codes::NOT_CONNECTED])
}

async fn handle(
    caller: Caller,
    exercises: web::Data<dyn Exercises>,
    slug: Path<String>,
    Json(body): Json<AttachMedia>,
) -> Result<Json<ExerciseView>, Problem> {
    Ok(Json(ExerciseView::from(exercises.attach_media(&caller, &slug, body.media_id).await?)))
}
