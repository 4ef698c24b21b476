use std::time::Duration;

use async_trait::async_trait;
use core_db::Tx;
use core_kernel::Timestamp;

use crate::AuthError;
use crate::core::Core;
use crate::model::{KeyState, SigningKey};
use crate::service::{Rotation, SigningKeys};
use crate::signing::{generate, opens};
use crate::store::keys::{self, StoredKey};
use crate::store::roles;

/// How long a key is published before it is used.
const ANNOUNCED: Duration = Duration::from_hours(24);
/// How long a key signs.
const IN_USE: Duration = Duration::from_hours(30 * 24);

/// The life of signing keys.
#[derive(Clone, Debug)]
pub(crate) struct KeyRotation {
    pub(crate) core: Core,
}

#[async_trait]
impl SigningKeys for KeyRotation {
    async fn list(&self) -> Result<Vec<SigningKey>, AuthError> {
        let stored = keys::all(self.core.db.read()).await?;
        Ok(stored.into_iter().map(|key| SigningKey { id: key.id, state: key.state, since: key.since }).collect())
    }

    async fn advance(&self) -> Result<(), AuthError> {
        self.core.db.write(|tx| async move { self.do_what_is_due(&tx).await }).await?;
        self.reload().await
    }

    async fn rotate(&self, rotation: Rotation) -> Result<(), AuthError> {
        self.core.db.write(|tx| async move { self.bring_in(&tx, rotation).await }).await?;
        self.reload().await
    }
}

impl KeyRotation {
    async fn reload(&self) -> Result<(), AuthError> {
        self.core.signer.read(self.core.db.read(), &self.core.db).await
    }

    async fn do_what_is_due(&self, tx: &Tx) -> Result<(), AuthError> {
        // Keys come and go; the row that changes of roles wait for is always there.
        roles::lock(tx).await?;
        let now = tx.ambient().now();
        let all = keys::all(tx).await?;
        // What a retired key signed last has ended, and so has what a replica signed that had not heard of it yet.
        let verifies = self.core.config.access_token_life() * 2;
        for key in in_state(&all, KeyState::Retiring).filter(|key| is_past(key, verifies, now)) {
            keys::delete(tx, &key.id).await?;
        }
        let next = self.usable_next(tx, &all).await?;
        match next {
            Some(next) if is_past(next, ANNOUNCED, now) => self.put_to_use(tx, &all, &next.id).await,
            None if in_state(&all, KeyState::Active).any(|key| is_past(key, IN_USE.saturating_sub(ANNOUNCED), now)) => {
                Ok(keys::insert(tx, &generate(&self.core.db, KeyState::Next)?).await?)
            }
            _ => Ok(()),
        }
    }

    async fn bring_in(&self, tx: &Tx, rotation: Rotation) -> Result<(), AuthError> {
        roles::lock(tx).await?;
        let all = keys::all(tx).await?;
        // A key that waits may have been stolen with the others.
        let waits =
            if rotation == Rotation::Revoking { None } else { self.usable_next(tx, &all).await?.map(|key| key.id.clone()) };
        let id = match waits {
            Some(id) => id,
            None => {
                let fresh = generate(&self.core.db, KeyState::Next)?;
                keys::insert(tx, &fresh).await?;
                fresh.id
            }
        };
        if rotation != Rotation::Announced {
            self.put_to_use(tx, &all, &id).await?;
        }
        if rotation == Rotation::Revoking {
            for key in &all {
                keys::delete(tx, &key.id).await?;
            }
        }
        Ok(())
    }

    /// The key that waits. One that can't be opened is thrown away before it is needed.
    async fn usable_next<'k>(&self, tx: &Tx, all: &'k [StoredKey]) -> Result<Option<&'k StoredKey>, AuthError> {
        let Some(next) = in_state(all, KeyState::Next).next() else { return Ok(None) };
        if opens(&self.core.db, next) {
            return Ok(Some(next));
        }
        keys::delete(tx, &next.id).await?;
        Ok(None)
    }

    async fn put_to_use(&self, tx: &Tx, all: &[StoredKey], id: &str) -> Result<(), AuthError> {
        for key in in_state(all, KeyState::Active) {
            keys::set_state(tx, &key.id, KeyState::Retiring).await?;
        }
        Ok(keys::set_state(tx, id, KeyState::Active).await?)
    }
}

fn in_state(all: &[StoredKey], state: KeyState) -> impl Iterator<Item = &StoredKey> {
    all.iter().filter(move |key| key.state == state)
}

fn is_past(key: &StoredKey, age: Duration, now: Timestamp) -> bool {
    key.since <= now && now.since(key.since) >= age
}
