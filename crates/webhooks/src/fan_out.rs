use core_db::{Db, DbError};
use core_jobs::{Event, JOB_DEAD, JobFailure, Subscription};
use core_kernel::{UserId, Visibility};
use serde_json::Value;

use crate::envelope::Envelope;
use crate::model::{DisabledReason, Endpoint, Message, MessageState};
use crate::store::endpoints;
use crate::{EventCatalogue, delivery, store};

/// Listens to every type of the catalogue, and to people who leave organisations.
pub(crate) fn subscriptions(db: &Db, catalogue: &EventCatalogue) -> Vec<Subscription> {
    let every = catalogue.all().iter().map(|known| {
        let db = db.clone();
        Subscription::new(known.name, "webhooks.fan_out", move |_, event| {
            let db = db.clone();
            async move { fan_out(&db, &event).await.map_err(JobFailure::from) }
        })
    });
    let left = catalogue.find(MEMBER_REMOVED).map(|known| {
        let db = db.clone();
        Subscription::new(known.name, "webhooks.part_with", move |_, event| {
            let db = db.clone();
            async move { part_with(&db, &event).await.map_err(JobFailure::from) }
        })
    });
    every.chain(left).collect()
}

const MEMBER_REMOVED: &str = "org.member_removed";

/// Makes a message for each endpoint of the space that wants the event. An event that comes twice makes no second one.
async fn fan_out(db: &Db, event: &Event) -> Result<(), DbError> {
    if is_own_death(event) {
        return Ok(());
    }
    let wants = |endpoint: &Endpoint| endpoint.events.takes(&event.r#type) && may_have(endpoint, event);
    // Most spaces have no endpoint: that costs one read.
    if !endpoints::enabled(db.read(), event.owner).await?.iter().any(wants) {
        return Ok(());
    }
    let body = Envelope::of(event).body();
    let body = &body;
    db.write(|tx| async move {
        for endpoint in endpoints::enabled_held(&tx, event.owner).await?.into_iter().filter(|endpoint| wants(endpoint)) {
            let message = Message {
                id: tx.ambient().id(),
                owner: endpoint.owner,
                endpoint: endpoint.id,
                event: event.id,
                event_type: event.r#type.clone(),
                body: body.clone(),
                state: MessageState::Pending,
                round: 1,
                tries: 0,
                created_at: tx.ambient().now(),
            };
            if store::messages::insert(&tx, &message).await? {
                delivery::enqueue(&tx, &message).await?;
            }
        }
        Ok(())
    })
    .await
}

/// A delivery that gave up would else be delivered, give up, and so on.
fn is_own_death(event: &Event) -> bool {
    let name = event.data.get("name").and_then(Value::as_str).unwrap_or_default();
    event.r#type == JOB_DEAD && (name.starts_with("webhooks.") || name.contains(":webhooks."))
}

/// In an organisation what is private to somebody reaches their own endpoints alone, as it does in the feed of events: only what says
/// that it is everybody's, and what is about the organisation itself, reaches the others.
fn may_have(endpoint: &Endpoint, event: &Event) -> bool {
    let personal = event.owner == endpoint.created_by.into();
    let everybodys = event.is_shared() || event.r#type.starts_with("org.");
    let own = endpoint.visibility == Visibility::Private && event.is_created_by(endpoint.created_by);
    personal || everybodys || own
}

/// Whoever left an organisation hears no more of it.
async fn part_with(db: &Db, event: &Event) -> Result<(), DbError> {
    let user = UserId(event.subject);
    db.write(|tx| async move {
        for endpoint in endpoints::private_in(&tx, event.owner, user).await? {
            endpoints::disable(&tx, &endpoint, DisabledReason::CreatorLeft).await?;
        }
        Ok(())
    })
    .await
}
