use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::catalogue::Cost;
use crate::chat::{Delta, FinishReason, Partial};
use crate::engine::Engine;
use crate::live::rest_after;
use crate::model::{EventPosition, Generation, GenerationEvent, GenerationState, Message, PositionedEvent, Settlement};
use crate::settlement::last_events;
use crate::store;

/// How often a generation of another process is looked at.
const POLL: Duration = Duration::from_millis(500);

/// The events of a generation after a position: live when it runs in this process, else from its row, which another process may
/// still be writing.
pub(crate) fn events(engine: Arc<Engine>, row: Generation, after: Option<EventPosition>) -> BoxStream<'static, PositionedEvent> {
    if let Some(live) = engine.live(row.id) {
        return live.view(after).events();
    }
    let reading = Reading { engine, row, after, began: false };
    stream::unfold(Some(reading), |reading| async move {
        let (events, reading) = reading?.step().await;
        Some((stream::iter(events), reading))
    })
    .flatten()
    .boxed()
}

struct Reading {
    engine: Arc<Engine>,
    row: Generation,
    after: Option<EventPosition>,
    began: bool,
}

impl Reading {
    /// What is new in the row, and the reading to go on with unless this was the end.
    async fn step(mut self) -> (Vec<PositionedEvent>, Option<Self>) {
        if self.began {
            tokio::time::sleep(POLL).await;
        }
        // Read again the first time too: it does not run here, perhaps because it has ended since its row was read.
        if self.began || self.row.state == GenerationState::Running {
            match self.reload().await {
                Some(row) => self.row = row,
                // Deleted meanwhile, or the database is away: the client may attach again.
                None => return (Vec::new(), None),
            }
        }
        self.began = true;
        let message = if self.row.state == GenerationState::Running { None } else { self.message().await };
        let fresh: Vec<PositionedEvent> =
            story(&self.row, message).iter().filter_map(|event| rest_after(event, self.after)).collect();
        if let Some(last) = fresh.last() {
            self.after = Some(last.position);
        } else if self.after.is_none() {
            self.after = Some(EventPosition::default());
        }
        let goes_on = self.row.state == GenerationState::Running;
        (fresh, goes_on.then_some(self))
    }

    async fn reload(&self) -> Option<Generation> {
        store::generations::reload(self.engine.db.read(), self.row.owner, self.row.id).await.ok().flatten()
    }

    async fn message(&self) -> Option<Message> {
        let id = self.row.assistant_message?;
        store::messages::reload(self.engine.db.read(), self.row.owner, id).await.ok().flatten()
    }
}

/// All events of a row, as if they had come in one piece each.
fn story(row: &Generation, message: Option<Message>) -> Vec<PositionedEvent> {
    let mut events = vec![GenerationEvent::Start {
        generation: row.id,
        conversation: row.conversation,
        user_message: None,
        assistant_message: row.assistant_message,
        model: row.model.clone().unwrap_or_default(),
        provider: row.provider.clone().unwrap_or_default(),
    }];
    if !row.reasoning.is_empty() {
        events.push(GenerationEvent::Delta(Delta::Reasoning(row.reasoning.clone())));
    }
    if !row.text.is_empty() {
        events.push(GenerationEvent::Delta(Delta::Text(row.text.clone())));
    }
    events.extend(row.tool_calls.iter().cloned().map(Delta::ToolCall).map(GenerationEvent::Delta));
    if row.state != GenerationState::Running {
        let (usage, last) = last_events(row, &settlement_of(row), message);
        events.extend([usage, last]);
    }
    let mut position = EventPosition::default();
    let place = |event: GenerationEvent| {
        position = position.after(&event);
        PositionedEvent { position, event }
    };
    events.into_iter().map(place).collect()
}

/// The end of a settled row.
pub(crate) fn settlement_of(row: &Generation) -> Settlement {
    let finish = row.finish_reason.as_deref().map(|word| match word {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "tool_calls" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "cancelled" => FinishReason::Cancelled,
        _ => FinishReason::Other(row.finish_raw.clone().unwrap_or_default()),
    });
    let answer = Partial {
        text: row.text.clone(),
        reasoning: row.reasoning.clone(),
        tool_calls: row.tool_calls.clone(),
        response_id: row.response_id.clone(),
        request_id: row.request_id.clone(),
        ..Partial::default()
    };
    Settlement {
        state: row.state,
        answer,
        finish,
        finish_raw: row.finish_raw.clone(),
        usage: row.usage.clone(),
        usage_source: row.usage_source,
        cost: Cost { micros: row.cost_micros, row: row.price.clone() },
        attempts: Vec::new(),
        confirmations: row.confirmations.clone(),
        failure: row.failure.clone(),
        provider: row.provider.clone(),
        model: row.model.clone(),
        adjustments: row.adjustments.clone(),
        overhead_ms: row.overhead_ms,
    }
}

#[cfg(test)]
mod tests {
    use core_egress::{Egress, EgressConfig};
    use core_kernel::UserId;
    use core_testing::TestDb;
    use core_testing::http::FixedActors;
    use uuid::Uuid;

    use super::*;
    use crate::config::LlmConfig;
    use crate::engine::Tasks;
    use crate::feature::Deps;
    use crate::model::Purpose;
    use crate::permissions;
    use crate::routing::Router;

    #[tokio::test]
    async fn a_row_that_has_ended_since_it_was_read_is_told_to_its_end_without_a_wait() {
        let test = TestDb::fresh(&core_testing::Engine::Sqlite, vec![crate::ledger()]).await.unwrap();
        let (db, config, egress) = (&test.db, LlmConfig::default(), Egress::new(EgressConfig::default()).unwrap());
        let router = Router::new(&config, Vec::new(), &egress, db.ambient()).unwrap();
        let engine = Engine::new(Arc::new(router), Deps::new(db.clone(), egress, config, Tasks::here()));
        let actor = FixedActors::person(UserId(Uuid::from_u128(1)), &[&permissions::CHAT], db.ambient().now());
        let whole = Settlement::offline("m", Partial { text: "whole".to_owned(), ..Partial::default() });
        let id = engine.record(&actor, Purpose::Prompt, &whole).await.unwrap();
        let ended = store::generations::reload(db.read(), actor.owner, id).await.unwrap().unwrap();
        let row = Generation { state: GenerationState::Running, text: String::new(), ..ended };
        let (events, rest) = Reading { engine, row, after: None, began: false }.step().await;
        assert!(rest.is_none() && matches!(events.last().unwrap().event, GenerationEvent::Done { .. }), "{events:?}");
    }
}
