use crate::engine::Work;
use crate::model::{GenerationState, Purpose, Settlement};
use crate::routing::Router;

/// The name of a protocol's vendor (OpenTelemetry semantic conventions for generative AI, `gen_ai.provider.name`).
fn vendor(kind: &str) -> &str {
    match kind {
        "gemini" => "gcp.gemini",
        "openai_responses" => "openai",
        other => other,
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
