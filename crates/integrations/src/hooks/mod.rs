//! Incoming hooks: what GitHub, Notion and Jira tell by themselves. Proven by what the vendor signs, stored once, published as an event.

pub mod codes;
mod error;
#[cfg(feature = "http")]
mod http;
mod inbox;
mod migration;
mod model;
mod proof;
mod read;
mod registry;
mod service;
mod store;
mod sweeping;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use core_db::{Db, DbError};
use core_feature::{ExportError, ExportSink};
use core_jobs::{EventType, Handler, Schedule};
use core_kernel::{Order, Owner, PageRequest, UserId};
use serde_json::json;

pub use error::HooksError;
#[cfg(feature = "http")]
pub use http::MAX_BODY_BYTES;
pub use migration::CreateHooks;
pub use model::{Hook, HookEvent, HookEventId, HookId, HookKind, HookStatus, NewHook, Proof, Receipt};
pub use read::Delivery;
pub use service::Hooks;

/// The event that something came in.
pub const RECEIVED: &str = "integration.hook.received";

/// Incoming hooks as a part of the feature.
#[derive(Clone)]
pub struct IncomingHooks {
    db: Db,
    /// The facade.
    pub hooks: Arc<dyn Hooks>,
}

impl std::fmt::Debug for IncomingHooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingHooks").finish_non_exhaustive()
    }
}

impl IncomingHooks {
    /// Hooks below `public_url`, where vendors reach this server.
    pub fn new(db: Db, public_url: &str) -> Self {
        let base = format!("{}/hooks/", public_url.trim_end_matches('/'));
        Self { hooks: Arc::new(registry::HookService { db: db.clone(), base }), db }
    }

    /// Jobs.
    pub fn jobs(&self) -> Vec<Handler> {
        vec![sweeping::handler(&self.db)]
    }

    /// Jobs that run at certain times.
    pub fn schedules() -> Vec<Schedule> {
        sweeping::schedules()
    }

    /// What is published.
    pub fn events() -> Vec<EventType> {
        let summary = "A provider told something; the event holds what.";
        vec![EventType { name: RECEIVED, version: 1, summary, example: inbox::received_example }]
    }

    /// Everything of a space but secrets.
    pub async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        for hook in store::hooks::all(self.db.read(), owner).await? {
            let row = json!({
                "id": hook.id, "kind": hook.kind, "name": hook.name, "visibility": hook.visibility, "created_by": hook.created_by,
                "created_at": hook.created_at,
            });
            sink.row("hooks", row).await?;
            let mut request = PageRequest::first(20, Order::Asc);
            loop {
                let page = store::events::list(self.db.read(), owner, hook.id, &request).await?;
                for event in page.items {
                    let payload = store::events::payload(self.db.read(), owner, hook.id, event.id).await?;
                    let row = json!({
                        "id": event.id, "hook_id": event.hook, "event_type": event.event_type, "delivery_id": event.delivery,
                        "received_at": event.received_at, "payload": payload,
                    });
                    sink.row("hook_events", row).await?;
                }
                request.after = page.next;
                if request.after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Removes everything of a space. Hooks go first: whoever stores an event holds its hook, and waits or is waited for.
    pub async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        self.db
            .write(|tx| async move {
                store::hooks::delete_all(&tx, owner).await?;
                store::events::delete_all(&tx, owner).await
            })
            .await
    }

    /// Removes what a person left in organisations: what only they saw, whole; what they shared stays under no name.
    pub async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        self.db
            .write(|tx| async move {
                for hook in store::hooks::private_elsewhere(&tx, user).await? {
                    store::hooks::delete(&tx, &hook).await?;
                    store::events::delete_of(&tx, hook.owner, hook.id).await?;
                }
                store::hooks::disown(&tx, user).await
            })
            .await
    }
}
