use crate::catalogue::Cost;
use crate::chat::{ChatRequest, Evidence, FinishReason, Partial, Usage};
use crate::error::Failure;
use crate::model::{Confirmation, GenerationState, Settlement, UsageSource};
use crate::provider::{FailureClass, ModelError, OFFLINE_PROVIDER};
use crate::routing::Adjustment;

/// What is known about the target while a generation runs.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) provider: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) adjustments: Vec<Adjustment>,
    pub(crate) overhead_ms: i64,
    /// What answers took that were asked for again.
    pub(crate) earlier: Earlier,
    /// Tool calls that wait for the person.
    pub(crate) confirmations: Vec<Confirmation>,
}

/// What earlier answers of the same generation took.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    usage: Usage,
    /// One of them reported nothing.
    unknown: bool,
}

impl Earlier {
    pub(crate) fn add(&mut self, usage: Option<&Usage>) {
        match usage {
            Some(usage) => self.usage = sum(&self.usage, usage),
            None => self.unknown = true,
        }
    }
}

/// The raw numbers are those of the last.
fn sum(one: &Usage, other: &Usage) -> Usage {
    Usage {
        input: one.input + other.input,
        input_cached: one.input_cached + other.input_cached,
        input_cache_write: one.input_cache_write + other.input_cache_write,
        output: one.output + other.output,
        output_reasoning: one.output_reasoning + other.output_reasoning,
        raw: other.raw.clone(),
    }
}

/// What is stored of an end.
pub(crate) fn settlement(
    end: Result<Evidence, ModelError>,
    answer: Partial,
    progress: Progress,
    request: &ChatRequest,
) -> Settlement {
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
    let asked = progress.provider.is_some();
    let offline = progress.provider.as_deref() == Some(OFFLINE_PROVIDER);
    let (usage, usage_source) = account(state, &answer, request, asked, offline);
    let usage = sum(&progress.earlier.usage, &usage);
    let usage_source = if progress.earlier.unknown { UsageSource::Estimated } else { usage_source };
    Settlement {
        state,
        answer,
        finish,
        finish_raw,
        usage,
        usage_source,
        // The engine knows the prices.
        cost: Cost::default(),
        confirmations: progress.confirmations,
        failure,
        provider: progress.provider,
        model: progress.model,
        adjustments: progress.adjustments,
        overhead_ms: progress.overhead_ms,
    }
}

/// What was used. No provider reports an answer that broke off, so that is estimated, at four characters a token.
fn account(state: GenerationState, answer: &Partial, request: &ChatRequest, asked: bool, offline: bool) -> (Usage, UsageSource) {
    let reported = answer.usage.clone();
    if let (GenerationState::Complete, Some(usage)) = (state, &reported) {
        return (usage.clone(), UsageSource::Reported);
    }
    if offline || (!asked && answer.is_empty()) {
        return (Usage::default(), UsageSource::None);
    }
    let tokens = |characters: usize| (characters as u64).div_ceil(4);
    let input: usize = request.messages.iter().map(|message| message.joined_text().chars().count()).sum();
    let output = answer.text.chars().count() + answer.reasoning.chars().count();
    let known = reported.unwrap_or_default();
    let usage = Usage {
        input: if known.input > 0 { known.input } else { tokens(input) },
        output: known.output.max(tokens(output)),
        ..known
    };
    (usage, UsageSource::Estimated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat;
    use crate::error::codes;
    use crate::live::StopCause;

    fn request() -> ChatRequest {
        ChatRequest { messages: vec![chat::Message::text(chat::Role::User, "12345678")], ..ChatRequest::default() }
    }

    fn partial(text: &str, usage: Option<Usage>) -> Partial {
        Partial { text: text.to_owned(), usage, ..Partial::default() }
    }

    fn end(end: Result<Evidence, ModelError>, answer: Partial) -> Settlement {
        let progress = Progress { provider: Some("p".into()), ..Progress::default() };
        settlement(end, answer, progress, &request())
    }

    #[test]
    fn an_answer_that_broke_off_is_truncated_and_its_usage_estimated() {
        let usage = Usage { input: 9, output: 1, ..Usage::default() };
        let error = ModelError::new(FailureClass::Unavailable, "m");
        let settled = end(Err(error), partial("12345", Some(usage)));
        assert_eq!((settled.state, settled.finish.clone()), (GenerationState::Truncated, None));
        assert_eq!(settled.failure.unwrap().code, &codes::TRUNCATED);
        assert_eq!((settled.usage.input, settled.usage.output, settled.usage_source), (9, 2, UsageSource::Estimated));
    }

    #[test]
    fn nothing_shown_is_a_failure_of_its_own_kind() {
        let settled = end(Err(ModelError::new(FailureClass::RateLimited, "m")), Partial::default());
        assert_eq!((settled.state, settled.failure.unwrap().code), (GenerationState::Failed, &codes::RATE_LIMITED));
    }

    #[test]
    fn a_stopped_one_keeps_its_text_and_is_no_failure() {
        let settled = end(Err(StopCause::Asked.error()), partial("abc", None));
        assert_eq!(
            (settled.state, settled.finish, settled.failure),
            (GenerationState::Cancelled, Some(FinishReason::Cancelled), None)
        );
    }

    #[test]
    fn a_whole_answer_without_counts_is_estimated() {
        let whole = || Ok(Evidence::seen(FinishReason::Stop, None));
        assert_eq!(end(whole(), partial("12345", None)).usage_source, UsageSource::Estimated);
        let usage = Usage { input: 1, output: 2, ..Usage::default() };
        assert_eq!(end(whole(), partial("x", Some(usage))).usage_source, UsageSource::Reported);
    }
}
