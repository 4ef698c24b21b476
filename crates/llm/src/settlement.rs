use crate::attempts::total;
use crate::catalogue::Cost;
use crate::chat::{Evidence, FinishReason, Partial, Usage};
use crate::error::{Failure, codes};
use crate::model::{
    Attempt, Confirmation, Generation, GenerationEvent, GenerationState, Message, Settlement, UsageReport, UsageSource,
};
use crate::provider::{FailureClass, ModelError};
use crate::routing::Adjustment;

/// What is known about the target while a generation runs.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) provider: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) adjustments: Vec<Adjustment>,
    pub(crate) overhead_ms: i64,
    /// Tool calls that wait for the person.
    pub(crate) confirmations: Vec<Confirmation>,
}

/// What is stored of an end.
pub(crate) fn settlement(end: Result<Evidence, ModelError>, answer: Partial, progress: Progress) -> Settlement {
    let (state, finish, finish_raw, failure) = match end {
        Ok(evidence) => {
            let raw = evidence.raw().map(str::to_owned);
            (GenerationState::Complete, Some(evidence.finish().clone()), raw, None)
        }
        Err(error) if error.class == FailureClass::Cancelled => {
            (GenerationState::Cancelled, Some(FinishReason::Cancelled), Some(error.message), None)
        }
        Err(error) if error.class == FailureClass::Interrupted => {
            (GenerationState::Interrupted, None, None, Some(Failure::from(&error)))
        }
        Err(error) if answer.is_empty() => (GenerationState::Failed, None, None, Some(Failure::from(&error))),
        Err(error) => (GenerationState::Truncated, None, None, Some(Failure::from(&error.into_truncated()))),
    };
    Settlement {
        state,
        answer,
        finish,
        finish_raw,
        // What its attempts took; they have an end by now.
        usage: Usage::default(),
        usage_source: UsageSource::None,
        cost: Cost::default(),
        attempts: Vec::new(),
        confirmations: progress.confirmations,
        failure,
        provider: progress.provider,
        model: progress.model,
        adjustments: progress.adjustments,
        overhead_ms: progress.overhead_ms,
    }
}

/// The same end with the account of its attempts.
pub(crate) fn accounted(settlement: Settlement, attempts: Vec<Attempt>) -> Settlement {
    let (usage, usage_source, cost) = total(&attempts);
    Settlement { usage, usage_source, cost, attempts, ..settlement }
}

/// The last two events of a generation.
pub(crate) fn last_events(
    row: &Generation,
    settlement: &Settlement,
    message: Option<Message>,
) -> (GenerationEvent, GenerationEvent) {
    let usage = GenerationEvent::Usage(UsageReport {
        input_tokens: settlement.usage.input,
        output_tokens: settlement.usage.output,
        source: settlement.usage_source,
        cost_micros: settlement.cost.micros,
        currency: row.currency.clone(),
    });
    let assistant_message = message.map(Box::new);
    let last = match (&settlement.finish, &settlement.failure) {
        (Some(finish), None) => GenerationEvent::Done {
            finish: finish.clone(),
            assistant_message,
            provider: settlement.provider.clone().or_else(|| row.provider.clone()).unwrap_or_default(),
            model: settlement.model.clone().or_else(|| row.model.clone()).unwrap_or_default(),
            adjustments: settlement.adjustments.clone(),
            confirmations: settlement.confirmations.clone(),
        },
        (_, failure) => GenerationEvent::Error {
            failure: failure.clone().unwrap_or_else(|| Failure::stored(codes::TRUNCATED.code, String::new())),
            partial: settlement.answer.clone(),
            assistant_message,
        },
    };
    (usage, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::StopCause;

    fn partial(text: &str) -> Partial {
        Partial { text: text.to_owned(), ..Partial::default() }
    }

    fn end(end: Result<Evidence, ModelError>, answer: Partial) -> Settlement {
        let progress = Progress { provider: Some("p".into()), ..Progress::default() };
        settlement(end, answer, progress)
    }

    #[test]
    fn an_answer_that_broke_off_is_truncated() {
        let error = ModelError::new(FailureClass::Unavailable, "m");
        let settled = end(Err(error), partial("12345"));
        assert_eq!((settled.state, settled.finish.clone()), (GenerationState::Truncated, None));
        assert_eq!(settled.failure.unwrap().code, &codes::TRUNCATED);
    }

    #[test]
    fn an_answer_that_the_budget_ends_says_so_whatever_was_shown() {
        let settled = end(Err(ModelError::new(FailureClass::OverBudget, "m")), partial("12345"));
        assert_eq!(settled.state, GenerationState::Truncated);
        assert_eq!(settled.failure.unwrap().code, &codes::BUDGET_EXHAUSTED);
    }

    #[test]
    fn nothing_shown_is_a_failure_of_its_own_kind() {
        let settled = end(Err(ModelError::new(FailureClass::RateLimited, "m")), Partial::default());
        assert_eq!((settled.state, settled.failure.unwrap().code), (GenerationState::Failed, &codes::RATE_LIMITED));
    }

    #[test]
    fn a_stopped_one_keeps_its_text_and_is_no_failure() {
        let settled = end(Err(StopCause::Asked.error()), partial("abc"));
        assert_eq!(
            (settled.state, settled.finish, settled.failure),
            (GenerationState::Cancelled, Some(FinishReason::Cancelled), None)
        );
    }
}
