use async_trait::async_trait;

use crate::AuthError;
use crate::model::SigningKey;

/// How a new signing key is brought into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It is published now and used after a day, so that whoever keeps a copy of the public keys has it by then.
    Announced,
    /// It is used at once; the one of before verifies what it signed.
    Now,
    /// It is used at once, and every other key ends: all access tokens are refused. For a key that was stolen.
    Revoking,
}

/// The keys that sign access tokens. For the operator and for jobs: there is no caller to check.
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// Every key, oldest first.
    async fn list(&self) -> Result<Vec<SigningKey>, AuthError>;
    /// Does what is due: publishes the next key, uses it, ends old ones. Safe to repeat.
    async fn advance(&self) -> Result<(), AuthError>;
    /// Brings in a new key before its time.
    async fn rotate(&self, rotation: Rotation) -> Result<(), AuthError>;
}
