use async_trait::async_trait;
use core_kernel::{Actor, Secret};

use crate::AuthError;

/// What somebody who got a link about a change of address says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The change may be made.
    Approve,
    /// The change may not be made.
    Cancel,
}

/// How far a change of address has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// The other address has not said yes so far.
    Waiting,
    /// The account has the new address.
    Changed,
    /// The change was called off.
    Cancelled,
}

/// Changes of an account's address. Both the address that it has and the one that it is to have say yes, in any order; either calls
/// the change off.
#[async_trait]
pub trait EmailChanges: Send + Sync {
    /// Sends links to both addresses. A change that waits already ends. Whether the new address has an account is not told.
    async fn request(&self, actor: &Actor, email: &str) -> Result<(), AuthError>;
    /// What the holder of one of the addresses says.
    async fn decide(&self, code: &Secret, decision: Decision) -> Result<ChangeState, AuthError>;
}
