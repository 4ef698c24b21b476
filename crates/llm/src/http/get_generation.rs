use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::answer::generation_id;
use super::views::GenerationView;
use crate::{Generations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/generations/{id}", handle)
        .id("get_generation")
        .summary("A generation: its state, what arrived, what it took")
        .requires(&permissions::READ)
        .answers::<GenerationView>(200, "The generation")
        .problems(&[&codes::GENERATION_NOT_FOUND])
}

async fn handle(
    caller: Caller,
    generations: web::Data<dyn Generations>,
    id: Path<Uuid>,
) -> Result<Etagged<GenerationView>, Problem> {
    let found = generations.get(&caller, generation_id(id)).await?;
    let attempts = generations.attempts(&caller, found.id).await?;
    Ok(Etagged::new(found.version, GenerationView::from(found).with(attempts)))
}
