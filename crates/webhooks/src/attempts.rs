use async_trait::async_trait;
use core_db::{Db, DbError};
use core_kernel::{Actor, Ambient, Page, PageRequest};

use crate::model::{Attempt, AttemptId, EndpointId, EndpointStatus, Exchange, Message, MessageState};
use crate::service::Attempts;
use crate::store::{attempts, endpoints, messages};
use crate::{WebhooksError, delivery, permissions};

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
