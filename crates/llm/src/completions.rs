use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError};

use crate::chat::{ChatRequest, Role};
use crate::code_prompts::{check_code, prepare, translated};
use crate::engine::{Engine, Work};
use crate::error::{LlmError, codes};
use crate::images;
use crate::json_tools::Checker;
use crate::limits::dearest;
use crate::live::Viewer;
use crate::measuring::estimate_request;
use crate::model::{GenerationId, Purpose, Reservation};
use crate::permissions;
use crate::provider::Mode;
use crate::routing::{Router, Target};
use crate::service::{Ask, CodeAsk, Completions, Delivery, Summarize, SummaryAnswer, TranslatedPrompt};
use crate::store::generations::{self, Due};
use crate::summarizing::check;

/// The name of the built-in summariser among the models.
pub(crate) const OFFLINE_MODEL: &str = "textrank-1";

/// [`Completions`] over the router and the engine.
#[derive(Debug)]
pub(crate) struct CompletionService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) router: Arc<Router>,
}

#[async_trait]
impl Completions for CompletionService {
    async fn send_prompt(&self, actor: &Actor, ask: Ask, delivery: Delivery) -> Result<Viewer, LlmError> {
        actor.require(&permissions::CHAT)?;
        self.ask(actor, Purpose::Prompt, ask, delivery).await
    }

    async fn chat_session(&self, actor: &Actor, ask: Ask, delivery: Delivery) -> Result<Viewer, LlmError> {
        actor.require(&permissions::CHAT)?;
        self.ask(actor, Purpose::Chat, ask, delivery).await
    }

    async fn send_code_prompt(&self, actor: &Actor, ask: CodeAsk, delivery: Delivery) -> Result<Viewer, LlmError> {
        actor.require(&permissions::CHAT)?;
        let received = Instant::now();
        check_code(&ask)?;
        let (asked, outline) = prepare(&ask)?;
        let targets = match (self.router.plan(asked.model.as_deref()), outline) {
            (Err(LlmError::Plain(code)), Some(outline)) if *code == codes::PROVIDER_NOT_CONFIGURED => vec![outline],
            (targets, _) => targets?,
        };
        self.begin(actor, Purpose::CodePrompt, asked, delivery, targets, received).await
    }

    async fn translate_instruction_to_code_prompt(
        &self,
        actor: &Actor,
        instruction: &str,
        language: Option<&str>,
    ) -> Result<TranslatedPrompt, LlmError> {
        actor.require(&permissions::CHAT)?;
        translated(instruction, language)
    }

    async fn summarize(&self, actor: &Actor, request: Summarize) -> Result<SummaryAnswer, LlmError> {
        actor.require(&permissions::CHAT)?;
        check(&request)?;
        if !self.router.providers().is_empty()
            && let Some(answer) = self.abstract_of(actor, &request).await?
        {
            return Ok(answer);
        }
        self.extract_of(actor, &request).await
    }
}

fn check_ask(ask: &Ask) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    if !ask.messages.iter().any(|message| message.role != Role::System && !message.parts.is_empty()) {
        fields.push(FieldError::new("/messages", "empty", "Nothing is asked."));
    }
    if ask.temperature.is_some_and(|value| !(0.0..=2.0).contains(&value)) {
        fields.push(FieldError::new("/temperature", "out_of_range", "Expected a number from 0 to 2."));
    }
    if ask.max_output_tokens == Some(0) {
        fields.push(FieldError::new("/max_output_tokens", "out_of_range", "Expected at least 1."));
    }
    if let Some(schema) = &ask.schema {
        Checker::new(schema).map_err(LlmError::Schema)?;
    }
    for (index, message) in ask.messages.iter().enumerate() {
        images::check(&message.parts, &format!("/messages/{index}/content"))?;
    }
    for (index, tool) in ask.tools.iter().enumerate() {
        let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        if tool.name.is_empty() || tool.name.len() > 64 || !tool.name.chars().all(legal) {
            let rule = "Letters, digits, _ and - only, at most 64.";
            fields.push(FieldError::new(format!("/tools/{index}/name"), "invalid_name", rule));
        }
    }
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

impl CompletionService {
    pub(crate) async fn ask(&self, actor: &Actor, purpose: Purpose, ask: Ask, delivery: Delivery) -> Result<Viewer, LlmError> {
        let received = Instant::now();
        check_ask(&ask)?;
        let targets = self.router.plan(ask.model.as_deref())?;
        self.begin(actor, purpose, ask, delivery, targets, received).await
    }

    /// Stores the row, or leaves that for later, and begins.
    #[expect(clippy::too_many_arguments, reason = "each comes from another place, and none belongs to another")]
    async fn begin(
        &self,
        actor: &Actor,
        purpose: Purpose,
        ask: Ask,
        delivery: Delivery,
        mut targets: Vec<Target>,
        received: Instant,
    ) -> Result<Viewer, LlmError> {
        let request = ChatRequest {
            model: String::new(),
            messages: ask.messages,
            tools: ask.tools,
            max_output_tokens: ask.max_output_tokens,
            temperature: ask.temperature,
            schema: ask.schema,
        };
        if self.engine.guard.denied(&request).is_some() {
            return Err(LlmError::Plain(&codes::GUARDRAIL));
        }
        let admitted = self.engine.limits.admit(actor, &mut targets, estimate_request(&request)).await?;
        let most = dearest(self.router.prices(), &targets, &request);
        let first = targets.first();
        let draft = |id: GenerationId, reservation: Option<Reservation>| generations::Draft {
            provider: first.map(|target| target.provider.provider().to_owned()),
            model: first.map(|target| target.model.clone()),
            repeat: delivery.repeat.clone(),
            reservation,
            ..generations::Draft::plain(id, actor, purpose)
        };
        let (db, draft, admitted) = (&self.engine.db, &draft, &admitted);
        // A stream names its generation at once, a repeated request looks for the row of the first, and what is set aside stands in the row.
        let (due, row) = if delivery.stream || delivery.repeat.is_some() || !admitted.is_free() {
            let stored = db.write(|tx| async move {
                let reservation = admitted.reserve(&tx, most).await?;
                Ok::<_, LlmError>(generations::insert(&tx, draft(tx.ambient().id(), reservation)).await?)
            });
            (None, stored.await?)
        } else {
            let ambient = db.ambient();
            let (due, row) = Due::new(draft(ambient.id(), None), ambient.now())?;
            (Some(due), row)
        };
        Ok(self.engine.start(Work {
            row,
            due,
            request,
            targets,
            mode: if delivery.stream { Mode::Stream } else { Mode::Unary },
            bounded: !delivery.stream,
            leaving: self.engine.leaving.prompts,
            user_message: None,
            received,
            belt: None,
            admitted: admitted.clone(),
            outgrown: None,
        }))
    }
}
