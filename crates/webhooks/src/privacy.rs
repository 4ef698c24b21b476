use core_db::{Db, DbError, Tx};
use core_feature::{ExportError, ExportSink};
use core_kernel::{Order, Owner, PageRequest, UserId};
use serde_json::json;

use crate::model::Endpoint;
use crate::store::{attempts, endpoints, messages, secrets};

const BATCH: u64 = 100;

/// Everything of a space but its secrets, which were shown once and are nobody's to read again.
pub(crate) async fn export(db: &Db, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    for endpoint in endpoints::all(db.read(), owner).await? {
        let row = json!({
            "id": endpoint.id, "url": endpoint.url.as_str(), "description": endpoint.description, "event_types": endpoint.events,
            "visibility": endpoint.visibility, "created_by": endpoint.created_by, "created_at": endpoint.created_at,
            "updated_at": endpoint.updated_at,
        });
        sink.row("endpoints", row).await?;
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
        loop {
            let page = attempts::list(db.read(), owner, endpoint.id, &request).await?;
            for attempt in page.items {
                let row = json!({
                    "id": attempt.id, "endpoint_id": attempt.endpoint, "message_id": attempt.message, "event_type": attempt.event_type,
                    "status": attempt.exchange.status, "error": attempt.exchange.error, "response": attempt.exchange.answer,
                    "created_at": attempt.created_at,
                });
                sink.row("attempts", row).await?;
            }
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
    }
    let mut after = None;
    loop {
        let batch = messages::batch(db.read(), owner, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.id);
        for message in batch {
            let row = json!({
                "id": message.id, "endpoint_id": message.endpoint, "event_type": message.event_type, "state": message.state,
                "body": message.body, "created_at": message.created_at,
            });
            sink.row("messages", row).await?;
        }
    }
}

/// Removes everything of a space. Endpoints go first: whoever makes messages holds them, and waits or is waited for.
pub(crate) async fn erase(db: &Db, owner: Owner) -> Result<(), DbError> {
    db.write(|tx| async move {
        endpoints::delete_all(&tx, owner).await?;
        secrets::delete_all(&tx, owner).await?;
        messages::delete_all(&tx, owner).await?;
        attempts::delete_all(&tx, owner).await
    })
    .await
}

/// Removes what a person left in spaces of organisations: what only they saw, whole; what they shared stays under no name.
pub(crate) async fn forget_member(db: &Db, user: UserId) -> Result<(), DbError> {
    db.write(|tx| async move {
        for endpoint in endpoints::private_elsewhere(&tx, user).await? {
            // Whatever its version: it may be disabled at this moment, since its maker left.
            endpoints::delete_any(&tx, &endpoint).await?;
            delete_what_was_sent(&tx, &endpoint).await?;
        }
        endpoints::disown(&tx, user).await
    })
    .await
}

/// Deletes an endpoint with all that was sent to it, while it has its version. False: it has another one, or is gone.
pub(crate) async fn delete(tx: &Tx, endpoint: &Endpoint) -> Result<bool, DbError> {
    if !endpoints::delete(tx, endpoint).await? {
        return Ok(false);
    }
    delete_what_was_sent(tx, endpoint).await?;
    Ok(true)
}

async fn delete_what_was_sent(tx: &Tx, endpoint: &Endpoint) -> Result<(), DbError> {
    secrets::delete_of(tx, endpoint.owner, endpoint.id).await?;
    messages::delete_of(tx, endpoint.owner, endpoint.id).await?;
    attempts::delete_of(tx, endpoint.owner, endpoint.id).await
}
