use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Leaving;
use crate::attempts::Attempts;
use crate::chat::{Delta, ModelEvent, Part, Partial};
use crate::model::{EventPosition, GenerationEvent, GenerationId, Message, PositionedEvent, Settlement};
use crate::provider::{FailureClass, ModelError};

/// Why a generation is to end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// Somebody pressed stop.
    Asked,
    /// Nobody watches any more, and nobody will.
    ClientLeft,
    /// Its row is gone.
    Deleted,
    /// The task ended without an end.
    Lost,
}

impl StopCause {
    pub(crate) fn error(self) -> ModelError {
        match self {
            Self::Asked => ModelError::new(FailureClass::Cancelled, "the generation was stopped"),
            Self::ClientLeft => ModelError::new(FailureClass::Cancelled, "the client left"),
            Self::Deleted => ModelError::new(FailureClass::Cancelled, "what it wrote to was deleted"),
            Self::Lost => ModelError::new(FailureClass::Interrupted, "the generation ended unexpectedly"),
        }
    }
}

/// How a generation ended, for those who wait for the whole.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which generation.
    pub generation: GenerationId,
    /// How it ended.
    pub settlement: Settlement,
    /// The user's message as stored, for a message.
    pub user_message: Option<Message>,
    /// The assistant's message as stored, for a message.
    pub assistant_message: Option<Message>,
}

/// A generation at work in this process: what it said so far, for any number of viewers.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) id: GenerationId,
    /// The requests to providers that it has made.
    pub(crate) attempts: Attempts,
    log: Mutex<Log>,
    changed: watch::Sender<usize>,
    stopping: CancellationToken,
    cause: Mutex<Option<StopCause>>,
    viewers: watch::Sender<usize>,
    leaving: Leaving,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<PositionedEvent>,
    position: EventPosition,
    partial: Partial,
    outcome: Option<Arc<Outcome>>,
    closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// `leaving`: what becomes of it when its last viewer leaves.
    pub(crate) fn new(id: GenerationId, leaving: Leaving) -> Arc<Self> {
        Arc::new(Self {
            id,
            attempts: Attempts::new(id, "chat"),
            log: Mutex::default(),
            changed: watch::Sender::new(0),
            stopping: CancellationToken::new(),
            cause: Mutex::default(),
            viewers: watch::Sender::new(0),
            leaving,
        })
    }

    /// Ends it early. The first cause counts.
    pub(crate) fn stop(&self, cause: StopCause) {
        lock(&self.cause).get_or_insert(cause);
        self.stopping.cancel();
    }

    /// Waits until it is to end early.
    pub(crate) async fn stopped(&self) -> StopCause {
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = self.deserted() => self.stop(StopCause::ClientLeft),
        }
        lock(&self.cause).unwrap_or(StopCause::Asked)
    }

    /// Waits until nobody has watched for as long as the policy is patient.
    async fn deserted(&self) {
        let Some(patience) = self.leaving.patience() else { return std::future::pending().await };
        let mut viewers = self.viewers.subscribe();
        loop {
            // The sender is a part of this, so that neither wait can fail.
            drop(viewers.wait_for(|count| *count == 0).await);
            tokio::select! {
                () = tokio::time::sleep(patience) => return,
                _somebody = viewers.wait_for(|count| *count > 0) => {}
            }
        }
    }

    pub(crate) fn tell(&self, event: GenerationEvent) {
        let mut log = lock(&self.log);
        log.position = log.position.after(&event);
        let position = log.position;
        log.events.push(PositionedEvent { position, event });
        drop(log);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Takes in what the model sent and tells the viewers. Gives the bytes held so far.
    pub(crate) fn absorb(&self, event: &ModelEvent) -> usize {
        if let ModelEvent::Delta(delta) = event {
            self.tell(GenerationEvent::Delta(delta.clone()));
        }
        let mut log = lock(&self.log);
        log.partial.absorb(event.clone());
        log.partial.text.len() + log.partial.reasoning.len()
    }

    /// Forgets what was said: it is asked for again. Only where nobody watches the events.
    pub(crate) fn forget(&self) {
        let mut log = lock(&self.log);
        log.partial = Partial::default();
        log.events.truncate(1);
    }

    /// Notes what tools gave; the answer goes on.
    pub(crate) fn note_results(&self, results: &[Part]) {
        let mut log = lock(&self.log);
        log.partial.tool_results.extend_from_slice(results);
        // The next round is an attempt of its own.
        (log.partial.usage, log.partial.response_id, log.partial.request_id) = (None, None, None);
    }

    pub(crate) fn partial(&self) -> Partial {
        lock(&self.log).partial.clone()
    }

    /// How much has arrived; it only grows.
    pub(crate) fn position(&self) -> EventPosition {
        lock(&self.log).position
    }

    /// The end is stored: nothing comes after `last`.
    pub(crate) fn finish(&self, usage: GenerationEvent, last: GenerationEvent, outcome: Outcome) {
        self.tell(usage);
        self.tell(last);
        let mut log = lock(&self.log);
        log.outcome = Some(Arc::new(outcome));
        log.closed = true;
        drop(log);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Lets waiting viewers go when the task died without an end.
    pub(crate) fn close(&self) {
        lock(&self.log).closed = true;
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn view(self: &Arc<Self>, after: Option<EventPosition>) -> Viewer {
        self.viewers.send_modify(|count| *count += 1);
        Viewer { live: Arc::clone(self), next: 0, after }
    }

    fn leave(&self) {
        self.viewers.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Somebody who watches a generation. Dropping it is leaving.
#[derive(Debug)]
pub struct Viewer {
    live: Arc<Live>,
    next: usize,
    after: Option<EventPosition>,
}

enum Look {
    Event(Box<PositionedEvent>),
    Closed,
    Wait,
}

impl Viewer {
    /// Which generation.
    pub fn generation(&self) -> GenerationId {
        self.live.id
    }

    /// The next event; none after the last.
    pub async fn next(&mut self) -> Option<PositionedEvent> {
        let mut changed = self.live.changed.subscribe();
        loop {
            changed.borrow_and_update();
            match self.look() {
                Look::Event(event) => return Some(*event),
                Look::Closed => return None,
                Look::Wait => changed.changed().await.ok()?,
            }
        }
    }

    fn look(&mut self) -> Look {
        let log = lock(&self.live.log);
        while let Some(event) = log.events.get(self.next) {
            self.next += 1;
            if let Some(event) = rest_after(event, self.after) {
                return Look::Event(Box::new(event));
            }
        }
        if log.closed { Look::Closed } else { Look::Wait }
    }

    /// Waits for the end. None: the task died without one; the row tells what arrived.
    pub async fn outcome(self) -> Option<Arc<Outcome>> {
        let mut changed = self.live.changed.subscribe();
        loop {
            changed.borrow_and_update();
            {
                let log = lock(&self.live.log);
                if log.closed {
                    return log.outcome.clone();
                }
            }
            changed.changed().await.ok()?;
        }
    }

    /// All events as a stream.
    pub fn events(self) -> BoxStream<'static, PositionedEvent> {
        stream::unfold(self, |mut viewer| async move {
            let event = viewer.next().await?;
            Some((event, viewer))
        })
        .boxed()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.live.leave();
    }
}

/// What of an event comes after a position: all, a rest of its text, or nothing.
pub(crate) fn rest_after(event: &PositionedEvent, after: Option<EventPosition>) -> Option<PositionedEvent> {
    let Some(after) = after else { return Some(event.clone()) };
    let position = event.position;
    let rest = |text: &str, end: usize, known: usize| -> Option<String> {
        let fresh = end.checked_sub(known).filter(|fresh| *fresh > 0)?;
        let from = text.len().saturating_sub(fresh);
        text.get(from..).map(str::to_owned)
    };
    let event = match &event.event {
        GenerationEvent::Start { .. } => None,
        GenerationEvent::Delta(Delta::Text(text)) => {
            rest(text, position.text, after.text).map(Delta::Text).map(GenerationEvent::Delta)
        }
        GenerationEvent::Delta(Delta::Reasoning(text)) => {
            rest(text, position.reasoning, after.reasoning).map(Delta::Reasoning).map(GenerationEvent::Delta)
        }
        GenerationEvent::Delta(Delta::ToolCall(_)) => (position.tool_calls > after.tool_calls).then(|| event.event.clone()),
        GenerationEvent::Usage(_) => (position.stage > after.stage).then(|| event.event.clone()),
        // Told again to a client that has it already, so that every stream ends with one.
        GenerationEvent::Done { .. } | GenerationEvent::Error { .. } => Some(event.event.clone()),
    };
    event.map(|event| PositionedEvent { position, event })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(text: &str) -> GenerationEvent {
        GenerationEvent::Delta(Delta::Text(text.to_owned()))
    }

    #[tokio::test]
    async fn a_viewer_who_comes_back_gets_what_is_missing_down_to_the_character() {
        let live = Live::new(GenerationId(uuid::Uuid::from_u128(1)), Leaving::Drain);
        live.tell(text("Grü"));
        live.tell(text("ße"));
        live.close();
        let after = EventPosition { stage: 1, text: 2, ..EventPosition::default() };
        let events: Vec<GenerationEvent> = live.view(Some(after)).events().map(|event| event.event).collect().await;
        assert_eq!(events, [text("ü"), text("ße")]);
        let end = live.position();
        assert_eq!(live.view(Some(end)).events().count().await, 0);
        assert_eq!(live.view(None).events().count().await, 2);
    }

    /// Looks once whether it is to stop.
    fn stops(live: &Live) -> bool {
        futures_util::FutureExt::now_or_never(live.stopped()).is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_viewer_who_leaves_stops_it_as_the_policy_says() {
        let live = |leaving| Live::new(GenerationId(uuid::Uuid::from_u128(1)), leaving);
        let kept = live(Leaving::Drain);
        drop(kept.view(None));
        assert!(!stops(&kept));

        let bound = live(Leaving::Abort);
        let (first, second) = (bound.view(None), bound.view(None));
        drop(first);
        assert!(!stops(&bound));
        drop(second);
        assert_eq!(bound.stopped().await, StopCause::ClientLeft);

        let patient = live(Leaving::DrainFor(30));
        drop(patient.view(None));
        let begun = tokio::time::Instant::now();
        let stopped = patient.stopped();
        tokio::pin!(stopped);
        let wait = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        assert!(tokio::select! { _ = &mut stopped => false, () = wait(20) => true });
        let back = patient.view(None);
        assert!(tokio::select! { _ = &mut stopped => false, () = wait(60) => true }, "somebody came back");
        drop(back);
        assert_eq!(stopped.await, StopCause::ClientLeft);
        assert_eq!(begun.elapsed().as_secs(), 20 + 60 + 30);
    }
}
