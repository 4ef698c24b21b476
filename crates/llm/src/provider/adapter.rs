use std::sync::Arc;

use core_egress::Egress;
use core_kernel::Clock;

use super::{
    Anthropic, ChatModel, Gemini, HttpModel, HttpModelOptions, Ollama, OpenAiChat, OpenAiDialect, OpenAiResponses, ProviderKind,
    ScriptedModel, Wire,
};
use crate::config::{LlmConfig, ProviderConfig};

/// The adapter of a configured provider. The error names the setting at fault.
pub(crate) fn adapter(
    name: &str,
    provider: &ProviderConfig,
    config: &LlmConfig,
    egress: &Egress,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn ChatModel>, String> {
    let kind = provider.kind_of(name).ok_or_else(|| format!("llm.providers.{name}.kind is needed"))?;
    let wire: Box<dyn Wire> = match kind {
        ProviderKind::Gemini => Box::new(Gemini),
        ProviderKind::Openai => Box::new(OpenAiChat { dialect: provider.dialect.unwrap_or(OpenAiDialect::OPENAI) }),
        ProviderKind::OpenaiResponses => Box::new(OpenAiResponses),
        ProviderKind::Anthropic => Box::new(Anthropic),
        ProviderKind::Ollama => Box::new(Ollama),
        ProviderKind::Scripted => return Ok(Arc::new(ScriptedModel::new(name, provider.scripts.clone()))),
    };
    let options = HttpModelOptions {
        name: name.to_owned(),
        base_url: provider.resolved_base_url(kind).map_err(|fault| format!("llm.providers.{name}.base_url {fault}"))?,
        api_key: provider.api_key.clone(),
        models: provider.offered_models(kind),
        first_byte: config.timeouts.first_byte(),
        idle: config.timeouts.idle(),
        total: config.timeouts.total(),
    };
    Ok(Arc::new(HttpModel::new(options, wire, egress.clone(), clock)))
}
