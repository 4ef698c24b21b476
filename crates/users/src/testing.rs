//! Stand-ins for what this crate asks of others, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;

#[cfg(feature = "http")]
pub use fixture::UsersFixture;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use core_feature::{ExportError, ExportSink};
use core_kernel::{Actor, PortError, Timestamp, UserId};

use crate::{AvatarFile, Avatars, Identities, Identity, IdentityAdministration, IdentityStatus, PersonalData};

/// Identities that a test puts in.
#[derive(Debug, Default)]
pub struct FixedIdentities {
    known: Mutex<HashMap<UserId, Identity>>,
    refuses: AtomicBool,
}

impl FixedIdentities {
    /// From now on nobody can be closed.
    pub fn refuse_closing(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }

    /// Adds an identity, or replaces it.
    pub fn put(&self, identity: Identity) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(identity.id, identity);
    }

    /// Adds an active identity of version 1 that registered at `at`.
    pub fn register(&self, id: UserId, email: &str, display_name: Option<&str>, at: Timestamp) -> Identity {
        let identity = Identity {
            id,
            email: email.to_owned(),
            email_verified: false,
            display_name: display_name.map(str::to_owned),
            status: IdentityStatus::Active,
            created_at: at,
            version: 1,
        };
        self.put(identity.clone());
        identity
    }
}

#[async_trait]
impl Identities for FixedIdentities {
    async fn find(&self, user: UserId) -> Result<Option<Identity>, PortError> {
        Ok(self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&user).cloned())
    }

    async fn close(&self, user: UserId) -> Result<(), PortError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(core_db::DbError::Conflict(sea_orm::DbErr::Custom("the last one stays".to_owned())).into());
        }
        if let Some(identity) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&user) {
            identity.status = IdentityStatus::Closed;
        }
        Ok(())
    }
}

impl FixedIdentities {
    fn change(&self, user: UserId, status: IdentityStatus) -> Result<(), PortError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = known.get_mut(&user).ok_or(core_db::DbError::NotFound)?;
        (identity.status, identity.version) = (status, identity.version + 1);
        Ok(())
    }
}

#[async_trait]
impl IdentityAdministration for FixedIdentities {
    /// The id is the sum of the address's bytes, so that a test can know it; a known address is a conflict.
    async fn create(&self, _: &Actor, email: &str, display_name: Option<&str>) -> Result<Identity, PortError> {
        let id =
            UserId(uuid::Uuid::from_u128(email.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u128::from(byte)))));
        if self.find(id).await?.is_some() {
            let taken = sea_orm::DbErr::Custom("the address is taken".to_owned());
            return Err(core_db::DbError::Conflict(taken).into());
        }
        Ok(self.register(id, email, display_name, Timestamp::from_millis(0)))
    }

    async fn suspend(&self, _: &Actor, user: UserId) -> Result<(), PortError> {
        self.change(user, IdentityStatus::Suspended)
    }

    async fn reactivate(&self, _: &Actor, user: UserId) -> Result<(), PortError> {
        self.change(user, IdentityStatus::Active)
    }

    async fn close(&self, _: &Actor, user: UserId) -> Result<(), PortError> {
        self.change(user, IdentityStatus::Closed)
    }
}

/// Remembers which pictures are kept; takes any bytes, except that those that say `refuse` are refused.
#[derive(Debug, Default)]
pub struct KeptAvatars {
    kept: Mutex<Vec<(UserId, uuid::Uuid)>>,
}

impl KeptAvatars {
    /// Who has which, in the order in which they came.
    pub fn kept(&self) -> Vec<(UserId, uuid::Uuid)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Avatars for KeptAvatars {
    async fn keep(&self, person: UserId, picture: AvatarFile) -> Result<uuid::Uuid, PortError> {
        let bytes = std::fs::read(picture.file.path()).unwrap_or_default();
        if bytes == b"refuse" {
            return Err(core_db::DbError::NotFound.into());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let number = kept.last().map_or(0, |(_, last)| last.as_u128()) + 1;
        kept.push((person, uuid::Uuid::from_u128(number)));
        Ok(uuid::Uuid::from_u128(number))
    }

    async fn remove(&self, person: UserId, avatar: uuid::Uuid) -> Result<(), PortError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|one| *one != (person, avatar));
        Ok(())
    }

    fn url(&self, avatar: uuid::Uuid) -> String {
        format!("https://pictures.example/{avatar}")
    }
}

/// Remembers who was erased; fails first as often as it is told to.
#[derive(Debug, Default)]
pub struct RecordedErasures {
    state: Mutex<(u32, Vec<UserId>)>,
}

impl RecordedErasures {
    /// The next `times` erasures fail.
    pub fn fail(&self, times: u32) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = times;
    }

    /// Who was erased, in order.
    pub fn erased(&self) -> Vec<UserId> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

#[async_trait]
impl PersonalData for RecordedErasures {
    /// One row that says whose it is; fails like the erasures.
    async fn export(&self, user: UserId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.0 > 0 {
                state.0 -= 1;
                return Err(core_db::DbError::NotFound.into());
            }
        }
        sink.row("diary/entries", serde_json::json!({"of": user})).await
    }

    async fn erase(&self, user: UserId) -> Result<(), PortError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 > 0 {
            state.0 -= 1;
            return Err(core_db::DbError::NotFound.into());
        }
        state.1.push(user);
        Ok(())
    }
}
