use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::LlmHeaders;
use super::views::UsageView;
use crate::{Embed, Measuring, codes, permissions};

/// A text, or several.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Input {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Input {
    pub(super) fn texts(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Several(texts) => texts,
        }
    }
}

/// Texts whose vectors are wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmbeddingsRequest {
    /// A text, or at most 256.
    input: Input,
    /// `provider/model`; the one of the settings when absent, else `offline/hash-256`, made without a model.
    #[serde(default)]
    model: Option<String>,
    /// The length of the vectors, where the model lets one choose.
    #[serde(default)]
    dimensions: Option<u32>,
}

/// Vectors.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmEmbeddings)]
struct EmbeddingsView {
    /// One a text, in their order.
    embeddings: Vec<Vec<f32>>,
    provider: String,
    model: String,
    usage: UsageView,
    generation_id: Uuid,
}

pub(super) fn operation() -> Operation {
    Operation::post("/embeddings", handle)
        .id("create_embeddings")
        .summary("Vectors of texts")
        .describe("Vectors of different models can't be compared: keep `provider` and `model` with them.")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<EmbeddingsRequest>()
        .answers::<EmbeddingsView>(200, "The vectors")
        .problems(codes::ALL)
}

async fn handle(
    caller: Caller,
    measuring: web::Data<dyn Measuring>,
    Json(body): Json<EmbeddingsRequest>,
) -> Result<HttpResponse, Problem> {
    let request = Embed { texts: body.input.texts(), model: body.model, dimensions: body.dimensions };
    let found = measuring.embed(&caller, request).await?;
    let settled = &found.settlement;
    let generation = found.generation.get();
    let headers = LlmHeaders { generation, cost_micros: settled.cost.micros, overhead_ms: settled.overhead_ms };
    Ok(headers.respond(StatusCode::OK).json(EmbeddingsView {
        usage: UsageView::of(settled),
        provider: settled.provider.clone().unwrap_or_default(),
        model: settled.model.clone().unwrap_or_default(),
        embeddings: found.vectors,
        generation_id: generation,
    }))
}
