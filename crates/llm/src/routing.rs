use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use core_egress::Egress;
use core_kernel::{Ambient, Timestamp};

use crate::breaker::{BreakerState, Breakers};
use crate::catalogue::{Cost, Prices};
use crate::chat::{Parameter, Usage};
use crate::config::{LlmConfig, RetryConfig, Weighted};
use crate::error::{LlmError, codes};
use crate::provider::{ChatModel, adapter};

/// A model at a provider.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) provider: Arc<dyn ChatModel>,
    pub(crate) model: String,
}

/// Something that was changed so that a provider would take the request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Adjustment {
    /// `dropped` a parameter, `fell_back` to another model, `waited` because a provider asked for it, `asked_again` because the answer broke the
    /// `schema`, or `cached`.
    pub action: String,
    /// Which parameter, or which model failed.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// The models of all providers: names, retries, fallbacks.
#[derive(Debug)]
pub(crate) struct Router {
    providers: Vec<Arc<dyn ChatModel>>,
    default_model: Option<String>,
    fallbacks: Vec<String>,
    pub(crate) retry: RetryConfig,
    routes: BTreeMap<String, Vec<Weighted>>,
    pub(crate) breakers: Breakers,
    pub(crate) ambient: Ambient,
    pub(crate) prices: Prices,
    /// Parameters that a model refused once; they are left out from then on.
    refused: Mutex<HashMap<String, HashSet<Parameter>>>,
}

impl Router {
    /// The configured providers and, before them, those that the program brings.
    pub(crate) fn new(
        config: &LlmConfig,
        own: Vec<Arc<dyn ChatModel>>,
        egress: &Egress,
        ambient: &Ambient,
    ) -> Result<Self, String> {
        let mut providers = own;
        for (name, provider) in &config.providers {
            providers.push(adapter(name, provider, config, egress, Arc::clone(&ambient.clock))?);
        }
        Ok(Self {
            providers,
            default_model: config.default_model.clone(),
            fallbacks: config.fallbacks.clone(),
            retry: config.retry,
            routes: config.routes.clone(),
            breakers: Breakers::new(config.breaker, Arc::clone(&ambient.clock)),
            ambient: ambient.clone(),
            prices: Prices::new(config.models.clone()),
            refused: Mutex::default(),
        })
    }

    pub(crate) fn providers(&self) -> &[Arc<dyn ChatModel>] {
        &self.providers
    }

    /// What is known of models.
    pub(crate) fn prices(&self) -> &Prices {
        &self.prices
    }

    /// The protocol of a provider of this name.
    pub(crate) fn kind_of<'a>(&'a self, provider: &'a str) -> &'a str {
        self.providers.iter().find(|known| known.provider() == provider).map_or(provider, |known| known.kind())
    }

    /// What such usage of a model costs.
    pub(crate) fn cost(&self, provider: &str, model: &str, usage: &Usage) -> Cost {
        self.prices.cost(provider, self.kind_of(provider), model, usage)
    }

    /// The most tokens that a target takes, where that is known.
    pub(crate) fn window(&self, target: &Target) -> Option<u64> {
        self.prices.facts(target.provider.provider(), target.provider.kind(), &target.model).window
    }

    /// The model of requests that name none.
    pub(crate) fn default_target(&self) -> Option<Target> {
        match &self.default_model {
            Some(name) => self.find(name),
            None => self.providers.iter().find_map(|provider| {
                let model = provider.models().first()?.clone();
                Some(Target { provider: Arc::clone(provider), model })
            }),
        }
    }

    /// The targets for a request, the one asked for first.
    pub(crate) fn plan(&self, name: Option<&str>) -> Result<Vec<Target>, LlmError> {
        if self.providers.is_empty() {
            return Err(LlmError::Plain(&codes::PROVIDER_NOT_CONFIGURED));
        }
        if let Some(route) = name.and_then(|name| self.routes.get(name)) {
            return Ok(self.spread(route));
        }
        let first = match name {
            Some(name) => self.find(name).ok_or_else(|| LlmError::UnknownModel { name: name.to_owned() })?,
            None => self.default_target().ok_or_else(|| LlmError::UnknownModel { name: "the default model".to_owned() })?,
        };
        let mut targets = vec![first];
        for fallback in self.fallbacks.iter().filter_map(|name| self.find(name)) {
            let known = targets.iter().any(|target| same(target, &fallback));
            if !known {
                targets.push(fallback);
            }
        }
        Ok(targets)
    }

    /// The targets of a route: one by weight first, the others after it in their order.
    fn spread(&self, route: &[Weighted]) -> Vec<Target> {
        let targets: Vec<(Target, u32)> =
            route.iter().filter_map(|entry| Some((self.find(&entry.model)?, entry.weight))).collect();
        let total: u32 = targets.iter().map(|(_, weight)| *weight).fold(0, u32::saturating_add);
        let mut draw = u32::from_le_bytes(self.ambient.random::<4>()).checked_rem(total).unwrap_or(0);
        let chosen = targets.iter().position(|(_, weight)| {
            let here = draw < *weight;
            draw = draw.saturating_sub(*weight);
            here
        });
        let mut targets: Vec<Target> = targets.into_iter().map(|(target, _)| target).collect();
        if let Some(first) = chosen.and_then(|chosen| targets.get_mut(..=chosen)) {
            first.rotate_right(1);
        }
        targets
    }

    /// The breakers of a provider that are not closed: model, how it stands, when it is tried again.
    pub(crate) fn broken(&self, provider: &str) -> Vec<(String, BreakerState, Timestamp)> {
        let of = |(target, state, until): (String, BreakerState, Timestamp)| {
            let model = target.strip_prefix(provider)?.strip_prefix('/')?.to_owned();
            Some((model, state, until))
        };
        self.breakers.standing().into_iter().filter_map(of).collect()
    }

    /// `provider/model`, or a bare name that a provider offers, or any name where there is one provider only.
    fn find(&self, name: &str) -> Option<Target> {
        let target =
            |provider: &Arc<dyn ChatModel>, model: &str| Target { provider: Arc::clone(provider), model: model.to_owned() };
        if let Some((prefix, model)) = name.split_once('/')
            && let Some(provider) = self.providers.iter().find(|provider| provider.provider() == prefix)
            && !model.is_empty()
        {
            return Some(target(provider, model));
        }
        let offers = |provider: &&Arc<dyn ChatModel>| provider.models().iter().any(|model| model == name);
        if let Some(provider) = self.providers.iter().find(offers) {
            return Some(target(provider, name));
        }
        match self.providers.as_slice() {
            [only] if !name.is_empty() => Some(target(only, name)),
            _ => None,
        }
    }

    pub(crate) fn known_refusals(&self, model: &str) -> Vec<Parameter> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(model).into_iter().flatten().copied().collect()
    }

    pub(crate) fn remember_refusal(&self, model: &str, parameter: Parameter) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(model.to_owned()).or_default().insert(parameter);
    }

    pub(crate) fn jitter(&self) -> f64 {
        let [byte] = self.ambient.random::<1>();
        f64::from(byte) / 255.0
    }
}

fn same(one: &Target, other: &Target) -> bool {
    one.model == other.model && one.provider.provider() == other.provider.provider()
}

#[cfg(test)]
mod tests {
    use crate::config::ProviderConfig;
    use crate::provider::ProviderKind;

    use super::*;

    fn router(names: &[(&str, &[&str])], default_model: Option<&str>, fallbacks: &[&str]) -> Router {
        let mut config = LlmConfig { default_model: default_model.map(str::to_owned), ..LlmConfig::default() };
        config.fallbacks = fallbacks.iter().map(|name| (*name).to_owned()).collect();
        for (name, models) in names {
            let mut provider = ProviderConfig::new(ProviderKind::Openai, "k");
            provider.models = models.iter().map(|name| (*name).to_owned()).collect();
            config.providers.insert((*name).to_owned(), provider);
        }
        Router::new(&config, Vec::new(), &Egress::new(core_egress::EgressConfig::default()).unwrap(), &Ambient::system()).unwrap()
    }

    fn names(router: &Router, asked: Option<&str>) -> Result<Vec<String>, &'static str> {
        let targets = router.plan(asked).map_err(|error| core_kernel::DomainError::code(&error).code)?;
        Ok(targets.iter().map(|target| format!("{}/{}", target.provider.provider(), target.model)).collect())
    }

    #[test]
    fn a_route_is_spread_by_weight_and_keeps_the_others_as_fallbacks() {
        let mut config = LlmConfig::default();
        config.providers.insert("a".into(), ProviderConfig::new(ProviderKind::Openai, "k"));
        let weighted = |model: &str, weight| Weighted { model: model.to_owned(), weight };
        config.routes.insert("fast".into(), vec![weighted("a/x", 3), weighted("a/y", 1), weighted("a/z", 0)]);
        let egress = Egress::new(core_egress::EgressConfig::default()).unwrap();
        let router = Router::new(&config, Vec::new(), &egress, &Ambient::system()).unwrap();
        let mut firsts = HashMap::new();
        for _ in 0..2_000 {
            let plan = names(&router, Some("fast")).unwrap();
            assert_eq!(plan.len(), 3);
            *firsts.entry(plan[0].clone()).or_insert(0) += 1;
        }
        assert!((1_300..1_700).contains(&firsts["a/x"]) && !firsts.contains_key("a/z"), "{firsts:?}");
    }

    #[test]
    fn names_find_their_provider() {
        let two = router(&[("a", &["m1", "org/m2"]), ("b", &["m3"])], None, &["b/m3", "m1"]);
        assert_eq!(names(&two, None).unwrap(), ["a/m1", "b/m3"]);
        assert_eq!(names(&two, Some("m3")).unwrap(), ["b/m3", "a/m1"]);
        assert_eq!(names(&two, Some("org/m2")).unwrap(), ["a/org/m2", "b/m3", "a/m1"]);
        assert_eq!(names(&two, Some("b/anything")).unwrap(), ["b/anything", "b/m3", "a/m1"]);
        assert_eq!(names(&two, Some("anything")), Err("llm.model_unknown"));
        assert_eq!(names(&router(&[("a", &[])], None, &[]), Some("anything")).unwrap(), ["a/anything"]);
        assert_eq!(names(&router(&[("a", &["x"]), ("b", &["y"])], Some("b/y"), &[]), None).unwrap(), ["b/y"]);
        assert_eq!(names(&router(&[], None, &[]), Some("m")), Err("llm.provider_not_configured"));
    }
}
