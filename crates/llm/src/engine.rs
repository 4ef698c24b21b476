use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use core_db::{Db, DbError};
use core_jobs::NewEvent;
use core_kernel::{Actor, Owner};
use serde_json::json;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::Answers;
use crate::chat::{ChatRequest, Evidence};
use crate::config::Timeouts;
use crate::error::{Failure, codes};
use crate::feature::Deps;
use crate::guard::GuardConfig;
use crate::leaving::{Leaving, LeavingConfig};
use crate::limits::Limits;
use crate::live::{Live, Outcome, StopCause, Viewer};
use crate::model::{Generation, GenerationEvent, GenerationId, GenerationState, Message, Purpose, Settlement, UsageReport};
use crate::ports::Ports;
use crate::provider::{FailureClass, Mode, ModelError};
use crate::routing::{Router, Target};
use crate::settlement::{Progress, settlement};
use crate::store::generations::Due;
use crate::store::{conversations, generations, messages, spending};
use crate::templates::Offers;
use crate::toolbelt::ToolBelt;

/// Published when an assistant's message is whole.
pub(crate) const MESSAGE_COMPLETED: &str = "conversation.message.completed";

/// How often arriving text is stored.
const FLUSH: Duration = Duration::from_millis(500);
/// How long a call may last before its row is stored as running.
const SOON: Duration = Duration::from_millis(5);
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
    /// call: as running after five milliseconds, or, where the answer is there sooner, once and whole before it is given. A crash within
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
}

/// Runs generations.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) db: Db,
    pub(crate) router: Arc<Router>,
    tasks: Tasks,
    timeouts: Timeouts,
    pub(crate) max_answer_bytes: usize,
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
    /// What callers may use.
    pub(crate) limits: Limits,
    lives: Mutex<HashMap<GenerationId, Arc<Live>>>,
}

impl Engine {
    pub(crate) fn new(router: Arc<Router>, deps: Deps) -> Arc<Self> {
        let Deps { db, config, tasks, offers, ports, cluster, .. } = deps;
        let limits = Limits::new(db.clone(), cluster);
        let (timeouts, max_answer_bytes, leaving) = (config.timeouts, config.max_answer_bytes, config.leaving);
        let (guard, answers) = (config.guard.clone(), Answers::new(config.cache));
        Arc::new(Self {
            db,
            router,
            tasks,
            timeouts,
            max_answer_bytes,
            leaving,
            guard,
            answers,
            offers,
            ports,
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
        let running = Running { engine: Arc::clone(self), live };
        self.tasks.tracker.spawn_on(async move { running.run(work).await }, &self.tasks.runtime);
        viewer
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

    /// Ends those of the generations that run in this process; the others see it at their next beat.
    pub(crate) fn stop_all(&self, ids: &[GenerationId], cause: StopCause) {
        ids.iter().filter_map(|id| self.live(*id)).for_each(|live| live.stop(cause));
    }

    /// Stores the end of a generation, with its message and the event about it. None: somebody else has settled it, or it was
    /// deleted.
    pub(crate) async fn settle(&self, row: &Generation, settlement: &Settlement) -> Result<Option<Settled>, DbError> {
        self.db
            .write(|tx| async move {
                if !generations::settle(&tx, row.owner, row.id, settlement).await? {
                    return Ok(None);
                }
                if let Some(reservation) = &row.reservation {
                    spending::settle(&tx, reservation, settlement.cost.micros).await?;
                }
                let mut settled = Settled { message: None };
                if let Some(message) = row.assistant_message {
                    settled.message = messages::settle(&tx, row.owner, message, settlement).await?;
                }
                if let (Some(conversation), Some(message)) = (row.conversation, &settled.message) {
                    conversations::touch(&tx, row.owner, conversation).await?;
                    if settlement.state == GenerationState::Complete {
                        core_jobs::publish(&tx, completed(row.owner, message)).await?;
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

fn completed(owner: Owner, message: &Message) -> NewEvent {
    NewEvent {
        r#type: MESSAGE_COMPLETED,
        version: 1,
        owner,
        subject: message.id.get(),
        data: completed_example(message.conversation.get(), message.id.get(), message.generation.map(GenerationId::get)),
    }
}

/// The payload of [`MESSAGE_COMPLETED`].
pub(crate) fn completed_example(
    conversation: uuid::Uuid,
    message: uuid::Uuid,
    generation: Option<uuid::Uuid>,
) -> serde_json::Value {
    json!({ "conversation_id": conversation, "message_id": message, "generation_id": generation })
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
        let end = self.generate(&work, &mut progress).await;
        let mut settlement = settlement(end, self.live.partial(), progress, &work.request);
        settlement.cost = self.engine.router.cost(&settlement);
        let message = self.store(&work, &settlement).await;
        crate::telemetry::ended(self.engine.router.as_ref(), &work, &settlement);
        let (usage, last) = last_events(&work.row, &settlement, message.clone());
        let generation = work.row.id;
        let outcome = Outcome { generation, settlement, user_message: work.user_message, assistant_message: message };
        // Whoever attaches from now on reads the row, which has its end.
        self.engine.lives.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.live.id);
        self.live.finish(usage, last, outcome);
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
            match generations::beat(&self.engine.db, work.row.owner, work.row.id, &self.live.partial()).await {
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
        self.engine.settle(&work.row, settlement).await
    }
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
