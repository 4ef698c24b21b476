use tracing::Span;
use tracing::field::Empty;

use crate::engine::Work;
use crate::model::{Attempt, Generation, GenerationState, Purpose, Settlement, UsageSource};
use crate::routing::Router;

/// The name of a protocol's vendor (OpenTelemetry semantic conventions for generative AI, `gen_ai.provider.name`).
fn vendor(kind: &str) -> &str {
    match kind {
        "gemini" => "gcp.gemini",
        "openai_responses" => "openai",
        other => other,
    }
}

/// The span of a generation or of a call for vectors, by OpenTelemetry's conventions for generative AI: what was asked of whom, and at its end
/// what it took. What was said is no part of it.
pub(crate) fn span(router: &Router, operation: &'static str, row: &Generation) -> Span {
    let model = row.model.as_deref().unwrap_or_default();
    tracing::info_span!(
        "gen_ai",
        otel.name = format!("{operation} {model}"),
        otel.kind = "client",
        generation = %row.id,
        gen_ai.operation.name = operation,
        gen_ai.provider.name = vendor(router.kind_of(row.provider.as_deref().unwrap_or_default())),
        gen_ai.request.model = model,
        gen_ai.conversation.id = row.conversation.map(|id| id.to_string()),
        gen_ai.response.model = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        error.r#type = Empty,
    )
}

/// The span of one request to a provider, a part of the call's: who was asked, as which attempt and why, and how that ended. What the tokens are is
/// said by the call's span alone, since whoever reads traces adds them up.
pub(crate) fn attempt_span(operation: &'static str, kind: &str, attempt: &Attempt) -> Span {
    tracing::info_span!(
        "gen_ai_attempt",
        otel.name = format!("{operation} {}", attempt.model),
        otel.kind = "client",
        attempt.number = attempt.number,
        attempt.cause = attempt.cause.as_str(),
        gen_ai.operation.name = operation,
        gen_ai.provider.name = vendor(kind),
        gen_ai.request.model = attempt.model,
        gen_ai.response.model = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.finish_reasons = Empty,
        error.r#type = Empty,
    )
}

/// Writes into an attempt's span how it ended. `model`: which one answered.
pub(crate) fn note_attempt(span: &Span, attempt: &Attempt, model: Option<&str>) {
    let texts = [
        ("gen_ai.response.model", model),
        ("gen_ai.response.id", attempt.response_id.as_deref()),
        ("gen_ai.response.finish_reasons", attempt.finish_reason.as_deref()),
        ("error.type", attempt.failure.as_ref().map(|failure| failure.code.code)),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            span.record(field, text);
        }
    }
}

/// The span of a tool that runs.
pub(crate) fn tool_span(name: &'static str, call: &str) -> Span {
    tracing::info_span!(
        "gen_ai",
        otel.name = format!("execute_tool {name}"),
        otel.kind = "internal",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        gen_ai.tool.r#type = "function",
        gen_ai.tool.call.id = call,
    )
}

/// Writes into a span what is known at its end.
pub(crate) fn note(span: &Span, router: &Router, settlement: &Settlement) {
    if let Some(provider) = &settlement.provider {
        span.record("gen_ai.provider.name", vendor(router.kind_of(provider)));
    }
    let finish = settlement.finish_word();
    let texts = [
        ("gen_ai.response.model", settlement.answer.model.as_ref().or(settlement.model.as_ref())),
        ("gen_ai.response.id", settlement.answer.response_id.as_ref()),
        ("gen_ai.response.finish_reasons", finish.as_ref()),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            span.record(field, text.as_str());
        }
    }
    if settlement.usage_source != UsageSource::None {
        let usage = &settlement.usage;
        span.record("gen_ai.usage.input_tokens", usage.input);
        span.record("gen_ai.usage.output_tokens", usage.output);
        span.record("gen_ai.usage.cache_read.input_tokens", usage.input_cached);
        span.record("gen_ai.usage.cache_creation.input_tokens", usage.input_cache_write);
    }
    if let Some(failure) = &settlement.failure {
        span.record("error.type", failure.code.code);
    }
}

/// Says that a generation has ended: one line and the metrics of OpenTelemetry's conventions for generative AI. What was said is no part of it.
pub(crate) fn ended(router: &Router, work: &Work, settlement: &Settlement) {
    let name = settlement.provider.as_deref().unwrap_or_default();
    let vendor = vendor(router.kind_of(name)).to_owned();
    let model = settlement.model.clone().unwrap_or_default();
    let operation = if work.row.purpose == Purpose::Embedding { "embeddings" } else { "chat" };
    let error = settlement.failure.as_ref().map_or("", |failure| failure.code.code);
    tracing::info!(
        generation = %work.row.id,
        state = settlement.state.as_str(),
        gen_ai.operation.name = operation,
        gen_ai.provider.name = vendor,
        gen_ai.request.model = work.row.model.as_deref().unwrap_or_default(),
        gen_ai.response.model = model,
        gen_ai.response.id = settlement.answer.response_id.as_deref().unwrap_or_default(),
        gen_ai.response.finish_reasons = settlement.finish_raw.as_deref().unwrap_or_default(),
        gen_ai.usage.input_tokens = settlement.usage.input,
        gen_ai.usage.output_tokens = settlement.usage.output,
        gen_ai.conversation.id = work.row.conversation.map(|id| id.to_string()),
        error.r#type = error,
        "generation ended"
    );
    let labels = [
        ("gen_ai_operation_name", operation.to_owned()),
        ("gen_ai_provider_name", vendor),
        ("gen_ai_request_model", known(router, name, &model)),
    ];
    let failed = if settlement.state == GenerationState::Complete { String::new() } else { settlement.state.as_str().to_owned() };
    let timed: Vec<(&str, String)> = labels.iter().cloned().chain([("error_type", failed)]).collect();
    metrics::histogram!("gen_ai_client_operation_duration_seconds", &timed).record(work.received.elapsed().as_secs_f64());
    metrics::counter!("gen_ai_client_cost_micros_total", &labels)
        .increment(u64::try_from(settlement.cost.micros).unwrap_or_default());
    for (kind, tokens) in [("input", settlement.usage.input), ("output", settlement.usage.output)] {
        let counted: Vec<(&str, String)> = labels.iter().cloned().chain([("gen_ai_token_type", kind.to_owned())]).collect();
        metrics::counter!("gen_ai_client_token_usage_total", &counted).increment(tokens);
    }
}

/// Callers may name any model, and every label is kept for good: only models that are offered get one of their own.
fn known(router: &Router, provider: &str, model: &str) -> String {
    let offered = router
        .providers()
        .iter()
        .filter(|known| known.provider() == provider)
        .any(|known| known.models().iter().any(|name| name == model));
    if offered { model.to_owned() } else { "other".to_owned() }
}
