use std::sync::Arc;
use std::time::Duration;

use core_db::{DbError, Tx};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, enqueue_with};
use core_kernel::{Actor, ActorKind, Owner, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::summaries::SummaryService;
use crate::error::LlmError;
use crate::model::{ConversationId, Generation, Message, MessageId};

/// The most turns that are sent before a summary is made to stand for the older ones.
const MANY_TURNS: usize = 100;

/// True when the turns since the last summary have outgrown their share, half of the room (in tokens) that a request has for turns.
pub(crate) fn outgrown(tokens: u64, turns: usize, room: u64) -> bool {
    tokens > room / 2 || turns > MANY_TURNS
}

/// Makes a summary on the path to a message that has outgrown its share of the window. The branch is named by its message, not by the
/// conversation's active one, which may be another by then.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RollSummary {
    owner: Uuid,
    person: Uuid,
    api_key: Option<Uuid>,
    conversation: Uuid,
    message: Uuid,
    room: u64,
}

impl Job for RollSummary {
    const NAME: &'static str = "llm.roll_summary";
    const MAX_ATTEMPTS: i32 = 3;
    /// A long text is summarised in several calls.
    const TIMEOUT: Duration = Duration::from_mins(10);
}

/// Queues the summary of the path that ends with an answer, unless one of this run waits already: the next answer asks again where that was too
/// early. Each job reads the turns that it is about.
pub(crate) async fn enqueue(tx: &Tx, row: &Generation, message: &Message, room: u64) -> Result<(), DbError> {
    let job = RollSummary {
        owner: row.owner.get(),
        person: row.created_by.get(),
        api_key: row.api_key,
        conversation: message.conversation.get(),
        message: message.id.get(),
        room,
    };
    let run = Some(message.place.branch.to_string());
    let options = EnqueueOptions { owner: Some(row.owner), unique_key: run, ..EnqueueOptions::default() };
    enqueue_with(tx, &job, options).await.map(drop)
}

/// Somebody for whom a job works, held to the policies that they are held to themselves.
pub(super) fn in_place_of(owner: Owner, person: UserId) -> Actor {
    Actor { subject: person, on_behalf_of: Some(person), ..Actor::system("llm", owner) }
}

pub(crate) fn handler(service: Arc<SummaryService>) -> Handler {
    Handler::new::<RollSummary, _, _>(move |_context, job| {
        let service = Arc::clone(&service);
        async move { roll(&service, &job).await }
    })
}

async fn roll(service: &SummaryService, job: &RollSummary) -> Result<(), JobFailure> {
    let mut actor = in_place_of(Owner(job.owner), UserId(job.person));
    if let Some(key) = job.api_key {
        // The key's budget is charged, as for the answer; it needs no more rights than to chat.
        actor.kind = ActorKind::ApiKey { key };
        actor.permissions = crate::permissions::ALL.iter().map(|permission| permission.name).collect();
    }
    let path = (ConversationId(job.conversation), MessageId(job.message));
    match service.checkpoint(&actor, path, job.room).await {
        Ok(_made) => Ok(()),
        Err(LlmError::Db(error)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(conversation = %job.conversation, %error, "a conversation could not be summarised");
            Ok(())
        }
    }
}
