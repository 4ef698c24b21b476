use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};

use crate::{Exercises, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/exercises/{slug}", handle)
        .id("delete_exercise")
        .summary("Delete an exercise of one's own")
        .describe("What was logged with it stays, under its name.")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NOT_FOUND, &codes::NOT_OWN])
}

async fn handle(caller: Caller, exercises: web::Data<dyn Exercises>, slug: Path<String>) -> Result<HttpResponse, Problem> {
    exercises.delete(&caller, &slug).await?;
    Ok(HttpResponse::NoContent().finish())
}
