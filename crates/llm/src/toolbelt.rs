use std::time::Duration;

use core_feature::{Effect, Tool};
use core_kernel::Actor;
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::chat::{Message, Part, Partial, Role, ToolCall, ToolSpec};
use crate::telemetry;
use crate::templates::Offers;

/// How often a model may call tools before it has to answer.
pub(crate) const ROUNDS: u32 = 8;
/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of a result that a model is given.
const RESULT_LIMIT: usize = 64 * 1024;

/// The tools that a model may call in a conversation, with the rights of the person who asks.
#[derive(Debug)]
pub(crate) struct ToolBelt {
    actor: Actor,
    tools: Vec<Tool>,
}

/// The name as providers take it: they have no dot.
fn wire_name(name: &str) -> String {
    name.replace('.', "__")
}

impl ToolBelt {
    /// The named tools that the actor may use; none: there are none.
    pub(crate) fn of(actor: &Actor, offers: &Offers, names: &[String]) -> Option<Self> {
        let named = offers.tools().iter().filter(|tool| names.iter().any(|name| name == tool.name));
        let tools: Vec<Tool> = named.filter(|tool| actor.require(tool.permission).is_ok()).cloned().collect();
        (!tools.is_empty()).then(|| Self { actor: actor.clone(), tools })
    }

    /// As a model is told of them.
    pub(crate) fn specs(&self) -> Vec<ToolSpec> {
        let spec = |tool: &Tool| ToolSpec {
            name: wire_name(tool.name),
            description: tool.description.to_owned(),
            parameters: (tool.schema)(),
        };
        self.tools.iter().map(spec).collect()
    }

    /// The tool that a call names.
    pub(crate) fn find(&self, call: &ToolCall) -> Option<&Tool> {
        self.tools.iter().find(|tool| wire_name(tool.name) == call.name || tool.name == call.name)
    }

    /// True when the call changes something, so that the person has to confirm it.
    pub(crate) fn writes(&self, call: &ToolCall) -> bool {
        self.find(call).is_some_and(|tool| tool.effect == Effect::Write)
    }

    /// Runs a call with the actor's own rights. What goes wrong is a result too: the model is told.
    pub(crate) async fn run(&self, call: &ToolCall) -> Part {
        let content = match self.find(call) {
            None => failed("there is no such tool here"),
            Some(tool) if self.actor.require(tool.permission).is_err() => failed("the person has no right to this"),
            Some(tool) => {
                let running = (tool.call)(self.actor.clone(), call.arguments.clone());
                let span = telemetry::tool_span(tool.name, &call.id);
                match tokio::time::timeout(PATIENCE, running).instrument(span).await {
                    Ok(Ok(value)) if value.to_string().len() <= RESULT_LIMIT => value,
                    Ok(Ok(_)) => failed("the result is too large; ask for less"),
                    Ok(Err(error)) => failed(&error.chars().take(1_000).collect::<String>()),
                    Err(_elapsed) => failed("the tool took too long"),
                }
            }
        };
        result(call, content)
    }
}

pub(crate) fn failed(why: &str) -> Value {
    json!({ "error": why })
}

/// What a call gave, as a part of a message.
pub(crate) fn result(call: &ToolCall, content: Value) -> Part {
    Part::ToolResult { call_id: call.id.clone(), name: call.name.clone(), content }
}

/// The calls of an answer that have no result yet.
pub(crate) fn open_calls(answer: &Partial) -> Vec<ToolCall> {
    let done =
        |id: &str| answer.tool_results.iter().any(|part| matches!(part, Part::ToolResult { call_id, .. } if call_id == id));
    answer.tool_calls.iter().filter(|call| !done(&call.id)).cloned().collect()
}

/// A round of calls and their results, as the turns that a model expects.
pub(crate) fn round(text: String, calls: &[ToolCall], results: Vec<Part>) -> [Message; 2] {
    let said = (!text.is_empty()).then(|| Part::text(text));
    let called = calls.iter().cloned().map(|call| Part::ToolCall { call });
    [
        Message { role: Role::Assistant, parts: said.into_iter().chain(called).collect() },
        Message { role: Role::Tool, parts: results },
    ]
}

/// Stored messages as the turns that a model expects: calls, their results, and then what was said; a call that was never run gets a result that
/// says so, since providers refuse one without.
pub(crate) fn turns(messages: Vec<Message>) -> Vec<Message> {
    let ids = |message: &Message| -> Vec<String> {
        let id = |part: &Part| if let Part::ToolResult { call_id, .. } = part { Some(call_id.clone()) } else { None };
        message.parts.iter().filter_map(id).collect()
    };
    let answered: Vec<String> = messages.iter().flat_map(ids).collect();
    let mut turns = Vec::new();
    for message in messages {
        let calls = message.role == Role::Assistant && message.parts.iter().any(|part| matches!(part, Part::ToolCall { .. }));
        if !calls {
            turns.push(message);
            continue;
        }
        let own = ids(&message);
        let (mut run, mut results, mut rest, mut unrun) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for part in message.parts {
            match part {
                Part::ToolCall { call } if own.contains(&call.id) => run.push(Part::ToolCall { call }),
                Part::ToolCall { call } => {
                    if !answered.contains(&call.id) {
                        unrun.push(result(&call, failed("it was not run: the person has not confirmed it")));
                    }
                    rest.push(Part::ToolCall { call });
                }
                Part::ToolResult { .. } => results.push(part),
                other => rest.push(other),
            }
        }
        let groups = [(Role::Assistant, run), (Role::Tool, results), (Role::Assistant, rest), (Role::Tool, unrun)];
        turns.extend(groups.into_iter().filter(|(_, parts)| !parts.is_empty()).map(|(role, parts)| Message { role, parts }));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str) -> ToolCall {
        ToolCall { id: id.into(), name: "n".into(), arguments: json!({}), signature: None }
    }

    #[test]
    fn every_call_that_is_sent_again_has_its_result_right_after_it() {
        let stored = Message {
            role: Role::Assistant,
            parts: vec![
                Part::text("Done."),
                Part::ToolCall { call: call("a") },
                Part::ToolCall { call: call("b") },
                result(&call("a"), json!(1)),
            ],
        };
        let roles = |messages: &[Message]| messages.iter().map(|message| (message.role, message.parts.len())).collect::<Vec<_>>();
        let pending = turns(vec![stored.clone(), Message::text(Role::User, "And?")]);
        let expected = [(Role::Assistant, 1), (Role::Tool, 1), (Role::Assistant, 2), (Role::Tool, 1), (Role::User, 1)];
        assert_eq!(roles(&pending), expected);
        let confirmed = turns(vec![stored, Message { role: Role::Tool, parts: vec![result(&call("b"), json!(2))] }]);
        assert_eq!(roles(&confirmed), [(Role::Assistant, 1), (Role::Tool, 1), (Role::Assistant, 2), (Role::Tool, 1)]);
    }
}
