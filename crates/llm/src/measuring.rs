use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError};
use tracing::Instrument as _;

use crate::attempts::{AttemptEnd, Attempts};
use crate::chat::{ChatRequest, Evidence, FinishReason, Message, Part, Partial, Usage};
use crate::engine::Engine;
use crate::error::{Failure, LlmError, codes};
use crate::model::{GenerationState, Purpose, Settlement, nul};
use crate::permissions;
use crate::provider::{EmbedRequest, OFFLINE_PROVIDER, offline_vector};
use crate::routing::{Router, Target};
use crate::service::{Embed, Embedded, Measuring, TokenCount};
use crate::settlement::accounted;
use crate::store::generations;
use crate::telemetry;

/// The name of the built-in vectors among the models.
pub(crate) const OFFLINE_VECTORS: &str = "hash-256";

/// The most texts of one request.
const MAX_TEXTS: usize = 256;
/// Tokens of an image where nobody counts it: what a picture of a screen takes at most providers.
const IMAGE_TOKENS: u64 = 1_000;
/// What surrounds every message.
const MESSAGE_TOKENS: u64 = 4;

/// About how many tokens a text has. Four letters of the Latin script a token, one of the scripts that have no spaces.
pub(crate) fn estimate(text: &str) -> u64 {
    let (narrow, wide) =
        text.chars().fold(
            (0_u64, 0_u64),
            |(narrow, wide), letter| {
                if letter >= '\u{2e80}' { (narrow, wide + 1) } else { (narrow + 1, wide) }
            },
        );
    narrow.div_ceil(4) + wide
}

/// About how many tokens a message has.
pub(crate) fn estimate_message(message: &Message) -> u64 {
    let parts = message.parts.iter().map(|part| match part {
        Part::Text { text } => estimate(text),
        Part::Image { .. } => IMAGE_TOKENS,
        Part::Reasoning { .. } => 0,
        Part::ToolCall { call } => estimate(&call.name) + estimate(&call.arguments.to_string()),
        Part::ToolResult { content, .. } => estimate(&content.to_string()),
    });
    parts.sum::<u64>() + MESSAGE_TOKENS
}

/// About how many tokens a request has.
pub(crate) fn estimate_request(request: &ChatRequest) -> u64 {
    let tools = request.tools.iter().map(|tool| estimate(&tool.description) + estimate(&tool.parameters.to_string()));
    let schema = request.schema.as_ref().map_or(0, |schema| estimate(&schema.to_string()));
    request.messages.iter().map(estimate_message).sum::<u64>() + tools.sum::<u64>() + schema
}

/// [`Measuring`] over the router and the ledger.
#[derive(Debug)]
pub(crate) struct MeasuringService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) router: Arc<Router>,
    pub(crate) embedding_model: Option<String>,
}

fn check(request: &Embed) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    if request.texts.is_empty() || request.texts.len() > MAX_TEXTS {
        fields.push(FieldError::new("/input", "out_of_range", format!("Expected 1 to {MAX_TEXTS} texts.")));
    }
    if request.texts.iter().any(|text| text.trim().is_empty()) {
        fields.push(FieldError::new("/input", "empty", "A text without a letter has no vector."));
    }
    if request.texts.iter().any(|text| text.contains('\0')) {
        fields.push(nul("/input"));
    }
    if request.dimensions == Some(0) {
        fields.push(FieldError::new("/dimensions", "out_of_range", "Expected at least 1."));
    }
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

impl MeasuringService {
    /// The model that is named, or the configured one; none: vectors are made here.
    pub(crate) fn target(&self, name: Option<&str>) -> Result<Option<Target>, LlmError> {
        let offline = format!("{OFFLINE_PROVIDER}/{OFFLINE_VECTORS}");
        match name.or(self.embedding_model.as_deref()) {
            None => Ok(None),
            Some(name) if name == offline || name == OFFLINE_VECTORS => Ok(None),
            Some(name) => Ok(self.router.plan(Some(name))?.into_iter().next()),
        }
    }

    /// Asks a model: the row stands, and what it may cost is set aside, before it is asked.
    pub(crate) async fn by_model(&self, actor: &Actor, target: Target, request: Embed) -> Result<Embedded, LlmError> {
        let estimated: u64 = request.texts.iter().map(|text| estimate(text)).sum();
        let mut targets = vec![target];
        let admitted = &self.engine.limits.admit(actor, &mut targets, estimated).await?;
        let Some(target) = targets.first() else { return Err(LlmError::Plain(&codes::PROVIDER_NOT_CONFIGURED)) };
        let most = Usage { input: estimated, ..Usage::default() };
        let most = self.router.cost(target.provider.provider(), &target.model, &most).micros;
        let row = self.engine.db.write(|tx| async move {
            let reservation = admitted.reserve(&tx, most).await?;
            let draft = generations::Draft {
                reservation,
                provider: Some(target.provider.provider().to_owned()),
                model: Some(target.model.clone()),
                ..generations::Draft::plain(tx.ambient().id(), actor, Purpose::Embedding)
            };
            Ok::<_, LlmError>(generations::insert(&tx, draft).await?)
        });
        let row = row.await?;
        let wire = EmbedRequest { model: target.model.clone(), texts: request.texts, dimensions: request.dimensions };
        let (attempts, ambient) = (&Attempts::new(row.id, "embeddings"), self.engine.db.ambient());
        let (wire, prices, nothing) = (&wire, self.router.prices(), &Partial::default());
        let asking = &telemetry::span(&self.router, "embeddings", &row);
        let found = self.router.ask(|cause| async move {
            attempts.because(cause);
            let span = asking.in_scope(|| attempts.begin(target, estimated, ambient));
            let found = target.provider.embed(wire).instrument(span).await;
            if let Err(error) = &found {
                attempts.failed(error, nothing, prices, ambient.now());
            }
            found
        });
        let plain = Settlement {
            provider: Some(target.provider.provider().to_owned()),
            ..Settlement::offline(&target.model, Partial::default())
        };
        match found.await {
            Ok(found) => {
                let counted = found.input_tokens.map(|input| Usage { input, ..Usage::default() });
                let whole = Evidence::seen(FinishReason::Stop, None);
                attempts.answering();
                let answer = Partial { usage: counted, ..Partial::default() };
                attempts.end(&AttemptEnd::Whole(&whole), &answer, prices, ambient.now());
                let settlement = accounted(plain, attempts.list());
                telemetry::note(asking, &self.router, &settlement);
                self.engine.settle(&row, &settlement, None).await?;
                Ok(Embedded { vectors: found.vectors, generation: row.id, settlement })
            }
            Err(error) => {
                let (state, failure) = (GenerationState::Failed, Some(Failure::from(&error)));
                let failed = accounted(Settlement { state, finish: None, failure, ..plain }, attempts.list());
                telemetry::note(asking, &self.router, &failed);
                self.engine.settle(&row, &failed, None).await?;
                Err(error.into())
            }
        }
    }
}

#[async_trait]
impl Measuring for MeasuringService {
    async fn embed(&self, actor: &Actor, request: Embed) -> Result<Embedded, LlmError> {
        actor.require(&permissions::CHAT)?;
        check(&request)?;
        let began = Instant::now();
        if let Some(target) = self.target(request.model.as_deref())? {
            return self.by_model(actor, target, request).await;
        }
        if request.dimensions.is_some_and(|wanted| wanted != 256) {
            let rule = "Vectors without a model have 256 numbers.";
            return Err(LlmError::Invalid(vec![FieldError::new("/dimensions", "out_of_range", rule)]));
        }
        let vectors = request.texts.iter().map(|text| offline_vector(text)).collect();
        let overhead_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let settlement = Settlement { overhead_ms, ..Settlement::offline(OFFLINE_VECTORS, Partial::default()) };
        let generation = self.engine.record(actor, Purpose::Embedding, &settlement).await?;
        Ok(Embedded { vectors, generation, settlement })
    }

    async fn count_tokens(&self, actor: &Actor, messages: Vec<Message>, model: Option<String>) -> Result<TokenCount, LlmError> {
        actor.require(&permissions::CHAT)?;
        if messages.is_empty() {
            return Err(LlmError::Invalid(vec![FieldError::new("/messages", "empty", "There is nothing to count.")]));
        }
        let request = ChatRequest { messages, ..ChatRequest::default() };
        let estimated = estimate_request(&request);
        let target = match self.router.plan(model.as_deref()) {
            Ok(targets) => targets.into_iter().next(),
            Err(LlmError::Plain(code)) if *code == codes::PROVIDER_NOT_CONFIGURED && model.is_none() => None,
            Err(error) => return Err(error),
        };
        let Some(target) = target else {
            let (provider, model) = (OFFLINE_PROVIDER.to_owned(), "estimate".to_owned());
            return Ok(TokenCount { tokens: estimated, estimated: true, provider, model });
        };
        let request = ChatRequest { model: target.model.clone(), ..request };
        let counted = self.router.ask(|_cause| target.provider.count_tokens(&request)).await?;
        Ok(TokenCount {
            tokens: counted.unwrap_or(estimated),
            estimated: counted.is_none(),
            provider: target.provider.provider().to_owned(),
            model: target.model,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_counts_letters_by_their_script() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("four letters here"), 5);
        assert_eq!(estimate("世界"), 2);
    }
}
