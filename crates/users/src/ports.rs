use async_trait::async_trait;
use core_kernel::{PortError, Timestamp, UserId};

/// Whether an identity can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityStatus {
    /// Yes.
    Active,
    /// Not until an administrator says so.
    Suspended,
    /// Its person left; erasure is under way.
    Closed,
}

/// What identity knows of a person. Profiles keep a copy of the address for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub id: UserId,
    /// Their address, as they wrote it.
    pub email: String,
    /// Whether they proved that it is theirs.
    pub email_verified: bool,
    /// What they called themselves at registration; later changes are the profile's alone.
    pub display_name: Option<String>,
    /// Whether it can be used.
    pub status: IdentityStatus,
    /// When they registered.
    pub created_at: Timestamp,
    /// Grows with every change of the identity.
    pub version: i64,
}

/// Who people are. The feature that signs people in stands behind it.
#[async_trait]
pub trait Identities: Send + Sync {
    /// The identity of a person, closed ones included.
    async fn find(&self, user: UserId) -> Result<Option<Identity>, PortError>;
    /// Closes an identity and ends its sessions at once. Safe to repeat.
    async fn close(&self, user: UserId) -> Result<(), PortError>;
}

/// Everything that any feature holds of a person. The composition root stands behind it, since it knows all features.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// Removes all of it: the personal space, and what the person left in organisations. Safe to repeat.
    async fn erase(&self, user: UserId) -> Result<(), PortError>;
}
