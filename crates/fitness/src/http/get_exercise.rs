use actix_web::{Either, web};
use core_http::{Caller, Etagged, Json, Operation, Path, Problem};

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

/// Exercises of one's own change and have a tag; the catalogue's change with a release.
type Found = Either<Etagged<ExerciseView>, Json<ExerciseView>>;

async fn handle(caller: Caller, exercises: web::Data<dyn Exercises>, slug: Path<String>) -> Result<Found, Problem> {
    let seen = exercises.get(&caller, &slug).await?;
    let stored = exercises.stored(&caller, &seen.exercise.id).await?;
    let view = ExerciseView::from(seen);
    Ok(match stored {
        Some(stored) => Either::Left(Etagged::new(stored.version, view)),
        None => Either::Right(Json(view)),
    })
}
