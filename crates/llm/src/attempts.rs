use std::sync::{Mutex, MutexGuard, PoisonError};

use core_db::DbError;
use core_kernel::{Ambient, Timestamp};
use sea_orm::ConnectionTrait;
use tracing::Span;

use crate::catalogue::{Cost, Prices};
use crate::chat::{Evidence, Partial, Usage};
use crate::error::Failure;
use crate::model::{Attempt, AttemptCause, AttemptId, Generation, GenerationId, GenerationState, UsageSource};
use crate::provider::{ModelError, OFFLINE_PROVIDER};
use crate::routing::Target;
use crate::{store, telemetry};

/// The requests to providers that one generation has made, while it runs.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// The id of the first.
    first: GenerationId,
    /// What is asked for, in the words of spans.
    operation: &'static str,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    tries: Vec<Try>,
    /// Why the next one will be made.
    next: AttemptCause,
    /// How many characters whole answers have put into the generation's so far.
    said: usize,
}

#[derive(Debug)]
struct Try {
    attempt: Attempt,
    /// The protocol of its provider, which its price depends on.
    kind: String,
    /// The provider has begun to answer, so that it may charge for the request.
    answering: bool,
    /// About how many tokens the request has.
    input: u64,
    /// How many characters other attempts had put into the answer before.
    before: usize,
    /// Ends with it.
    span: Span,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum AttemptEnd<'a> {
    /// The provider said that the answer is whole.
    Whole(&'a Evidence),
    /// In one of the other states.
    Early(GenerationState, Option<Failure>),
}

impl Attempts {
    pub(crate) fn new(first: GenerationId, operation: &'static str) -> Self {
        Self { first, operation, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the next one is made.
    pub(crate) fn because(&self, cause: AttemptCause) {
        self.held().next = cause;
    }

    /// Notes that a provider is asked, and sent about so many tokens. Gives the attempt's span, a part of the present one; it ends with the attempt.
    pub(crate) fn begin(&self, target: &Target, input: u64, ambient: &Ambient) -> Span {
        let mut held = self.held();
        let number = held.tries.len() + 1;
        let attempt = Attempt {
            id: AttemptId(if number == 1 { self.first.get() } else { ambient.ids.next() }),
            parent: held.tries.last().map(|earlier| earlier.attempt.id),
            number: i64::try_from(number).unwrap_or(i64::MAX),
            cause: held.next,
            state: GenerationState::Running,
            provider: target.provider.provider().to_owned(),
            model: target.model.clone(),
            text: None,
            finish_reason: None,
            finish_raw: None,
            usage: Usage::default(),
            usage_source: UsageSource::None,
            cost: Cost::default(),
            failure: None,
            request_id: None,
            response_id: None,
            created_at: ambient.now(),
            finished_at: None,
        };
        let (kind, before) = (target.provider.kind().to_owned(), held.said);
        let span = telemetry::attempt_span(self.operation, &kind, &attempt);
        held.tries.push(Try { attempt, kind, answering: false, input, before, span: span.clone() });
        span
    }

    /// Notes that the provider has begun to answer the last one.
    pub(crate) fn answering(&self) {
        if let Some(last) = self.held().tries.last_mut() {
            last.answering = true;
        }
    }

    /// Ends the last one before anything of it was shown. `heard` is what arrived all the same.
    pub(crate) fn failed(&self, error: &ModelError, heard: &Partial, prices: &Prices, now: Timestamp) {
        if let Some(last) = self.held().tries.last_mut() {
            last.answering |= error.charged;
            last.attempt.request_id.clone_from(&error.request_id);
            last.end(&AttemptEnd::Early(GenerationState::Failed, Some(Failure::from(error))), heard, prices, now);
        }
    }

    /// Ends the last one, unless it has ended already.
    pub(crate) fn end(&self, end: &AttemptEnd<'_>, answer: &Partial, prices: &Prices, now: Timestamp) {
        let mut held = self.held();
        if let Some(last) = held.tries.last_mut().filter(|last| last.attempt.state == GenerationState::Running) {
            last.end(end, answer, prices, now);
            held.said = letters(answer);
        }
    }

    /// Keeps the text of the last one, which the generation is about to forget.
    pub(crate) fn keep_text(&self, text: &str) {
        let mut held = self.held();
        held.said = 0;
        if let Some(last) = held.tries.last_mut() {
            last.attempt.text = Some(text.to_owned());
        }
    }

    /// All of them, oldest first.
    pub(crate) fn list(&self) -> Vec<Attempt> {
        self.held().tries.iter().map(|made| made.attempt.clone()).collect()
    }
}

fn letters(answer: &Partial) -> usize {
    answer.text.chars().count() + answer.reasoning.chars().count()
}

impl Try {
    fn end(&mut self, end: &AttemptEnd<'_>, answer: &Partial, prices: &Prices, now: Timestamp) {
        let whole = matches!(end, AttemptEnd::Whole(_));
        (self.attempt.usage, self.attempt.usage_source) = self.account(whole, answer);
        let Attempt { provider, model, usage, .. } = &self.attempt;
        self.attempt.cost = prices.cost(provider, &self.kind, model, usage);
        match end {
            AttemptEnd::Whole(evidence) => {
                self.attempt.state = GenerationState::Complete;
                self.attempt.finish_reason = Some(evidence.finish().as_str().to_owned());
                self.attempt.finish_raw = evidence.raw().map(str::to_owned);
            }
            AttemptEnd::Early(state, failure) => (self.attempt.state, self.attempt.failure) = (*state, failure.clone()),
        }
        if self.answering {
            self.attempt.response_id.clone_from(&answer.response_id);
            self.attempt.request_id = answer.request_id.clone().or_else(|| self.attempt.request_id.take());
        }
        self.attempt.finished_at = Some(now);
        let (span, model) = (std::mem::replace(&mut self.span, Span::none()), answer.model.as_deref());
        telemetry::note_attempt(&span, &self.attempt, model.filter(|_| self.answering));
    }

    /// What was used. No provider reports an answer that broke off, so that is estimated, at four characters a token.
    fn account(&self, whole: bool, answer: &Partial) -> (Usage, UsageSource) {
        if !self.answering || self.attempt.provider == OFFLINE_PROVIDER {
            return (Usage::default(), UsageSource::None);
        }
        if let (true, Some(usage)) = (whole, &answer.usage) {
            return (usage.clone(), UsageSource::Reported);
        }
        let output = (letters(answer).saturating_sub(self.before) as u64).div_ceil(4);
        let known = answer.usage.clone().unwrap_or_default();
        let input = if known.input > 0 { known.input } else { self.input };
        (Usage { input, output: known.output.max(output), ..known }, UsageSource::Estimated)
    }
}

/// The attempts of a row: a single one stands in the row itself.
pub(crate) async fn of<C: ConnectionTrait>(connection: &C, row: &Generation) -> Result<Vec<Attempt>, DbError> {
    if row.attempts == 0 {
        return Ok(Vec::new());
    }
    let mut found = if row.attempts > 1 { store::attempts::of(connection, row.owner, row.id).await? } else { Vec::new() };
    // The one that runs, or ran when its process died, is stored when it has ended.
    let stored = i64::try_from(found.len()).unwrap_or(i64::MAX);
    if stored < row.attempts {
        found.push(last_of(row, &found));
    }
    Ok(found)
}

/// What a row says of its last attempt, where nothing else does.
fn last_of(row: &Generation, earlier: &[Attempt]) -> Attempt {
    let single = earlier.is_empty();
    Attempt {
        id: AttemptId(row.id.get()),
        parent: earlier.last().map(|attempt| attempt.id),
        number: row.attempts,
        cause: AttemptCause::First,
        state: row.state,
        provider: row.provider.clone().unwrap_or_default(),
        model: row.model.clone().unwrap_or_default(),
        text: None,
        finish_reason: row.finish_reason.clone(),
        finish_raw: row.finish_raw.clone(),
        usage: if single { row.usage.clone() } else { Usage::default() },
        usage_source: if single { row.usage_source } else { UsageSource::None },
        cost: if single { Cost { micros: row.cost_micros, row: row.price.clone() } } else { Cost::default() },
        failure: row.failure.clone(),
        request_id: row.request_id.clone(),
        response_id: row.response_id.clone(),
        created_at: row.created_at,
        finished_at: row.finished_at,
    }
}

/// What attempts took together: one estimate makes the sum an estimate. The price is that of the last one that has one.
pub(crate) fn total(attempts: &[Attempt]) -> (Usage, UsageSource, Cost) {
    let mut sum = (Usage::default(), UsageSource::None, Cost::default());
    for attempt in attempts {
        let (usage, source, cost) = &mut sum;
        *usage = added(usage, &attempt.usage);
        *source = match (*source, attempt.usage_source) {
            (one, UsageSource::None) => one,
            (UsageSource::Estimated, _) | (_, UsageSource::Estimated) => UsageSource::Estimated,
            _ => UsageSource::Reported,
        };
        cost.micros = cost.micros.saturating_add(attempt.cost.micros);
        cost.row = attempt.cost.row.clone().or_else(|| cost.row.take());
    }
    sum
}

/// The raw numbers are those of the last that has any.
fn added(one: &Usage, other: &Usage) -> Usage {
    Usage {
        input: one.input + other.input,
        input_cached: one.input_cached + other.input_cached,
        input_cache_write: one.input_cache_write + other.input_cache_write,
        output: one.output + other.output,
        output_reasoning: one.output_reasoning + other.output_reasoning,
        raw: if other.raw.is_null() { one.raw.clone() } else { other.raw.clone() },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::chat::FinishReason;
    use crate::provider::{FailureClass, ScriptedModel};

    fn attempts() -> Attempts {
        let attempts = Attempts::new(GenerationId(Uuid::from_u128(1)), "chat");
        another(&attempts);
        attempts
    }

    fn another(attempts: &Attempts) {
        let provider = Arc::new(ScriptedModel::new("p", BTreeMap::new()));
        drop(attempts.begin(&Target { provider, model: "m".into() }, 2, &Ambient::system()));
    }

    /// Text, with counts of input and output where there are any.
    fn partial(text: &str, counts: Option<(u64, u64)>) -> Partial {
        let usage = counts.map(|(input, output)| Usage { input, output, ..Usage::default() });
        Partial { text: text.to_owned(), usage, ..Partial::default() }
    }

    fn ended(end: &AttemptEnd<'_>, answer: &Partial) -> (u64, u64, UsageSource) {
        let attempts = attempts();
        attempts.answering();
        attempts.end(end, answer, &Prices::default(), Timestamp::from_millis(2));
        let (usage, source, _) = total(&attempts.list());
        (usage.input, usage.output, source)
    }

    #[test]
    fn an_answer_that_broke_off_is_estimated_and_so_is_a_whole_one_without_counts() {
        let cut = AttemptEnd::Early(GenerationState::Truncated, None);
        assert_eq!(ended(&cut, &partial("12345", Some((9, 1)))), (9, 2, UsageSource::Estimated));
        let evidence = Evidence::seen(FinishReason::Stop, None);
        let whole = AttemptEnd::Whole(&evidence);
        assert_eq!(ended(&whole, &partial("12345", None)), (2, 2, UsageSource::Estimated));
        assert_eq!(ended(&whole, &partial("x", Some((1, 2)))), (1, 2, UsageSource::Reported));
    }

    #[test]
    fn a_refused_request_took_nothing_and_one_that_broke_off_is_charged() {
        let (attempts, prices, now) = (attempts(), Prices::default(), Timestamp::from_millis(2));
        let refused = ModelError::new(FailureClass::RateLimited, "m");
        attempts.failed(&refused, &Partial::default(), &prices, now);
        another(&attempts);
        attempts.failed(&ModelError { charged: true, ..refused }, &Partial::default(), &prices, now);
        let sources: Vec<_> = attempts.list().iter().map(|made| (made.number, made.usage.input, made.usage_source)).collect();
        assert_eq!(sources, [(1, 0, UsageSource::None), (2, 2, UsageSource::Estimated)]);
        let list = attempts.list();
        assert_eq!((list[0].id.get(), list[1].parent), (Uuid::from_u128(1), Some(list[0].id)));
    }

    #[test]
    fn a_later_round_is_estimated_by_its_own_text_and_makes_the_sum_an_estimate() {
        let (attempts, prices, now) = (attempts(), Prices::default(), Timestamp::from_millis(2));
        attempts.answering();
        let evidence = Evidence::seen(FinishReason::ToolCalls, None);
        attempts.end(&AttemptEnd::Whole(&evidence), &partial("12345678", Some((5, 5))), &prices, now);
        another(&attempts);
        attempts.answering();
        attempts.end(&AttemptEnd::Early(GenerationState::Cancelled, None), &partial("123456789012", None), &prices, now);
        let (usage, source, _) = total(&attempts.list());
        assert_eq!((usage.input, usage.output, source), (7, 6, UsageSource::Estimated));
    }
}
