use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::Refusal;
use crate::{ModelInfo, Models, permissions};

/// The models.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModelList)]
struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

/// A model as these clients read it.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModel)]
pub(super) struct Model {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
}

impl From<ModelInfo> for Model {
    fn from(info: ModelInfo) -> Self {
        Self { id: info.id, object: "model", created: 0, owned_by: info.provider }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/models", handle)
        .id("openai_list_models")
        .summary("The models, for OpenAI's client libraries")
        .requires(&permissions::READ)
        .answers::<ModelList>(200, "The models")
}

async fn handle(caller: Caller, models: web::Data<dyn Models>) -> HttpResponse {
    match models.models(&caller) {
        Ok(found) => HttpResponse::Ok().json(ModelList { object: "list", data: found.into_iter().map(Model::from).collect() }),
        Err(error) => Refusal::from(error).respond(),
    }
}
