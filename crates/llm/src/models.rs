use std::sync::Arc;

use core_kernel::Actor;

use crate::catalogue::ModelFacts;
use crate::completions::OFFLINE_MODEL;
use crate::error::LlmError;
use crate::measuring::OFFLINE_VECTORS;
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
            ids.into_iter().map(|(provider, model)| self.info(provider, model, default.as_deref())).collect();
        if let Some(id) = default.filter(|id| !models.iter().any(|model| model.id == *id))
            && let Some((provider, model)) = id.split_once('/')
        {
            models.push(self.info(provider.to_owned(), model.to_owned(), Some(&id)));
        }
        models.sort_by_key(|model| !model.is_default);
        for (model, capability) in [(OFFLINE_MODEL, "summarize"), (OFFLINE_VECTORS, "embeddings")] {
            models.push(ModelInfo {
                id: format!("{OFFLINE_PROVIDER}/{model}"),
                provider: OFFLINE_PROVIDER.to_owned(),
                model: model.to_owned(),
                is_default: false,
                capabilities: vec![capability.to_owned()],
                facts: ModelFacts::default(),
            });
        }
        Ok(models)
    }

    fn providers(&self, actor: &Actor) -> Result<Vec<ProviderInfo>, LlmError> {
        actor.require(&permissions::READ)?;
        let configured = self.router.providers().iter().map(|provider| ProviderInfo {
            name: provider.provider().to_owned(),
            kind: provider.kind().to_owned(),
            models: provider.models().to_vec(),
            broken: self.router.broken(provider.provider()),
        });
        let offline = ProviderInfo {
            name: OFFLINE_PROVIDER.to_owned(),
            kind: OFFLINE_PROVIDER.to_owned(),
            models: vec![OFFLINE_MODEL.to_owned(), OFFLINE_VECTORS.to_owned()],
            broken: Vec::new(),
        };
        Ok(configured.chain([offline]).collect())
    }
}

impl ModelService {
    fn info(&self, provider: String, model: String, default: Option<&str>) -> ModelInfo {
        let id = format!("{provider}/{model}");
        let facts = self.router.prices().facts(&provider, self.router.kind_of(&provider), &model);
        let chat = ["chat", "stream", "tools", "schema", "images", "summarize"];
        let capabilities = if facts.can.is_empty() { chat.map(str::to_owned).to_vec() } else { facts.can.clone() };
        ModelInfo { is_default: default == Some(id.as_str()), id, provider, model, capabilities, facts }
    }
}
