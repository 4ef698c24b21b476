use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Path, Problem};

use super::exercise_body::{ExerciseView, UpdateExercise};
use crate::{Exercises, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::patch("/exercises/{slug}", handle)
        .id("update_exercise")
        .summary("Change an exercise of one's own")
        .describe("A merge patch (RFC 7396). The slug stays, since plans and logs name it.")
        .requires(&permissions::WRITE)
        .body::<UpdateExercise>()
        .answers::<ExerciseView>(200, "The exercise as it is now")
        .problems(&[&codes::INVALID, &codes::NOT_FOUND, &codes::NOT_OWN, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    exercises: web::Data<dyn Exercises>,
    slug: Path<String>,
    if_match: IfMatch,
    Json(body): Json<UpdateExercise>,
) -> Result<Etagged<ExerciseView>, Problem> {
    let stored = exercises.update(&caller, &slug, body.members(), if_match.version()).await?;
    Ok(Etagged::new(stored.version, ExerciseView::from(&stored.exercise)))
}
