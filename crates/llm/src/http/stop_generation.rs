use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::answer::generation_id;
use super::views::GenerationView;
use crate::{Generations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/generations/{id}/stop", handle)
        .id("stop_generation")
        .summary("Stop a generation; what arrived is kept")
        .describe("One that has ended stays as it is. Its streams end with `done` and `finish_reason: cancelled`.")
        .requires(&permissions::CHAT)
        .answers::<GenerationView>(200, "The generation; `running` while another process still has to stop it")
        .problems(&[&codes::GENERATION_NOT_FOUND])
}

async fn handle(
    caller: Caller,
    generations: web::Data<dyn Generations>,
    id: Path<Uuid>,
) -> Result<Json<GenerationView>, Problem> {
    Ok(Json(GenerationView::from(generations.stop(&caller, generation_id(id)).await?)))
}
