use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{ModelInfo, Models, permissions};

/// The models on offer.
#[derive(Serialize, ToSchema)]
struct ModelList {
    /// The default model first.
    models: Vec<ModelView>,
}

/// A model.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmModel)]
struct ModelView {
    /// `provider/model`, as requests name it.
    #[schema(example = "gemini/gemini-2.5-flash")]
    id: String,
    provider: String,
    model: String,
    /// Requests that name no model get this one.
    default: bool,
    /// What can be asked of it.
    capabilities: Vec<&'static str>,
}

impl From<ModelInfo> for ModelView {
    fn from(info: ModelInfo) -> Self {
        Self {
            id: info.id,
            provider: info.provider,
            model: info.model,
            default: info.is_default,
            capabilities: info.capabilities,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/models", handle)
        .id("list_models")
        .summary("The models on offer now")
        .requires(&permissions::READ)
        .answers::<ModelList>(200, "The models")
}

async fn handle(caller: Caller, models: web::Data<dyn Models>) -> Result<Json<ModelList>, Problem> {
    let found = models.models(&caller)?;
    Ok(Json(ModelList { models: found.into_iter().map(ModelView::from).collect() }))
}
