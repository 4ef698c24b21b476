use std::sync::Arc;
use std::time::{Duration, Instant};

use core_kernel::{Actor, Timestamp};
use core_keys::Keyring;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::chat::{Part, ToolCall};
use crate::engine::Engine;
use crate::error::{LlmError, codes};
use crate::messages::MessageService;
use crate::model::{Confirmation, Generation, GenerationId, NewMessage};
use crate::service::{Decided, Decision, Delivery};
use crate::store::{decisions, generations, messages};
use crate::toolbelt::{ToolBelt, failed, result};
use crate::turns::{Sampling, Turn};

/// What tokens of confirmations are signed for.
const PURPOSE: &str = "llm.tool_confirmation";
/// How long a confirmation may wait.
const LASTS: Duration = Duration::from_hours(1);

/// What a token says: this call with these arguments, for this person, until then.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    generation: Uuid,
    call: String,
    person: Uuid,
    arguments: String,
    expires: i64,
}

fn digest(keyring: &Keyring, arguments: &Value) -> String {
    let tag = keyring.sign(PURPOSE, arguments.to_string().as_bytes());
    core_kernel::hex(tag.first_chunk::<16>().map_or(&tag[..], |start| start))
}

/// The confirmation that a call waits for.
pub(crate) fn confirmation(engine: &Engine, row: &Generation, call: &ToolCall, tool: &str) -> Confirmation {
    let keyring = engine.db.keyring();
    let expires_at = engine.db.ambient().now().plus(LASTS);
    let claim = Claim {
        generation: row.id.get(),
        call: call.id.clone(),
        person: row.created_by.get(),
        arguments: digest(keyring, &call.arguments),
        expires: expires_at.millis(),
    };
    let token = keyring.sign_token(PURPOSE, serde_json::to_string(&claim).unwrap_or_default().as_bytes());
    Confirmation { call_id: call.id.clone(), tool: tool.to_owned(), arguments: call.arguments.clone(), token, expires_at }
}

fn check_token(engine: &Engine, row: &Generation, waiting: &Confirmation, token: &str) -> Result<(), LlmError> {
    const INVALID: LlmError = LlmError::Plain(&codes::CONFIRMATION_INVALID);
    let keyring = engine.db.keyring();
    let payload = keyring.open_token(PURPOSE, token).map_err(|_unreadable| INVALID)?;
    let claim: Claim = serde_json::from_slice(&payload).map_err(|_unreadable| INVALID)?;
    let ours = claim.generation == row.id.get()
        && claim.call == waiting.call_id
        && claim.person == row.created_by.get()
        && claim.arguments == digest(keyring, &waiting.arguments);
    if !ours {
        return Err(INVALID);
    }
    if engine.db.ambient().now() > Timestamp::from_millis(claim.expires) {
        return Err(LlmError::Plain(&codes::CONFIRMATION_EXPIRED));
    }
    Ok(())
}

/// The person's word on a call that waits. When it was the last one, the conversation goes on.
pub(crate) async fn decide(
    engine: &Arc<Engine>,
    service: &MessageService,
    actor: &Actor,
    row: Generation,
    decision: Decision,
) -> Result<Decided, LlmError> {
    if row.created_by != actor.author() {
        return Err(LlmError::Plain(&codes::NOT_CREATOR));
    }
    let waiting = row.confirmations.iter().find(|waiting| waiting.call_id == decision.call_id);
    let waiting = waiting.ok_or(LlmError::Plain(&codes::TOOL_CALL_NOT_FOUND))?;
    check_token(engine, &row, waiting, &decision.token)?;
    // The word is written down before anything happens, so that nothing happens twice.
    let (id, call_id) = (row.id, decision.call_id.as_str());
    let first = engine.db.write(|tx| async move { decisions::insert(&tx, actor, id, call_id).await }).await?;
    if !first {
        return Err(LlmError::Plain(&codes::ALREADY_DECIDED));
    }
    let belt = ToolBelt::of(actor, &engine.offers, std::slice::from_ref(&waiting.tool));
    let call = row.tool_calls.iter().find(|call| call.id == waiting.call_id);
    let outcome = match (decision.approve, call, &belt) {
        (false, _, _) => failed("the person has refused this call"),
        (true, Some(call), Some(belt)) => content(belt.run(call).await),
        (true, _, _) => failed("the tool is not there any more, or the person has lost the right to it"),
    };
    let outcome = &outcome;
    let decided = engine
        .db
        .write(|tx| async move {
            // Serialises the last words of several: one of them sees all.
            generations::touch(&tx, actor.owner, id).await?;
            decisions::settle(&tx, actor.owner, id, call_id, outcome).await?;
            decisions::all(&tx, actor.owner, id).await
        })
        .await?;
    let open: Vec<Confirmation> =
        row.confirmations.iter().filter(|waiting| !decided.iter().any(|(call, _)| *call == waiting.call_id)).cloned().collect();
    if !open.is_empty() {
        return Ok(Decided { generation: row, waiting: open });
    }
    go_on(engine, service, actor, row, &decided).await
}

fn content(part: Part) -> Value {
    if let Part::ToolResult { content, .. } = part { content } else { Value::Null }
}

/// Stores the results of all calls that have none, and begins the answer to them.
async fn go_on(
    engine: &Arc<Engine>,
    service: &MessageService,
    actor: &Actor,
    row: Generation,
    decided: &[(String, Value)],
) -> Result<Decided, LlmError> {
    let (Some(conversation), Some(answer)) = (row.conversation, row.assistant_message) else {
        return Err(LlmError::Plain(&codes::CONVERSATION_NOT_FOUND));
    };
    let stored = messages::reload(engine.db.read(), actor.owner, answer).await?;
    let stored = stored.ok_or(LlmError::Plain(&codes::MESSAGE_NOT_FOUND))?;
    let has_result = |id: &str| stored.parts.iter().any(|part| matches!(part, Part::ToolResult { call_id, .. } if call_id == id));
    let names: Vec<String> = engine.offers.tools().iter().map(|tool| tool.name.to_owned()).collect();
    let belt = ToolBelt::of(actor, &engine.offers, &names);
    let mut parts = Vec::new();
    for call in row.tool_calls.iter().filter(|call| !has_result(&call.id)) {
        let word = decided.iter().find(|(id, _)| *id == call.id).map(|(_, outcome)| outcome.clone());
        parts.push(match (word, &belt) {
            (Some(outcome), _) => result(call, outcome),
            // A call that only looks and stood beside one that had to be confirmed.
            (None, Some(belt)) if !belt.writes(call) => belt.run(call).await,
            (None, _) => result(call, failed("it was not run")),
        });
    }
    let message = NewMessage { parts, parent: Some(answer), ..NewMessage::default() };
    let delivery = Delivery { stream: true, repeat: None };
    let turn = Turn::Results(&message, row.id);
    let viewer = service.answer(actor, conversation, turn, None, Sampling::default(), delivery, Instant::now()).await?;
    let next: GenerationId = viewer.generation();
    let next = generations::reload(engine.db.read(), actor.owner, next).await?;
    Ok(Decided { generation: next.ok_or(LlmError::Plain(&codes::GENERATION_NOT_FOUND))?, waiting: Vec::new() })
}
