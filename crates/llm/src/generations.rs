use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::DbError;
use core_jobs::{CatchUp, Handler, Job, JobFailure, Schedule};
use core_kernel::Actor;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::attach;
use crate::attempts;
use crate::chat::Usage;
use crate::confirmations;
use crate::engine::Engine;
use crate::error::{Failure, LlmError, codes};
use crate::live::StopCause;
use crate::messages::MessageService;
use crate::model::{Attempt, EventPosition, Generation, GenerationId, GenerationState, PositionedEvent, Settlement, UsageSource};
use crate::permissions;
use crate::service::{Decided, Decision, Generations, Repeated};
use crate::settlement::accounted;
use crate::store::generations::{self, Repeat};

const NOT_FOUND: LlmError = LlmError::Plain(&codes::GENERATION_NOT_FOUND);

/// How long a stop waits for the end to be stored.
const STOP_WAIT: Duration = Duration::from_secs(5);
/// How long a running row may be silent before its process is taken for dead; several heartbeats.
const SILENCE: Duration = Duration::from_mins(1);

/// [`Generations`] over the ledger and the engine.
#[derive(Debug)]
pub(crate) struct GenerationService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) messages: Arc<MessageService>,
}

impl GenerationService {
    async fn find(&self, actor: &Actor, id: GenerationId) -> Result<Generation, LlmError> {
        generations::find(self.engine.db.read(), actor, id).await?.ok_or(NOT_FOUND)
    }
}

#[async_trait]
impl Generations for GenerationService {
    async fn get(&self, actor: &Actor, id: GenerationId) -> Result<Generation, LlmError> {
        actor.require(&permissions::READ)?;
        self.find(actor, id).await
    }

    async fn attempts(&self, actor: &Actor, id: GenerationId) -> Result<Vec<Attempt>, LlmError> {
        actor.require(&permissions::READ)?;
        let row = self.find(actor, id).await?;
        match self.engine.live(id) {
            Some(live) => Ok(live.attempts.list()),
            None => Ok(attempts::of(self.engine.db.read(), &row).await?),
        }
    }

    async fn stop(&self, actor: &Actor, id: GenerationId) -> Result<Generation, LlmError> {
        actor.require(&permissions::CHAT)?;
        let row = self.find(actor, id).await?;
        if row.state != GenerationState::Running {
            return Ok(row);
        }
        match self.engine.live(id) {
            Some(live) => {
                live.stop(StopCause::Asked);
                let _ = tokio::time::timeout(STOP_WAIT, live.view(None).outcome()).await;
            }
            // Another process runs it and looks at the row with its next beat.
            None => {
                let owner = row.owner;
                self.engine
                    .db
                    .write(|tx| async move { generations::request_stop(&tx, owner, id).await })
                    .await
                    .map_err(|error: DbError| LlmError::from(error))?;
            }
        }
        self.find(actor, id).await
    }

    async fn attach(
        &self,
        actor: &Actor,
        id: GenerationId,
        after: Option<EventPosition>,
    ) -> Result<BoxStream<'static, PositionedEvent>, LlmError> {
        actor.require(&permissions::READ)?;
        let row = self.find(actor, id).await?;
        Ok(attach::events(Arc::clone(&self.engine), row, after))
    }

    async fn decide(&self, actor: &Actor, id: GenerationId, decision: Decision) -> Result<Decided, LlmError> {
        actor.require(&permissions::CHAT)?;
        let row = self.find(actor, id).await?;
        confirmations::decide(&self.engine, &self.messages, actor, row, decision).await
    }

    async fn repeated(&self, actor: &Actor, repeat: &Repeat) -> Result<Repeated, LlmError> {
        actor.require(&permissions::CHAT)?;
        let found = generations::find_repeated(self.engine.db.read(), actor, &repeat.key).await?;
        Ok(match found {
            None => Repeated::First,
            Some((row, fingerprint)) if fingerprint == repeat.fingerprint => Repeated::Same(row.id),
            Some(_) => Repeated::Other,
        })
    }
}

/// Settles generations whose process was killed, with the text that was stored last.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SettleOrphans {}

impl Job for SettleOrphans {
    const NAME: &'static str = "llm.settle_orphans";
}

pub(crate) fn handler(engine: Arc<Engine>) -> Handler {
    Handler::new::<SettleOrphans, _, _>(move |_context, _job| {
        let engine = Arc::clone(&engine);
        async move { settle_orphans(&engine).await.map(drop).map_err(JobFailure::retry) }
    })
}

/// Every minute; missed times need no catching up.
pub(crate) fn schedule() -> Option<Schedule> {
    Schedule::new("llm.settle_orphans", "* * * * *", CatchUp::Once, || SettleOrphans {}).ok()
}

/// Settles what is orphaned now. Gives how many there were.
pub(crate) async fn settle_orphans(engine: &Engine) -> Result<usize, DbError> {
    let before = engine.db.ambient().now().minus(SILENCE);
    let mut settled = 0;
    loop {
        let orphans = generations::orphans(engine.db.read(), before, 100).await?;
        if orphans.is_empty() {
            return Ok(settled);
        }
        for row in orphans {
            let end = interrupted(engine, &row).await?;
            settled += usize::from(engine.settle(&row, &end, None).await?.is_some());
        }
    }
}

/// The end of a row whose process is gone: the attempt that ran is estimated from what was stored of its text.
async fn interrupted(engine: &Engine, row: &Generation) -> Result<Settlement, DbError> {
    let known = attach::settlement_of(row);
    let failure =
        Failure { code: &codes::INTERRUPTED, detail: "The server that ran the generation ended.".to_owned(), retry_after: None };
    let mut made = attempts::of(engine.db.read(), row).await?;
    if let Some(last) = made.last_mut().filter(|last| last.state == GenerationState::Running) {
        let output = (known.answer.text.chars().count() as u64).div_ceil(4);
        last.state = GenerationState::Interrupted;
        last.usage_source = if known.answer.is_empty() { UsageSource::None } else { UsageSource::Estimated };
        last.usage = Usage { output, ..Usage::default() };
        last.cost = engine.router.cost(&last.provider, &last.model, &last.usage);
        last.failure = Some(failure.clone());
        last.finished_at = Some(engine.db.ambient().now());
    }
    Ok(accounted(Settlement { state: GenerationState::Interrupted, finish: None, failure: Some(failure), ..known }, made))
}
