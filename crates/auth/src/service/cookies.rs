use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::Actor;

use crate::AuthError;
use crate::model::{CookieSession, SessionId};
use crate::snapshot::Identity;

/// Sessions that browsers keep by a cookie.
#[async_trait]
pub trait CookieSessions: Send + Sync {
    /// Who a cookie stands for. `authoritative` reads the database, whatever was read a moment ago. Use keeps the session alive.
    async fn identify(&self, cookie: &str, authoritative: bool) -> Result<Arc<Identity>, AuthError>;
    /// True for the CSRF token of a session; takes the same time for every wrong one.
    fn is_csrf_token(&self, session: SessionId, token: &str) -> bool;
    /// The cookie and CSRF token of the caller's session, which is as fresh afterwards as if it had just been used.
    async fn of_caller(&self, actor: &Actor) -> Result<CookieSession, AuthError>;
}
