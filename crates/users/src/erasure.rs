use std::sync::Arc;
use std::time::Duration;

use core_db::{DbError, Tx};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, Subscription, enqueue_with};
use core_kernel::UserId;
use serde::{Deserialize, Serialize};

use crate::{Identities, PersonalData};

/// Removes everything that a person holds, in every feature.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ErasePerson {
    pub(crate) user: UserId,
}

impl Job for ErasePerson {
    const NAME: &'static str = "users.erase_person";
    /// People are promised that it happens, so that a feature may be broken for a day.
    const MAX_ATTEMPTS: i32 = 20;
    const TIMEOUT: Duration = Duration::from_mins(15);
}

/// Queues the erasure; one that waits already is enough.
pub(crate) async fn queue(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let options = EnqueueOptions { unique_key: Some(user.to_string()), owner: Some(user.into()), ..EnqueueOptions::default() };
    enqueue_with(tx, &ErasePerson { user }, options).await.map(drop)
}

/// Whoever closed an account, and however far that request got: what its person held is erased.
pub(crate) fn subscription() -> Subscription {
    Subscription::new("user.deleted", "users.queue_erasure", |context, event| async move {
        let queued: Result<(), DbError> = context.db.write(|tx| async move { queue(&tx, UserId(event.subject)).await }).await;
        Ok(queued?)
    })
}

/// Closes the identity first, which is safe to repeat.
pub(crate) fn handler(identities: Arc<dyn Identities>, personal_data: Arc<dyn PersonalData>) -> Handler {
    Handler::new::<ErasePerson, _, _>(move |context, job| {
        let (identities, personal_data) = (Arc::clone(&identities), Arc::clone(&personal_data));
        async move {
            identities.close(job.user).await.map_err(JobFailure::retry)?;
            personal_data.erase(job.user).await.map_err(JobFailure::retry)?;
            Ok(context.db.empty_log().await?)
        }
    })
}
