use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::FieldError;
use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, Message, ModelEvent, Role};
use crate::code::{Task, guess_language, outline, translate};
use crate::error::LlmError;
use crate::model::nul;
use crate::provider::{ChatModel, Mode, ModelError, ModelStream, OFFLINE_PROVIDER};
use crate::routing::Target;
use crate::service::{Ask, CodeAsk, TranslatedPrompt};
use crate::templates::{OWN, render};

/// The name of the built-in outline among the models.
const OFFLINE_OUTLINE: &str = "outline-1";

/// The most characters of an instruction.
const INSTRUCTION_LIMIT: usize = 20_000;

fn source(name: &str) -> &'static str {
    OWN.iter().find(|template| template.name == name).map_or("", |template| template.text)
}

pub(crate) fn check_code(ask: &CodeAsk) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    if ask.code.trim().is_empty() {
        fields.push(FieldError::new("/code", "empty", "There is no code."));
    }
    if ask.context.trim().is_empty() {
        fields.push(FieldError::new("/context", "empty", "Say what is wanted, such as \"explain this\"."));
    }
    if ask.context.chars().count() > INSTRUCTION_LIMIT {
        fields.push(FieldError::new("/context", "too_long", format!("At most {INSTRUCTION_LIMIT} characters.")));
    }
    if ask.temperature.is_some_and(|value| !(0.0..=2.0).contains(&value)) {
        fields.push(FieldError::new("/temperature", "out_of_range", "Expected a number from 0 to 2."));
    }
    if ask.max_output_tokens == Some(0) {
        fields.push(FieldError::new("/max_output_tokens", "out_of_range", "Expected at least 1."));
    }
    if ask.language.as_ref().is_some_and(|language| language.is_empty() || language.len() > 40 || language.contains('\n')) {
        fields.push(FieldError::new("/language", "invalid_language", "A name of at most 40 bytes."));
    }
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

/// The question as a model gets it, and, where code is only to be explained, what answers without one.
pub(crate) fn prepare(ask: &CodeAsk) -> Result<(Ask, Option<Target>), LlmError> {
    let task = Task::of(&ask.context);
    let language = ask.language.as_deref().or_else(|| guess_language(&ask.code));
    // What is wanted comes from the caller and stands with the rules; the code is untrusted and stands in the user's turn.
    let rules = json!({ "language": language, "task": ask.context, "editing": task.edits() });
    let system = render(source("llm.code"), &rules)?;
    let fenced = format!("<code>\n{}\n</code>", ask.code.replace("</code>", "< /code>"));
    let asked = Ask {
        messages: vec![Message::text(Role::System, system), Message::text(Role::User, fenced)],
        model: ask.model.clone(),
        max_output_tokens: ask.max_output_tokens,
        temperature: ask.temperature,
        ..Ask::default()
    };
    let text = (!task.edits() && ask.model.is_none()).then(|| outline(&ask.code, language));
    let target = text.map(|text| Target { provider: Arc::new(Outline { text }), model: OFFLINE_OUTLINE.to_owned() });
    Ok((asked, target))
}

/// A prompt made of an instruction.
pub(crate) fn translated(instruction: &str, language: Option<&str>) -> Result<TranslatedPrompt, LlmError> {
    let mut fields = Vec::new();
    if instruction.trim().is_empty() {
        fields.push(FieldError::new("/instruction", "empty", "There is no instruction."));
    }
    if instruction.chars().count() > INSTRUCTION_LIMIT {
        fields.push(FieldError::new("/instruction", "too_long", format!("At most {INSTRUCTION_LIMIT} characters.")));
    }
    if instruction.contains('\0') {
        fields.push(nul("/instruction"));
    }
    if !fields.is_empty() {
        return Err(LlmError::Invalid(fields));
    }
    let parts = translate(instruction, language);
    let prompt = render(source("llm.instruction"), &parts.variables(instruction))?;
    Ok(TranslatedPrompt { prompt, parts })
}

/// Answers with the outline of one piece of code. It is made before, so that it needs no model.
#[derive(Debug)]
struct Outline {
    text: String,
}

#[async_trait]
impl ChatModel for Outline {
    fn provider(&self) -> &str {
        OFFLINE_PROVIDER
    }

    fn kind(&self) -> &str {
        OFFLINE_PROVIDER
    }

    fn models(&self) -> &[String] {
        &[]
    }

    async fn open(&self, _request: &ChatRequest, _mode: Mode) -> Result<ModelStream, ModelError> {
        let text = ModelEvent::Delta(Delta::Text(self.text.clone()));
        let end = ModelEvent::Finished(Evidence::seen(FinishReason::Stop, None));
        Ok(stream::iter([Ok(text), Ok(end)]).boxed())
    }
}
