use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};

use super::exercise_body::{CreateExercise, ExerciseView};
use crate::{Exercises, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/exercises", handle)
        .id("create_exercise")
        .summary("Write an exercise of one's own")
        .requires(&permissions::WRITE)
        .body::<CreateExercise>()
        .answers::<ExerciseView>(201, "The exercise")
        .problems(&[&codes::INVALID, &codes::SLUG_TAKEN, &codes::TOO_MANY])
}

async fn handle(
    caller: Caller,
    exercises: web::Data<dyn Exercises>,
    Json(body): Json<CreateExercise>,
) -> Result<Created<ExerciseView>, Problem> {
    let stored = exercises.create(&caller, body.exercise()).await?;
    let location = format!("/api/v1/fitness/exercises/{}", stored.exercise.id);
    Ok(Created::at(location, ExerciseView::from(&stored.exercise)).version(stored.version))
}
