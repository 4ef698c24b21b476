//! Stand-ins for what this crate asks of others, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;

#[cfg(feature = "http")]
pub use fixture::UsersFixture;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use core_kernel::{PortError, Timestamp, UserId};

use crate::{Identities, Identity, IdentityStatus, PersonalData};

/// Identities that a test puts in.
#[derive(Debug, Default)]
pub struct FixedIdentities {
    known: Mutex<HashMap<UserId, Identity>>,
}

impl FixedIdentities {
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
        if let Some(identity) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&user) {
            identity.status = IdentityStatus::Closed;
        }
        Ok(())
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
