use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ChatModel, FailureClass, Mode, ModelError, ModelStream};
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, ModelEvent, Role, ToolCall, Usage};

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// Says the text.
    Text(String),
    /// Says what the user said last.
    Echo,
    /// Thinks the text.
    Reasoning(String),
    /// Calls a tool.
    ToolCall {
        /// The function's name.
        name: String,
        /// Its arguments.
        arguments: Value,
    },
    /// Waits, in milliseconds.
    PauseMs(u64),
    /// Fails as if the provider were overloaded.
    FailUnavailable,
    /// Fails as if there were too many requests; the wait is in seconds.
    FailRateLimited(u64),
    /// Ends without saying that the answer is complete.
    BreakOff,
    /// Ends because the token limit was reached.
    EndAtLength,
}

/// Replays scripts, one per model name, so that clients can be built against streaming, tool calls and failures without a key.
/// Its answers are labelled by the provider's name, and production settings refuse it.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    name: String,
    scripts: BTreeMap<String, Vec<Line>>,
    models: Vec<String>,
}

impl ScriptedModel {
    /// A provider called `name` that plays `scripts`, or [`default_scripts`] when there are none.
    pub fn new(name: impl Into<String>, scripts: BTreeMap<String, Vec<Line>>) -> Self {
        let scripts = if scripts.is_empty() { default_scripts() } else { scripts };
        let models = scripts.keys().cloned().collect();
        Self { name: name.into(), scripts, models }
    }
}

/// `hello`, `echo`, `tool-call`, `slow`, `length`, `truncated`, `unavailable`, `rate-limited`.
pub fn default_scripts() -> BTreeMap<String, Vec<Line>> {
    let text = |text: &str| Line::Text(text.to_owned());
    let weather = Line::ToolCall { name: "weather".to_owned(), arguments: json!({ "city": "Oslo" }) };
    let slow = (1..=20).flat_map(|number| [Line::Text(format!("{number} ")), Line::PauseMs(250)]);
    let scripts = [
        ("hello", vec![text("Hello"), text(", "), text("world!")]),
        ("echo", vec![text("You said: "), Line::Echo]),
        ("tool-call", vec![text("Let me look. "), weather]),
        ("slow", slow.collect()),
        ("length", vec![text("This answer stops in the"), Line::EndAtLength]),
        ("truncated", vec![text("This answer breaks"), Line::BreakOff]),
        ("unavailable", vec![Line::FailUnavailable]),
        ("rate-limited", vec![Line::FailRateLimited(7)]),
    ];
    scripts.into_iter().map(|(name, lines)| (name.to_owned(), lines)).collect()
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn provider(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn models(&self) -> &[String] {
        &self.models
    }

    async fn open(&self, request: &ChatRequest, _mode: Mode) -> Result<ModelStream, ModelError> {
        let Some(script) = self.scripts.get(&request.model) else {
            return Err(ModelError::new(FailureClass::UnknownModel, format!("no script is called `{}`", request.model)));
        };
        if let Some(failure) = script.first().and_then(failure) {
            return Err(failure);
        }
        Ok(stream::iter(play(script, request)).then(perform).filter_map(|event| async move { event }).boxed())
    }
}

enum Act {
    Say(Result<ModelEvent, ModelError>),
    Pause(Duration),
}

async fn perform(act: Act) -> Option<Result<ModelEvent, ModelError>> {
    match act {
        Act::Say(event) => Some(event),
        Act::Pause(time) => {
            tokio::time::sleep(time).await;
            None
        }
    }
}

fn failure(line: &Line) -> Option<ModelError> {
    match line {
        Line::FailUnavailable => Some(ModelError::new(FailureClass::Unavailable, "the script fails here")),
        Line::FailRateLimited(seconds) => {
            let failure = ModelError::new(FailureClass::RateLimited, "the script asks to wait");
            Some(failure.after(Some(Duration::from_secs(*seconds))))
        }
        _ => None,
    }
}

fn play(script: &[Line], request: &ChatRequest) -> Vec<Act> {
    let mut acts = Vec::new();
    let (mut calls, mut letters) = (0, 0);
    let mut finish = FinishReason::Stop;
    for line in script {
        let delta = match line {
            Line::Text(text) => Delta::Text(text.clone()),
            Line::Echo => {
                let last = request.messages.iter().rev().find(|message| message.role == Role::User);
                Delta::Text(last.map(crate::chat::Message::joined_text).unwrap_or_default())
            }
            Line::Reasoning(text) => Delta::Reasoning(text.clone()),
            Line::ToolCall { name, arguments } => {
                calls += 1;
                finish = FinishReason::ToolCalls;
                let id = format!("call_{calls}");
                Delta::ToolCall(ToolCall { id, name: name.clone(), arguments: arguments.clone(), signature: None })
            }
            Line::PauseMs(time) => {
                acts.push(Act::Pause(Duration::from_millis(*time)));
                continue;
            }
            Line::EndAtLength => {
                finish = FinishReason::Length;
                break;
            }
            Line::BreakOff => return acts,
            Line::FailUnavailable | Line::FailRateLimited(_) => {
                acts.extend(failure(line).map(|failure| Act::Say(Err(failure))));
                return acts;
            }
        };
        if let Delta::Text(text) | Delta::Reasoning(text) = &delta {
            letters += text.chars().count() as u64;
        }
        acts.push(Act::Say(Ok(ModelEvent::Delta(delta))));
    }
    let asked: usize = request.messages.iter().map(|message| message.joined_text().chars().count()).sum();
    let usage = Usage { input: asked as u64 / 4 + 1, output: letters / 4 + 1, ..Usage::default() };
    acts.push(Act::Say(Ok(ModelEvent::Usage(usage))));
    acts.push(Act::Say(Ok(ModelEvent::Finished(Evidence::seen(finish, None)))));
    acts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Message;
    use crate::provider::collect;

    async fn ask(model: &str) -> Result<crate::chat::Completion, crate::chat::Truncated> {
        let request =
            ChatRequest { model: model.to_owned(), messages: vec![Message::text(Role::User, "ping")], ..ChatRequest::default() };
        collect(ScriptedModel::new("demo", BTreeMap::new()).open(&request, Mode::Stream).await.unwrap()).await
    }

    #[tokio::test]
    async fn scripts_are_replayed_with_their_ends() {
        assert_eq!(ask("echo").await.unwrap().answer.text, "You said: ping");
        assert_eq!(ask("tool-call").await.unwrap().evidence.finish(), &FinishReason::ToolCalls);
        assert_eq!(ask("length").await.unwrap().evidence.finish(), &FinishReason::Length);
        assert_eq!(ask("truncated").await.unwrap_err().cause.class, FailureClass::Truncated);
    }

    #[tokio::test]
    async fn an_unknown_script_and_a_failing_one_are_errors() {
        let model = ScriptedModel::new("demo", BTreeMap::new());
        for (name, class) in [("nope", FailureClass::UnknownModel), ("rate-limited", FailureClass::RateLimited)] {
            let request = ChatRequest { model: name.to_owned(), ..ChatRequest::default() };
            assert_eq!(model.open(&request, Mode::Stream).await.err().unwrap().class, class);
        }
    }
}
