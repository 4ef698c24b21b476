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
    capabilities: Vec<String>,
    /// The most tokens of input and output together; none: not known.
    window: Option<u64>,
    /// Millionths of a US dollar for a million tokens of input; none: not known, and answers are accounted as free.
    input_price_micros: Option<u64>,
    /// The same for output.
    output_price_micros: Option<u64>,
}

impl From<ModelInfo> for ModelView {
    fn from(info: ModelInfo) -> Self {
        Self {
            id: info.id,
            provider: info.provider,
            model: info.model,
            default: info.is_default,
            capabilities: info.capabilities,
            window: info.facts.window,
            input_price_micros: info.facts.input,
            output_price_micros: info.facts.output,
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
