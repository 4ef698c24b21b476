use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path};

use super::errors::Refusal;
use super::list_models::Model;
use crate::{LlmError, Models, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/models/{model:.+}", handle)
        .id("openai_get_model")
        .summary("A model, for OpenAI's client libraries")
        .requires(&permissions::READ)
        .answers::<Model>(200, "The model")
        .problems(&[&codes::MODEL_UNKNOWN])
}

async fn handle(caller: Caller, models: web::Data<dyn Models>, name: Path<String>) -> HttpResponse {
    let name = name.into_inner();
    let found = models.models(&caller).map(|found| found.into_iter().find(|model| model.id == name || model.model == name));
    match found {
        Ok(Some(model)) => HttpResponse::Ok().json(Model::from(model)),
        Ok(None) => Refusal::from(LlmError::UnknownModel { name }).respond(),
        Err(error) => Refusal::from(error).respond(),
    }
}
