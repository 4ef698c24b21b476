use std::time::Duration;

use core_kernel::DomainError;
use futures_util::StreamExt;

use crate::attempts::{AttemptEnd, total};
use crate::cache::Kept;
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, ModelEvent, Partial, ToolCall};
use crate::confirmations::confirmation;
use crate::engine::{Running, Work};
use crate::error::LlmError;
use crate::guard::Redaction;
use crate::limits::dearest;
use crate::model::AttemptCause;
use crate::opening::Notes;
use crate::provider::{FailureClass, Mode, ModelError};
use crate::reask::ReAsk;
use crate::routing::Adjustment;
use crate::settlement::Progress;
use crate::toolbelt::{ROUNDS, open_calls, round};

impl Running {
    /// Asks until there is an answer: again where it breaks its schema, and with what tools gave.
    pub(crate) async fn ask(&self, work: &Work, progress: &mut Progress) -> Result<Evidence, ModelError> {
        progress.overhead_ms = i64::try_from(work.received.elapsed().as_millis()).unwrap_or(i64::MAX);
        let mut request = work.request.clone();
        // Nobody has seen anything of an answer that is wanted whole, so it can be asked for again.
        let mut again = ReAsk::of(work);
        let mut rounds = 0;
        loop {
            let said = self.live.partial().text.len();
            let evidence = self.once(work, &request, progress).await?;
            let answer = self.live.partial();
            self.end_attempt(&AttemptEnd::Whole(&evidence), &answer);
            if let Some(next) = again.as_mut().and_then(|again| again.next(&request, &answer, &evidence))
                && self.set_aside(work, &next.request).await.is_ok()
            {
                progress.adjustments.push(next.adjustment);
                self.live.attempts.keep_text(&answer.text);
                self.live.attempts.because(AttemptCause::AskedAgain);
                self.live.forget();
                request = next.request;
                continue;
            }
            let Some(belt) = work.belt.as_ref().filter(|_| evidence.finish() == &FinishReason::ToolCalls) else {
                return Ok(evidence);
            };
            let calls = open_calls(&answer);
            let waiting = calls.iter().filter(|call| belt.writes(call));
            let name = |call: &ToolCall| belt.find(call).map_or_else(String::new, |tool| tool.name.to_owned());
            progress.confirmations = waiting.map(|call| confirmation(&self.engine, &work.row, call, &name(call))).collect();
            rounds += 1;
            if calls.is_empty() || !progress.confirmations.is_empty() || rounds > ROUNDS {
                return Ok(evidence);
            }
            let mut results = Vec::with_capacity(calls.len());
            for call in &calls {
                results.push(belt.run(call).await);
            }
            self.live.note_results(&results);
            let text = answer.text.get(said..).unwrap_or_default().to_owned();
            request.messages.extend(round(text, &calls, results));
            self.set_aside(work, &request).await?;
            self.live.attempts.because(AttemptCause::ToolsRan);
        }
    }

    /// Sets aside what another request may cost at most, beside what the ones before have cost.
    async fn set_aside(&self, work: &Work, request: &ChatRequest) -> Result<(), ModelError> {
        if work.admitted.is_free() {
            return Ok(());
        }
        let most = dearest(self.engine.router.prices(), &work.targets, request);
        let needed = total(&self.live.attempts.list()).2.micros.saturating_add(most);
        let (admitted, row) = (&work.admitted, &work.row);
        let set_aside = self.engine.db.write(|tx| async move { admitted.raise(&tx, row, needed).await });
        set_aside.await.map_err(|error| match error {
            error @ LlmError::BudgetExhausted { .. } => ModelError::new(FailureClass::OverBudget, error.detail()),
            error => {
                tracing::warn!(generation = %row.id, %error, "a further request could not be admitted");
                ModelError::new(FailureClass::Unavailable, "the budget could not be read")
            }
        })
    }

    /// Calls of the server's own tools get ids of ours: some providers count from one in every round.
    fn with_own_id(&self, work: &Work, event: ModelEvent) -> ModelEvent {
        match event {
            ModelEvent::Delta(Delta::ToolCall(call)) if work.belt.is_some() => {
                let id = format!("call_{}_{}", work.row.id.get().as_simple(), self.live.position().tool_calls + 1);
                ModelEvent::Delta(Delta::ToolCall(ToolCall { id, ..call }))
            }
            event => event,
        }
    }

    /// One answer: one that was given before to the same question, or a model's.
    async fn once(&self, work: &Work, request: &ChatRequest, progress: &mut Progress) -> Result<Evidence, ModelError> {
        let answers = &self.engine.answers;
        if !answers.is_on() || work.mode != Mode::Unary || work.belt.is_some() {
            return self.by_model(work, request, progress).await;
        }
        let key = question(work, request);
        let turn = answers.turn(&key);
        let _mine = turn.lock().await;
        if let Some(kept) = answers.get(&key) {
            return Ok(self.replay(&kept, progress));
        }
        let evidence = self.by_model(work, request, progress).await?;
        let answer = self.live.partial();
        if evidence.finish() == &FinishReason::Stop && !answer.text.is_empty() {
            let (provider, model) = (progress.provider.clone().unwrap_or_default(), progress.model.clone().unwrap_or_default());
            let Partial { text, reasoning, tool_calls, .. } = answer;
            answers.keep(key, Kept { text, reasoning, tool_calls, provider, model, evidence: evidence.clone() });
        }
        Ok(evidence)
    }

    fn replay(&self, kept: &Kept, progress: &mut Progress) -> Evidence {
        (progress.provider, progress.model) = (Some(kept.provider.clone()), Some(kept.model.clone()));
        let said = [Delta::Reasoning(kept.reasoning.clone()), Delta::Text(kept.text.clone())].into_iter();
        for delta in said.chain(kept.tool_calls.iter().cloned().map(Delta::ToolCall)) {
            self.live.absorb(&ModelEvent::Delta(delta));
        }
        let (action, subject) = ("cached".to_owned(), "answer".to_owned());
        let reason = "the same question of the same person was answered a moment ago".to_owned();
        progress.adjustments.push(Adjustment { action, subject, reason });
        kept.evidence.clone()
    }

    async fn by_model(&self, work: &Work, request: &ChatRequest, progress: &mut Progress) -> Result<Evidence, ModelError> {
        let mut sent = request.clone();
        let mut redaction = Redaction::of(&self.engine.guard, &mut sent);
        let (adjustments, attempts) = (&mut progress.adjustments, &self.live.attempts);
        let mut notes = Notes { adjustments, attempts, waited: Duration::ZERO };
        let opened = self.engine.router.open(&work.targets, &sent, work.mode, &mut notes).await?;
        (progress.provider, progress.model) = (Some(opened.provider), Some(opened.model));
        let mut stream = opened.stream;
        while let Some(event) = stream.next().await {
            for event in restored(&mut redaction, event?.storable()) {
                let event = self.with_own_id(work, event);
                let held = self.live.absorb(&event);
                if let ModelEvent::Finished(evidence) = event {
                    return Ok(evidence);
                }
                if held > self.engine.max_answer_bytes {
                    return Err(ModelError::new(FailureClass::Truncated, "the answer is longer than the server keeps"));
                }
            }
        }
        Err(ModelError::new(FailureClass::Truncated, "the provider ended the answer without saying that it was complete"))
    }
}

/// Everything that is asked, by whom, and of which models: the same text only for the same question.
fn question(work: &Work, request: &ChatRequest) -> String {
    let targets: Vec<String> =
        work.targets.iter().map(|target| format!("{}/{}", target.provider.provider(), target.model)).collect();
    format!("{} {} {} {request:?}", work.row.owner, work.row.created_by, targets.join(" "))
}

/// The event with what was taken out of the request back in place.
fn restored(redaction: &mut Redaction, event: ModelEvent) -> Vec<ModelEvent> {
    if redaction.is_empty() {
        return vec![event];
    }
    let text = |text: String| Some(text).filter(|text| !text.is_empty()).map(|text| ModelEvent::Delta(Delta::Text(text)));
    match event {
        ModelEvent::Delta(Delta::Text(piece)) => text(redaction.push(&piece)).into_iter().collect(),
        ModelEvent::Delta(Delta::ToolCall(call)) => {
            let arguments = redaction.restored_json(call.arguments);
            vec![ModelEvent::Delta(Delta::ToolCall(ToolCall { arguments, ..call }))]
        }
        ModelEvent::Finished(evidence) => text(redaction.end()).into_iter().chain([ModelEvent::Finished(evidence)]).collect(),
        event => vec![event],
    }
}
