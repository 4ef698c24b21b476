use core_db::{Db, DbError, Tx};
use core_jobs::{NewEvent, publish};
use core_kernel::{Secret, UserId, Visibility};
use serde_json::{Value, json};
use uuid::Uuid;

use super::read::{Told, handshake};
use super::store::{events, hooks};
use super::{Delivery, Hook, HookEvent, HookEventId, HookId, HookKind, HookStatus, HooksError, Proof, RECEIVED, Receipt, proof};

/// The most bytes of bodies that one hook keeps; more come in and are published without them.
const MOST_STORED: i64 = 256 * 1024 * 1024;

/// Something came: who sent it is proven, it is stored once and published, and the answer goes out. Nothing else is done meanwhile.
pub(super) async fn receive(db: &Db, id: HookId, delivery: &Delivery) -> Result<Receipt, HooksError> {
    let stored = hooks::find_of_anybody(db.read(), db.keyring(), id).await?.ok_or(DbError::NotFound)?;
    let hook = &stored.hook;
    let Some(secret) = &stored.secret else { return take_token(db, hook, delivery).await };
    let proven = proof::check(hook.kind, secret, delivery, db.ambient().now())?;
    if delivery.is_ping(hook.kind) {
        let there = db.write(|tx| async move { hooks::touch(&tx, id).await }).await?;
        return if there { Ok(Receipt::Pong) } else { Err(DbError::NotFound.into()) };
    }
    let told = &delivery.read(hook.kind)?;
    if told.payload.contains('\0') {
        return Err(HooksError::NotReadable("The body has the character U+0000"));
    }
    db.write(|tx| async move { store(&tx, hook, delivery, told, proven).await }).await
}

/// Notion's handshake: its token comes once, before anything is signed. A second one would be somebody else's.
async fn take_token(db: &Db, hook: &Hook, delivery: &Delivery) -> Result<Receipt, HooksError> {
    const UNPROVEN: HooksError = HooksError::NotProven("This hook waits for the verification token of Notion");
    let token: Option<Secret> =
        handshake(delivery).filter(|_| hook.kind == HookKind::Notion && hook.status == HookStatus::Pending);
    let token = &token.ok_or(UNPROVEN)?;
    let taken = db.write(|tx| async move { hooks::take_token(&tx, hook, token).await }).await?;
    if taken { Ok(Receipt::Handshake) } else { Err(UNPROVEN) }
}

async fn store(tx: &Tx, hook: &Hook, delivery: &Delivery, told: &Told, proof: Proof) -> Result<Receipt, HooksError> {
    if !hooks::touch(tx, hook.id).await? {
        return Err(DbError::NotFound.into());
    }
    let bytes = i64::try_from(told.payload.len()).unwrap_or(i64::MAX);
    let kept = hooks::take_room(tx, hook.id, bytes, MOST_STORED).await?;
    let event = HookEvent {
        id: tx.ambient().id(),
        hook: hook.id,
        event_type: told.event_type.clone(),
        delivery: told.delivery.clone(),
        proof,
        bytes,
        kept,
        received_at: tx.ambient().now(),
    };
    let payload = kept.then_some(told.payload.as_str());
    if !events::insert(tx, hook.owner, &event, delivery.digest(), payload).await? {
        if kept {
            hooks::take_room(tx, hook.id, -bytes, MOST_STORED).await?;
        }
        return Ok(Receipt::Duplicate);
    }
    let new = NewEvent {
        r#type: RECEIVED,
        version: 1,
        owner: hook.owner,
        subject: event.id.get(),
        data: received(hook.id, &event, hook.kind, (hook.created_by, hook.visibility)),
    };
    publish(tx, new).await?;
    Ok(Receipt::Accepted(event.id))
}

/// The payload of [`RECEIVED`]. Not the body: it may be large, and is read from the hook.
fn received(hook: HookId, event: &HookEvent, kind: HookKind, (by, visibility): (UserId, Visibility)) -> Value {
    json!({
        "hook_id": hook, "hook_event_id": event.id, "provider": kind.provider(), "event_type": event.event_type, "proof": event.proof,
        "created_by": by, "visibility": visibility,
    })
}

/// An example of it, for the catalogue.
pub(super) fn received_example() -> Value {
    let id = |number: u128| Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number);
    let event = HookEvent {
        id: HookEventId(id(1)),
        hook: HookId(id(2)),
        event_type: "issues.opened".to_owned(),
        delivery: String::new(),
        proof: Proof::Body,
        bytes: 0,
        kept: true,
        received_at: core_kernel::Timestamp::default(),
    };
    received(event.hook, &event, HookKind::Github, (UserId(id(3)), Visibility::Private))
}
