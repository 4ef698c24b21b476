use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use core_db::{Db, DbError};
use core_jobs::NewEvent;
use core_kernel::{Actor, TraceContext, UserId, Visibility};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span};

use crate::attempts::AttemptEnd;
use crate::cache::Answers;
use crate::chat::{ChatRequest, Evidence, Partial};
use crate::config::Timeouts;
use crate::feature::Deps;
use crate::guard::GuardConfig;
use crate::leaving::{Leaving, LeavingConfig};
use crate::limits::{Admitted, Limits};
use crate::live::{Live, Outcome, StopCause, Viewer};
use crate::memory::recall::Recall;
use crate::memory::rolling;
use crate::model::{
    ConversationId, Generation, GenerationEvent, GenerationId, GenerationState, Message, MessageId, Purpose, Settlement,
};
use crate::ports::Ports;
use crate::provider::{FailureClass, Mode, ModelError};
use crate::routing::{Router, Target};
use crate::settlement::{Progress, accounted, last_events, settlement};
use crate::store::generations::Due;
use crate::store::{attempts, conversations, generations, messages, spending};
use crate::telemetry;
use crate::templates::Offers;
use crate::toolbelt::ToolBelt;

/// Published when an assistant's message is whole.
pub(crate) const MESSAGE_COMPLETED: &str = "conversation.message.completed";

/// How often arriving text is stored.
const FLUSH: Duration = Duration::from_millis(500);
/// How long a call may last before its row is stored as running.
const SOON: Duration = Duration::from_millis(20);
/// How often a silent generation says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Where generations run: on the main runtime, so that they outlive requests, and under a tracker, so that shutdown waits.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Waits for what runs.
    pub tracker: TaskTracker,
    /// The multi-thread runtime.
    pub runtime: Handle,
    /// Cancelled when the server stops: generations then end as interrupted and say so.
    pub shutdown: CancellationToken,
}

impl Tasks {
    /// Tasks on the runtime that this is called in.
    pub fn here() -> Self {
        Self { tracker: TaskTracker::new(), runtime: Handle::current(), shutdown: CancellationToken::new() }
    }
}

/// A generation to run.
pub(crate) struct Work {
    pub(crate) row: Generation,
    /// Set where the row is not stored yet. Of a call that nobody else can know of while it runs, the row is written beside the
    /// call: as running after twenty milliseconds, or, where the answer is there sooner, once and whole before it is given. A crash within
    /// those milliseconds leaves a call without a row.
    pub(crate) due: Option<Due>,
    pub(crate) request: ChatRequest,
    pub(crate) targets: Vec<Target>,
    /// How the provider is asked.
    pub(crate) mode: Mode,
    /// Somebody waits for the whole answer, and only so long.
    pub(crate) bounded: bool,
    /// What becomes of it once its viewers have left.
    pub(crate) leaving: Leaving,
    pub(crate) user_message: Option<Message>,
    /// When the request came in.
    pub(crate) received: Instant,
    /// Tools of the server that the model may call.
    pub(crate) belt: Option<ToolBelt>,
    /// The budgets that each further request has to fit into.
    pub(crate) admitted: Admitted,
    /// The tokens that the conversation has for turns, where they have outgrown their share: a summary follows the answer.
    pub(crate) outgrown: Option<u64>,
}

/// Runs generations.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) db: Db,
    pub(crate) router: Arc<Router>,
    tasks: Tasks,
    timeouts: Timeouts,
    pub(crate) max_answer_bytes: usize,
    /// Conversations are summarised as they grow.
    pub(crate) rolling_summaries: bool,
    /// What becomes of answers that nobody watches.
    pub(crate) leaving: LeavingConfig,
    /// What must not reach a provider.
    pub(crate) guard: GuardConfig,
    /// Answers that are given again.
    pub(crate) answers: Answers,
    /// What the features of this server hand in.
    pub(crate) offers: Offers,
    /// What other features answer.
    pub(crate) ports: Ports,
    /// How facts are found again.
    pub(crate) recall: Recall,
    /// What callers may use.
    pub(crate) limits: Limits,
    lives: Mutex<HashMap<GenerationId, Arc<Live>>>,
}

impl Engine {
    pub(crate) fn new(router: Arc<Router>, deps: Deps) -> Arc<Self> {
        let Deps { db, config, tasks, offers, ports, cluster, .. } = deps;
        let limits = Limits::new(db.clone(), cluster);
        let (timeouts, max_answer_bytes, leaving) = (config.timeouts, config.max_answer_bytes, config.leaving);
        let rolling_summaries = config.rolling_summaries;
        let (guard, answers) = (config.guard.clone(), Answers::new(config.cache));
        Arc::new(Self {
            db,
            router,
            tasks,
            timeouts,
            max_answer_bytes,
            rolling_summaries,
            leaving,
            guard,
            answers,
            offers,
            ports,
            recall: Recall::new(config.embedding_model),
            limits,
            lives: Mutex::default(),
        })
    }

    /// Begins a generation and gives its first viewer.
    pub(crate) fn start(self: &Arc<Self>, work: Work) -> Viewer {
        let live = Live::new(work.row.id, work.leaving);
        live.tell(GenerationEvent::Start {
            generation: work.row.id,
            conversation: work.row.conversation,
            user_message: work.user_message.clone().map(Box::new),
            assistant_message: work.row.assistant_message,
            model: work.row.model.clone().unwrap_or_default(),
            provider: work.row.provider.clone().unwrap_or_default(),
        });
        let viewer = live.view(None);
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).insert(work.row.id, Arc::clone(&live));
        // Made here, so that it belongs to the request.
        let span = telemetry::span(&self.router, "chat", &work.row);
        let running = Running { engine: Arc::clone(self), live };
        self.spawn(async move { running.run(work).await }.instrument(span));
        viewer
    }

    /// Runs something beside requests, which shutdown waits for. It stays in the trace of who begins it.
    pub(crate) fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        // In a box, for a runtime moves a task some six times on its way to its end, and these are large.
        self.tasks.tracker.spawn_on(TraceContext::carry(Box::pin(task)), &self.tasks.runtime)
    }

    /// Writes down what has happened already, as one row.
    pub(crate) async fn record(&self, actor: &Actor, purpose: Purpose, settlement: &Settlement) -> Result<GenerationId, DbError> {
        self.db
            .write(|tx| async move {
                let row = generations::insert(&tx, generations::Draft::plain(tx.ambient().id(), actor, purpose)).await?;
                generations::settle(&tx, row.owner, row.id, settlement).await?;
                Ok(row.id)
            })
            .await
    }

    /// The generation, when it runs in this process.
    pub(crate) fn live(&self, id: GenerationId) -> Option<Arc<Live>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// How many generations run in this process.
    pub(crate) fn running(&self) -> usize {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Ends those of the generations that run in this process; the others see it at their next beat.
    pub(crate) fn stop_all(&self, ids: &[GenerationId], cause: StopCause) {
        ids.iter().filter_map(|id| self.live(*id)).for_each(|live| live.stop(cause));
    }

    /// Stores the end of a generation, with its message and the event about it. None: somebody else has settled it, or it was
    /// deleted.
    /// `outgrown`: see [`Work`].
    pub(crate) async fn settle(
        &self,
        row: &Generation,
        settlement: &Settlement,
        outgrown: Option<u64>,
    ) -> Result<Option<Settled>, DbError> {
        self.db
            .write(|tx| async move {
                if !generations::settle(&tx, row.owner, row.id, settlement).await? {
                    return Ok(None);
                }
                if row.reservation.is_some()
                    && let Some(held) = generations::reservation(&tx, row.owner, row.id).await?
                {
                    spending::settle(&tx, &held, settlement.cost.micros).await?;
                }
                if settlement.attempts.len() > 1 {
                    attempts::insert_ended(&tx, row, &settlement.attempts).await?;
                }
                let mut settled = Settled { message: None };
                if let Some(message) = row.assistant_message {
                    settled.message = messages::settle(&tx, row.owner, message, settlement).await?;
                }
                if let (Some(conversation), Some(message)) = (row.conversation, &settled.message) {
                    conversations::touch(&tx, row.owner, conversation).await?;
                    if settlement.state == GenerationState::Complete {
                        let visibility = conversations::visibility(&tx, row.owner, conversation).await?;
                        core_jobs::publish(&tx, completed(row, message, visibility)).await?;
                        if let Some(room) = outgrown {
                            rolling::enqueue(&tx, row, message, room).await?;
                        }
                    }
                }
                Ok(Some(settled))
            })
            .await
    }
}

/// What is stored of an end.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) message: Option<Message>,
}

fn completed(row: &Generation, message: &Message, visibility: Visibility) -> NewEvent {
    NewEvent {
        r#type: MESSAGE_COMPLETED,
        version: 1,
        owner: row.owner,
        subject: message.id.get(),
        data: completed_data(message.conversation, message.id, row.id, (row.created_by, visibility)),
    }
}

/// The payload of [`MESSAGE_COMPLETED`].
pub(crate) fn completed_data(
    conversation: ConversationId,
    message: MessageId,
    generation: GenerationId,
    (created_by, visibility): (UserId, Visibility),
) -> serde_json::Value {
    json!({
        "conversation_id": conversation, "message_id": message, "generation_id": generation,
        "created_by": created_by, "visibility": visibility,
    })
}

/// One generation at work. Dropping it unfinished (a panic, a runtime that ends) lets its viewers go.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    pub(crate) live: Arc<Live>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.lives.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.live.id);
        self.live.close();
    }
}

impl Running {
    async fn run(self, work: Work) {
        let mut progress = Progress::default();
        let end = Box::pin(self.generate(&work, &mut progress)).await;
        let ended = settlement(end, self.live.partial(), progress);
        self.end_attempt(&AttemptEnd::Early(ended.state, ended.failure.clone()), &ended.answer);
        let settlement = accounted(ended, self.live.attempts.list());
        let message = self.store(&work, &settlement).await;
        telemetry::note(&Span::current(), &self.engine.router, &settlement);
        telemetry::ended(self.engine.router.as_ref(), &work, &settlement);
        let (usage, last) = last_events(&work.row, &settlement, message.clone());
        let generation = work.row.id;
        let outcome = Outcome { generation, settlement, user_message: work.user_message, assistant_message: message };
        // Whoever attaches from now on reads the row, which has its end.
        self.engine.lives.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.live.id);
        self.live.finish(usage, last, outcome);
    }

    /// Ends the attempt that is on, if one is.
    pub(crate) fn end_attempt(&self, end: &AttemptEnd<'_>, answer: &Partial) {
        self.live.attempts.end(end, answer, self.engine.router.prices(), self.engine.db.ambient().now());
    }

    async fn generate(&self, work: &Work, progress: &mut Progress) -> Result<Evidence, ModelError> {
        let limit = if work.bounded { self.engine.timeouts.total() } else { Duration::from_hours(24) };
        let shutdown = &self.engine.tasks.shutdown;
        tokio::select! {
            biased;
            cause = self.live.stopped() => Err(cause.error()),
            () = shutdown.cancelled() => Err(ModelError::new(FailureClass::Interrupted, "the server is stopping")),
            () = tokio::time::sleep(limit) => Err(ModelError::new(FailureClass::Unavailable, "the provider took too long")),
            end = self.ask(work, progress) => end,
            () = self.keep(work) => Err(StopCause::Lost.error()),
        }
    }

    /// Stores what arrives from time to time, and says that the generation is alive. Never ends by itself.
    async fn keep(&self, work: &Work) {
        if let Some(due) = &work.due {
            tokio::time::sleep(SOON).await;
            while let Err(error) = due.store(&self.engine.db).await {
                tracing::warn!(generation = %work.row.id, %error, "a running generation could not be stored");
                tokio::time::sleep(FLUSH).await;
            }
        }
        let mut ticks = tokio::time::interval(FLUSH);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        let (mut stored, mut quiet) = (self.live.position(), Instant::now());
        loop {
            ticks.tick().await;
            let position = self.live.position();
            if position == stored && quiet.elapsed() < HEARTBEAT {
                continue;
            }
            match generations::beat(&self.engine.db, &work.row, &self.live.partial(), &self.live.attempts.list()).await {
                Ok(generations::Pulse::On) => (stored, quiet) = (position, Instant::now()),
                Ok(generations::Pulse::StopRequested) => self.live.stop(StopCause::Asked),
                Ok(generations::Pulse::Gone) => self.live.stop(StopCause::Deleted),
                Err(error) => tracing::warn!(generation = %work.row.id, %error, "partial text could not be stored"),
            }
        }
    }

    /// Stores the end. When the database does not take it, the row stays `running` and is settled later as interrupted, with the
    /// text that was stored last.
    async fn store(&self, work: &Work, settlement: &Settlement) -> Option<Message> {
        let row = &work.row;
        for pause in [200, 1_000, 0] {
            match self.try_store(work, settlement).await {
                Ok(settled) => return settled.and_then(|settled| settled.message),
                Err(error) => tracing::error!(generation = %row.id, %error, "the end of a generation could not be stored"),
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        None
    }

    async fn try_store(&self, work: &Work, settlement: &Settlement) -> Result<Option<Settled>, DbError> {
        if let Some(due) = &work.due {
            match due.store_settled(&self.engine.db, settlement).await {
                Err(DbError::Conflict(_)) => {}
                whole => return whole.map(|()| Some(Settled { message: None })),
            }
        }
        self.engine.settle(&work.row, settlement, work.outgrown).await
    }
}
