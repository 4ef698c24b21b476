use std::time::Duration;

use futures_util::{StreamExt, stream};
use tracing::Instrument as _;

use crate::attempts::Attempts;
use crate::chat::{ChatRequest, ModelEvent, Parameter, Partial};
use crate::config::RetryConfig;
use crate::measuring::estimate_request;
use crate::model::AttemptCause;
use crate::provider::{ChatModel, FailureClass, Mode, ModelError, ModelStream};
use crate::routing::{Adjustment, Router, Target};

/// An answer that has begun.
pub(crate) struct Opened {
    pub(crate) stream: ModelStream,
    pub(crate) provider: String,
    pub(crate) model: String,
}

/// What is noted while an answer is opened.
pub(crate) struct Notes<'a> {
    /// What was changed so that a provider would take the request.
    pub(crate) adjustments: &'a mut Vec<Adjustment>,
    /// Each request that was sent.
    pub(crate) attempts: &'a Attempts,
    /// How long was waited between them, over all models.
    pub(crate) waited: Duration,
}

impl Notes<'_> {
    /// Waits before a model is asked again, and tells of it where the provider wanted the wait.
    async fn wait(&mut self, wait: Duration, model: &str, error: &ModelError) {
        if error.retry_after.is_some_and(|hint| !hint.is_zero()) {
            let reason = format!("{} s before the next try: {}", wait.as_secs_f64(), error.message);
            self.adjustments.push(Adjustment { action: "waited".to_owned(), subject: model.to_owned(), reason });
        }
        self.waited += wait;
        tokio::time::sleep(wait).await;
    }
}

impl Router {
    /// Opens an answer at the first target that gives one. A failure before anything was shown is repeated as its class allows
    /// and then tried at the next target; the last failure is returned.
    pub(crate) async fn open(
        &self,
        targets: &[Target],
        request: &ChatRequest,
        mode: Mode,
        notes: &mut Notes<'_>,
    ) -> Result<Opened, ModelError> {
        let mut last = ModelError::new(FailureClass::Unavailable, "no model was asked");
        for (index, target) in targets.iter().enumerate() {
            let (provider, model) = (target.provider.provider().to_owned(), target.model.clone());
            let name = format!("{provider}/{model}");
            let request = ChatRequest { model: target.model.clone(), ..request.clone() };
            let opened = match self.breakers.admit(&name) {
                Ok(()) => {
                    let opened = self.open_target(target, request, mode, notes).await;
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
                    notes.adjustments.push(Adjustment { action, subject: name, reason });
                    notes.attempts.because(AttemptCause::FellBack);
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
        notes: &mut Notes<'_>,
    ) -> Result<ModelStream, ModelError> {
        let name = format!("{}/{}", target.provider.provider(), target.model);
        for parameter in self.prices.refusals(target.provider.provider(), target.provider.kind(), &target.model) {
            drop_parameter(&mut request, parameter, "the model is known to refuse it", notes.adjustments);
        }
        for parameter in self.known_refusals(&name) {
            drop_parameter(&mut request, parameter, "the model refused it earlier", notes.adjustments);
        }
        let mut attempt = 1;
        loop {
            let span = notes.attempts.begin(target, estimate_request(&request), &self.ambient);
            let mut heard = Partial::default();
            let begun = begin(&*target.provider, &request, mode, (notes.attempts, &mut heard)).instrument(span).await;
            let error = match begun {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            notes.attempts.failed(&error, &heard, &self.prices, self.ambient.now());
            tracing::info!(model = %name, attempt, class = ?error.class, status = error.status, "a provider failed");
            if let Some(parameter) = error.parameter.filter(|parameter| request.sets(*parameter)) {
                // Nothing was generated, so asking again without the field is safe; it happens once per field.
                self.remember_refusal(&name, parameter);
                drop_parameter(&mut request, parameter, &error.message, notes.adjustments);
                notes.attempts.because(AttemptCause::ParameterDropped);
                continue;
            }
            let Some(wait) = next_wait(attempt, &error, (self.retry, notes.waited), self.jitter()) else { return Err(error) };
            notes.wait(wait, &name, &error).await;
            notes.attempts.because(AttemptCause::Retried);
            attempt += 1;
        }
    }

    /// Asks a target for something that is no chat, and again as its failures allow.
    pub(crate) async fn ask<T, F, Fut>(&self, mut attempt: F) -> Result<T, ModelError>
    where
        F: FnMut(AttemptCause) -> Fut,
        Fut: Future<Output = Result<T, ModelError>>,
    {
        let (mut number, mut cause, mut waited) = (1, AttemptCause::First, Duration::ZERO);
        loop {
            let error = match attempt(cause).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            let Some(wait) = next_wait(number, &error, (self.retry, waited), self.jitter()) else { return Err(error) };
            tokio::time::sleep(wait).await;
            (number, cause, waited) = (number + 1, AttemptCause::Retried, waited + wait);
        }
    }
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
async fn begin(
    model: &dyn ChatModel,
    request: &ChatRequest,
    mode: Mode,
    (attempts, heard): (&Attempts, &mut Partial),
) -> Result<ModelStream, ModelError> {
    let mut stream = model.open(request, mode).await?;
    let mut held = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event?;
        // An id alone is no answer: an error may follow.
        if !matches!(event, ModelEvent::RequestId(_)) {
            attempts.answering();
        }
        heard.absorb(event.clone());
        let shows = matches!(event, ModelEvent::Delta(_) | ModelEvent::Finished(_));
        held.push(Ok(event));
        if shows {
            return Ok(stream::iter(held).chain(stream).boxed());
        }
    }
    Err(ModelError { charged: true, ..ModelError::new(FailureClass::Truncated, "the provider's answer ended before it began") })
}

/// The longest wait that is our own idea.
const MAX_BACKOFF: Duration = Duration::from_secs(8);

/// How long to wait before the try after number `attempt` (from 1); none: do not try again. `waited`: how long the call has waited already. What
/// providers ask for is granted up to one sum, since each try of each model may ask again.
fn next_wait(attempt: u32, error: &ModelError, (retry, waited): (RetryConfig, Duration), jitter: f64) -> Option<Duration> {
    if !error.class.retries_same_target() || attempt >= retry.attempts {
        return None;
    }
    if let Some(hint) = error.retry_after {
        return (waited.saturating_add(hint) <= Duration::from_secs(retry.max_wait_seconds)).then_some(hint);
    }
    let backoff = Duration::from_millis(retry.base_ms).saturating_mul(2_u32.saturating_pow(attempt - 1)).min(MAX_BACKOFF);
    Some(backoff.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use core_egress::{Egress, EgressConfig};
    use core_kernel::Ambient;
    use uuid::Uuid;

    use super::*;
    use crate::config::{LlmConfig, ProviderConfig};
    use crate::model::GenerationId;
    use crate::provider::ProviderKind;

    fn error(class: FailureClass, hint: Option<u64>) -> ModelError {
        ModelError::new(class, "m").after(hint.map(Duration::from_secs))
    }

    #[test]
    fn a_providers_hint_is_honoured_up_to_the_cap() {
        let retry = RetryConfig::default();
        let wait = |attempt, error| next_wait(attempt, &error, (retry, Duration::ZERO), 1.0);
        assert_eq!(wait(1, error(FailureClass::RateLimited, Some(9))), Some(Duration::from_secs(9)));
        assert_eq!(wait(1, error(FailureClass::RateLimited, Some(11))), None);
        assert_eq!(wait(1, error(FailureClass::RateLimited, Some(0))), Some(Duration::ZERO));
        assert_eq!(wait(1, error(FailureClass::Unavailable, None)), Some(Duration::from_millis(500)));
        assert_eq!(wait(2, error(FailureClass::Unavailable, None)), Some(Duration::from_secs(1)));
        assert_eq!(wait(3, error(FailureClass::Unavailable, None)), None);
        for class in [FailureClass::Auth, FailureClass::QuotaExhausted, FailureClass::InvalidRequest, FailureClass::Cancelled] {
            assert_eq!(wait(1, error(class, None)), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_a_limit_only_so_long_in_all_and_says_that_it_did() {
        let mut config = LlmConfig::default();
        config.providers.insert("demo".into(), ProviderConfig::new(ProviderKind::Scripted, ""));
        let egress = Egress::new(EgressConfig::default()).unwrap();
        let router = Router::new(&config, Vec::new(), &egress, &Ambient::system()).unwrap();
        // Both models ask for seven seconds at each try.
        let mut targets = router.plan(Some("demo/rate-limited")).unwrap();
        targets.extend(router.plan(Some("demo/rate-limited")).unwrap());
        let (attempts, mut adjustments) = (Attempts::new(GenerationId(Uuid::nil()), "chat"), Vec::new());
        let mut notes = Notes { adjustments: &mut adjustments, attempts: &attempts, waited: Duration::ZERO };
        let begun = tokio::time::Instant::now();
        let refused = router.open(&targets, &ChatRequest::default(), Mode::Unary, &mut notes).await.err().unwrap();
        assert_eq!((refused.class, refused.retry_after), (FailureClass::RateLimited, Some(Duration::from_secs(7))));
        assert_eq!((begun.elapsed(), attempts.list().len()), (Duration::from_secs(7), 3));
        let told: Vec<&str> = adjustments.iter().map(|adjustment| adjustment.action.as_str()).collect();
        assert_eq!(told, ["waited", "fell_back"]);
    }
}
