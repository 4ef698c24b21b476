use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::TurnBody;
use crate::chat::{Message, Role};
use crate::{Measuring, codes, permissions};

/// What is to be counted: a text or messages.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountRequest {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    messages: Vec<TurnBody>,
    /// `provider/model` or a model's name; the default one when absent.
    #[serde(default)]
    model: Option<String>,
}

/// A count.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenCount)]
struct CountView {
    tokens: u64,
    /// True when the provider has not counted: the number may be off by a quarter.
    estimated: bool,
    provider: String,
    model: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/tokens/count", handle)
        .id("count_tokens")
        .summary("How many tokens a text or a chat has")
        .requires(&permissions::CHAT)
        .body::<CountRequest>()
        .answers::<CountView>(200, "The count")
        .problems(codes::ALL)
}

async fn handle(
    caller: Caller,
    measuring: web::Data<dyn Measuring>,
    Json(body): Json<CountRequest>,
) -> Result<Json<CountView>, Problem> {
    let text = body.text.map(|text| Message::text(Role::User, text));
    let messages = body.messages.into_iter().map(Message::from).chain(text).collect();
    let found = measuring.count_tokens(&caller, messages, body.model).await?;
    Ok(Json(CountView { tokens: found.tokens, estimated: found.estimated, provider: found.provider, model: found.model }))
}
