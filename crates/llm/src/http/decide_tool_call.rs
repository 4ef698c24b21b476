use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::GenerationView;
use crate::{Confirmation, Decided, Decision, GenerationId, Generations, codes, permissions};

/// The person's word on a tool call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecideToolCall {
    decision: Word,
    /// The token of the confirmation, as it came with `done`.
    token: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    /// Run it.
    Approve,
    /// Do not run it; the model is told.
    Reject,
}

/// What comes of it.
#[derive(Serialize, ToSchema)]
struct DecidedToolCall {
    /// The generation that goes on with the results; while calls still wait, the one that asked.
    generation: GenerationView,
    /// Calls that still wait for a word.
    confirmations: Vec<Confirmation>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/generations/{id}/tool-calls/{call_id}", handle)
        .id("decide_tool_call")
        .summary("Let a tool that changes something run, or not")
        .describe(
            "A model's call of such a tool waits for the person. The answer ends with `done {finish_reason: \"tool_calls\", confirmations}`. \
             Each call is decided once. After the last word the conversation goes on in the generation that is answered.",
        )
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<DecideToolCall>()
        .answers::<DecidedToolCall>(202, "What goes on")
        .problems(&[
            &codes::GENERATION_NOT_FOUND,
            &codes::TOOL_CALL_NOT_FOUND,
            &codes::CONFIRMATION_INVALID,
            &codes::CONFIRMATION_EXPIRED,
            &codes::ALREADY_DECIDED,
            &codes::NOT_CREATOR,
        ])
}

async fn handle(
    caller: Caller,
    generations: web::Data<dyn Generations>,
    path: Path<(Uuid, String)>,
    Json(body): Json<DecideToolCall>,
) -> Result<HttpResponse, Problem> {
    let (id, call_id) = path.into_inner();
    let decision = Decision { call_id, approve: body.decision == Word::Approve, token: body.token };
    let Decided { generation, waiting } = generations.decide(&caller, GenerationId(id), decision).await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(DecidedToolCall { generation: generation.into(), confirmations: waiting }))
}
