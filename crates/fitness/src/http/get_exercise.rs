use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};

use super::exercise_body::ExerciseView;
use crate::{Exercises, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/exercises/{slug}", handle)
        .id("get_exercise")
        .summary("One exercise, by slug, name or alias")
        .describe("`pushup`, `Press-Up` and `Liegestütz` all answer `push-up`, with what may stand in for it.")
        .requires(&permissions::READ)
        .answers::<ExerciseView>(200, "The exercise")
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(caller: Caller, exercises: web::Data<dyn Exercises>, slug: Path<String>) -> Result<Json<ExerciseView>, Problem> {
    Ok(Json(ExerciseView::from(exercises.get(&caller, &slug).await?)))
}
