use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::chat_completions::model;
use super::errors::Refusal;
use super::messages::model_name;
use crate::{Embed, Measuring, permissions};

/// Texts as these clients send them.
#[derive(Deserialize, ToSchema)]
#[schema(as = OpenAiEmbeddingsRequest)]
struct EmbeddingsBody {
    /// `provider/model`; `default` is the one of the settings, else `offline/hash-256`.
    model: String,
    /// A text, or texts.
    #[schema(value_type = Object)]
    input: Value,
    #[serde(default)]
    dimensions: Option<u32>,
    /// `float` or `base64`.
    #[serde(default)]
    encoding_format: Option<String>,
    #[schema(value_type = Object)]
    #[serde(flatten)]
    _others: Map<String, Value>,
}

/// Vectors as these clients read them.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiEmbeddings)]
struct EmbeddingList {
    object: &'static str,
    #[schema(value_type = Vec<Object>)]
    data: Vec<Value>,
    model: String,
    #[schema(value_type = Object)]
    usage: Value,
}

pub(super) fn operation() -> Operation {
    Operation::post("/embeddings", handle)
        .id("openai_embeddings")
        .summary("Vectors of texts, for OpenAI's client libraries")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<EmbeddingsBody>()
        .answers::<EmbeddingList>(200, "The vectors")
        .problems(crate::codes::ALL)
}

async fn handle(
    caller: Caller,
    measuring: web::Data<dyn Measuring>,
    body: Result<Json<EmbeddingsBody>, Problem>,
) -> HttpResponse {
    match answer(&caller, &**measuring, body).await {
        Ok(list) => HttpResponse::Ok().json(list),
        Err(refusal) => refusal.respond(),
    }
}

async fn answer(
    caller: &Caller,
    measuring: &dyn Measuring,
    body: Result<Json<EmbeddingsBody>, Problem>,
) -> Result<EmbeddingList, Refusal> {
    let Json(body) = body?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let texts: Option<Vec<String>> = match &body.input {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(texts) => texts.iter().map(text).collect(),
        _ => None,
    };
    let texts = texts.ok_or_else(|| Refusal::field("input", "A text, or a list of texts; tokens are not taken."))?;
    let in_base64 = match body.encoding_format.as_deref() {
        Some("base64") => true,
        Some("float") | None => false,
        Some(_) => return Err(Refusal::field("encoding_format", "Expected `float` or `base64`.")),
    };
    let request = Embed { texts, model: model_name(&body.model), dimensions: body.dimensions };
    let found = measuring.embed(caller, request).await?;
    let row = |(index, vector): (usize, Vec<f32>)| {
        let vector = if in_base64 { json!(encoded(&vector)) } else { json!(vector) };
        json!({ "object": "embedding", "index": index, "embedding": vector })
    };
    let tokens = found.settlement.usage.input;
    Ok(EmbeddingList {
        object: "list",
        data: found.vectors.into_iter().enumerate().map(row).collect(),
        model: model(found.settlement.provider.as_deref(), found.settlement.model.as_deref()),
        usage: json!({ "prompt_tokens": tokens, "total_tokens": tokens }),
    })
}

/// Four bytes a number, the lowest first.
fn encoded(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}
