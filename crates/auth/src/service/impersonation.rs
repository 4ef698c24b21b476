use async_trait::async_trait;
use core_kernel::{Actor, UserId};

use crate::AuthError;
use crate::model::AccessToken;

/// Acting in somebody's place, for support.
#[async_trait]
pub trait Impersonation: Send + Sync {
    /// An access token of a quarter of an hour to act as somebody who has no rights that the caller lacks. It can't be refreshed, can't
    /// touch what the person proves themselves with, nor do what asks for a recent login, and ends with the caller's own session.
    async fn impersonate(&self, actor: &Actor, user: UserId, reason: &str) -> Result<AccessToken, AuthError>;
}
