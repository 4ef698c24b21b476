use async_trait::async_trait;
use core_db::{Db, DbError};
use core_kernel::{Actor, Ambient, Page, PageRequest, Timestamp};

use crate::model::{Attempt, AttemptId, EndpointId, EndpointStatus, Exchange, Message, MessageState};
use crate::service::Attempts;
use crate::store::{attempts, endpoints, messages};
use crate::{WebhooksError, delivery, permissions};

/// How many messages one request sends again.
const MOST_MISSED: u64 = 200;

/// [`Attempts`] over the tables.
pub(crate) struct AttemptService {
    pub(crate) db: Db,
}

#[async_trait]
impl Attempts for AttemptService {
    async fn list(&self, actor: &Actor, endpoint: EndpointId, page: &PageRequest) -> Result<Page<Attempt>, WebhooksError> {
        actor.require(&permissions::READ)?;
        let connection = self.db.read();
        let found = endpoints::find(connection, actor, endpoint, self.db.ambient().now()).await?;
        let endpoint = found.ok_or(DbError::NotFound)?;
        Ok(attempts::list(connection, actor.owner, endpoint.id, page).await?)
    }

    async fn replay(&self, actor: &Actor, id: AttemptId) -> Result<Message, WebhooksError> {
        actor.require(&permissions::WRITE)?;
        self.db
            .write(|tx| async move {
                let attempt = attempts::find(&tx, actor.owner, id).await?.ok_or(DbError::NotFound)?;
                let now = tx.ambient().now();
                let endpoint = endpoints::find(&tx, actor, attempt.endpoint, now).await?.ok_or(DbError::NotFound)?;
                if endpoint.status != EndpointStatus::Enabled {
                    return Err(WebhooksError::EndpointDisabled);
                }
                let mut message = messages::find(&tx, actor.owner, attempt.message).await?.ok_or(DbError::NotFound)?;
                // Somebody else began a round a moment ago, or a try has just ended: either way the row says what is now.
                if messages::again(&tx, &message).await? {
                    message = Message { state: MessageState::Pending, round: message.round + 1, tries: 0, ..message };
                    delivery::enqueue(&tx, &message).await?;
                } else {
                    message = messages::find(&tx, actor.owner, message.id).await?.ok_or(DbError::NotFound)?;
                }
                Ok(message)
            })
            .await
    }

    async fn replay_missed(&self, actor: &Actor, endpoint: EndpointId, since: Timestamp) -> Result<(u64, bool), WebhooksError> {
        actor.require(&permissions::WRITE)?;
        self.db
            .write(|tx| async move {
                let found = endpoints::find(&tx, actor, endpoint, tx.ambient().now()).await?.ok_or(DbError::NotFound)?;
                if found.status != EndpointStatus::Enabled {
                    return Err(WebhooksError::EndpointDisabled);
                }
                let missed = messages::missed(&tx, actor.owner, endpoint, since, MOST_MISSED + 1).await?;
                let most = usize::try_from(MOST_MISSED).unwrap_or(usize::MAX);
                let mut begun = 0;
                for message in missed.iter().take(most) {
                    if messages::again(&tx, message).await? {
                        let again = Message { state: MessageState::Pending, round: message.round + 1, ..message.clone() };
                        delivery::enqueue(&tx, &again).await?;
                        begun += 1;
                    }
                }
                Ok((begun, missed.len() > most))
            })
            .await
    }
}

impl Attempt {
    /// A try of this message that has just ended. It is not made again.
    pub(crate) fn of(message: &Message, ambient: &Ambient, exchange: Exchange) -> Self {
        Self {
            id: ambient.id(),
            owner: message.owner,
            endpoint: message.endpoint,
            message: message.id,
            event: message.event,
            event_type: message.event_type.clone(),
            number: message.tries,
            exchange,
            retry_at: None,
            created_at: ambient.now(),
        }
    }
}
