use std::sync::Arc;

use core_kernel::Actor;

use crate::completions::OFFLINE_MODEL;
use crate::error::LlmError;
use crate::permissions;
use crate::provider::OFFLINE_PROVIDER;
use crate::routing::Router;
use crate::service::{ModelInfo, Models, ProviderInfo};

/// [`Models`] over the router.
#[derive(Debug)]
pub(crate) struct ModelService {
    pub(crate) router: Arc<Router>,
}

impl Models for ModelService {
    fn models(&self, actor: &Actor) -> Result<Vec<ModelInfo>, LlmError> {
        actor.require(&permissions::READ)?;
        let default = self.router.default_target();
        let default = default.map(|target| format!("{}/{}", target.provider.provider(), target.model));
        let mut ids: Vec<(String, String)> = Vec::new();
        for provider in self.router.providers() {
            ids.extend(provider.models().iter().map(|model| (provider.provider().to_owned(), model.clone())));
        }
        let mut models: Vec<ModelInfo> =
            ids.into_iter().map(|(provider, model)| info(provider, model, default.as_deref())).collect();
        if let Some(id) = default.filter(|id| !models.iter().any(|model| model.id == *id))
            && let Some((provider, model)) = id.split_once('/')
        {
            models.push(info(provider.to_owned(), model.to_owned(), Some(&id)));
        }
        models.sort_by_key(|model| !model.is_default);
        models.push(ModelInfo {
            id: format!("{OFFLINE_PROVIDER}/{OFFLINE_MODEL}"),
            provider: OFFLINE_PROVIDER.to_owned(),
            model: OFFLINE_MODEL.to_owned(),
            is_default: false,
            capabilities: vec!["summarize"],
        });
        Ok(models)
    }

    fn providers(&self, actor: &Actor) -> Result<Vec<ProviderInfo>, LlmError> {
        actor.require(&permissions::READ)?;
        let configured = self.router.providers().iter().map(|provider| ProviderInfo {
            name: provider.provider().to_owned(),
            kind: provider.kind().to_owned(),
            models: provider.models().to_vec(),
        });
        let offline = ProviderInfo {
            name: OFFLINE_PROVIDER.to_owned(),
            kind: OFFLINE_PROVIDER.to_owned(),
            models: vec![OFFLINE_MODEL.to_owned()],
        };
        Ok(configured.chain([offline]).collect())
    }
}

fn info(provider: String, model: String, default: Option<&str>) -> ModelInfo {
    let id = format!("{provider}/{model}");
    ModelInfo {
        is_default: default == Some(id.as_str()),
        id,
        provider,
        model,
        capabilities: vec!["chat", "stream", "tools", "schema", "images", "summarize"],
    }
}
