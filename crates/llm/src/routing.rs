use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use core_egress::Egress;
use core_kernel::{Ambient, Timestamp};
use futures_util::{StreamExt, stream};

use crate::breaker::{BreakerState, Breakers};
use crate::catalogue::{Cost, Prices};
use crate::chat::{ChatRequest, ModelEvent, Parameter};
use crate::config::{LlmConfig, RetryConfig, Weighted};
use crate::error::{LlmError, codes};
use crate::model::Settlement;
use crate::provider::{ChatModel, FailureClass, Mode, ModelError, ModelStream, adapter};

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
    /// `dropped` a parameter, `fell_back` to another model, `asked_again` because the answer broke the `schema`, or `cached`.
    pub action: String,
    /// Which parameter, or which model failed.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// An answer that has begun.
pub(crate) struct Opened {
    pub(crate) stream: ModelStream,
    pub(crate) provider: String,
    pub(crate) model: String,
}

/// The models of all providers: names, retries, fallbacks.
#[derive(Debug)]
pub(crate) struct Router {
    providers: Vec<Arc<dyn ChatModel>>,
    default_model: Option<String>,
    fallbacks: Vec<String>,
    retry: RetryConfig,
    routes: BTreeMap<String, Vec<Weighted>>,
    breakers: Breakers,
    ambient: Ambient,
    prices: Prices,
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

    /// What an answer costs.
    pub(crate) fn cost(&self, settlement: &Settlement) -> Cost {
        let (Some(provider), Some(model)) = (&settlement.provider, &settlement.model) else { return Cost::default() };
        self.prices.cost(provider, self.kind_of(provider), model, &settlement.usage)
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

    /// Opens an answer at the first target that gives one. A failure before anything was shown is repeated as its class allows
    /// and then tried at the next target; the last failure is returned.
    pub(crate) async fn open(
        &self,
        targets: &[Target],
        request: &ChatRequest,
        mode: Mode,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<Opened, ModelError> {
        let mut last = ModelError::new(FailureClass::Unavailable, "no model was asked");
        for (index, target) in targets.iter().enumerate() {
            let (provider, model) = (target.provider.provider().to_owned(), target.model.clone());
            let name = format!("{provider}/{model}");
            let request = ChatRequest { model: target.model.clone(), ..request.clone() };
            let opened = match self.breakers.admit(&name) {
                Ok(()) => {
                    let opened = self.open_target(target, request, mode, adjustments).await;
                    self.breakers.note(&name, opened.as_ref().err().map(|error| error.class));
                    opened
                }
                Err(wait) => {
                    let words = "the model has failed again and again and is left alone for a moment";
                    Err(ModelError::new(FailureClass::Unavailable, words).after(Some(wait)))
                }
            };
            match opened {
                Ok(stream) => return Ok(Opened { stream, provider, model }),
                Err(error) if error.class.falls_back() && index + 1 < targets.len() => {
                    let (action, reason) = ("fell_back".to_owned(), error.message.clone());
                    adjustments.push(Adjustment { action, subject: name, reason });
                    last = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    async fn open_target(
        &self,
        target: &Target,
        mut request: ChatRequest,
        mode: Mode,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<ModelStream, ModelError> {
        let name = format!("{}/{}", target.provider.provider(), target.model);
        for parameter in self.prices.refusals(target.provider.provider(), target.provider.kind(), &target.model) {
            drop_parameter(&mut request, parameter, "the model is known to refuse it", adjustments);
        }
        for parameter in self.known_refusals(&name) {
            drop_parameter(&mut request, parameter, "the model refused it earlier", adjustments);
        }
        let mut attempt = 1;
        loop {
            let error = match begin(&*target.provider, &request, mode).await {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            tracing::info!(model = %name, attempt, class = ?error.class, status = error.status, "a provider failed");
            if let Some(parameter) = error.parameter.filter(|parameter| request.sets(*parameter)) {
                // Nothing was generated, so asking again without the field is safe; it happens once per field.
                self.remember_refusal(&name, parameter);
                drop_parameter(&mut request, parameter, &error.message, adjustments);
                continue;
            }
            let Some(wait) = next_wait(attempt, &error, self.retry, self.jitter()) else { return Err(error) };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Asks a target for something that is no chat, and again as its failures allow.
    pub(crate) async fn ask<T, F, Fut>(&self, mut attempt: F) -> Result<T, ModelError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, ModelError>>,
    {
        let mut number = 1;
        loop {
            let error = match attempt().await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            let Some(wait) = next_wait(number, &error, self.retry, self.jitter()) else { return Err(error) };
            tokio::time::sleep(wait).await;
            number += 1;
        }
    }

    fn known_refusals(&self, model: &str) -> Vec<Parameter> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(model).into_iter().flatten().copied().collect()
    }

    fn remember_refusal(&self, model: &str, parameter: Parameter) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(model.to_owned()).or_default().insert(parameter);
    }

    fn jitter(&self) -> f64 {
        let [byte] = self.ambient.random::<1>();
        f64::from(byte) / 255.0
    }
}

fn same(one: &Target, other: &Target) -> bool {
    one.model == other.model && one.provider.provider() == other.provider.provider()
}

fn drop_parameter(request: &mut ChatRequest, parameter: Parameter, reason: &str, adjustments: &mut Vec<Adjustment>) {
    if !request.sets(parameter) {
        return;
    }
    request.clear(parameter);
    adjustments.push(Adjustment {
        action: "dropped".to_owned(),
        subject: parameter.as_str().to_owned(),
        reason: reason.to_owned(),
    });
}

/// Opens the answer and reads until something would be shown, so that a failure up to there can still be repeated.
async fn begin(model: &dyn ChatModel, request: &ChatRequest, mode: Mode) -> Result<ModelStream, ModelError> {
    let mut stream = model.open(request, mode).await?;
    let mut held = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event?;
        let shows = matches!(event, ModelEvent::Delta(_) | ModelEvent::Finished(_));
        held.push(Ok(event));
        if shows {
            return Ok(stream::iter(held).chain(stream).boxed());
        }
    }
    Err(ModelError::new(FailureClass::Truncated, "the provider's answer ended before it began"))
}

/// The longest wait that is our own idea.
const MAX_BACKOFF: Duration = Duration::from_secs(8);

/// How long to wait before the try after number `attempt` (from 1); none: do not try again.
fn next_wait(attempt: u32, error: &ModelError, retry: RetryConfig, jitter: f64) -> Option<Duration> {
    if !error.class.retries_same_target() || attempt >= retry.attempts {
        return None;
    }
    if let Some(hint) = error.retry_after {
        return (hint <= Duration::from_secs(retry.max_wait_seconds)).then_some(hint);
    }
    let backoff = Duration::from_millis(retry.base_ms).saturating_mul(2_u32.saturating_pow(attempt - 1)).min(MAX_BACKOFF);
    Some(backoff.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use crate::config::ProviderConfig;
    use crate::provider::ProviderKind;

    use super::*;

    fn error(class: FailureClass, hint: Option<u64>) -> ModelError {
        ModelError::new(class, "m").after(hint.map(Duration::from_secs))
    }

    #[test]
    fn a_providers_hint_is_honoured_up_to_the_cap() {
        let retry = RetryConfig::default();
        let wait = |attempt, error| next_wait(attempt, &error, retry, 1.0);
        assert_eq!(wait(1, error(FailureClass::RateLimited, Some(22))), Some(Duration::from_secs(22)));
        assert_eq!(wait(1, error(FailureClass::RateLimited, Some(31))), None);
        assert_eq!(wait(1, error(FailureClass::RateLimited, Some(0))), Some(Duration::ZERO));
        assert_eq!(wait(1, error(FailureClass::Unavailable, None)), Some(Duration::from_millis(500)));
        assert_eq!(wait(2, error(FailureClass::Unavailable, None)), Some(Duration::from_secs(1)));
        assert_eq!(wait(3, error(FailureClass::Unavailable, None)), None);
        for class in [FailureClass::Auth, FailureClass::QuotaExhausted, FailureClass::InvalidRequest, FailureClass::Cancelled] {
            assert_eq!(wait(1, error(class, None)), None);
        }
    }

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
