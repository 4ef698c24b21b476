use std::sync::Arc;

use core_kernel::Actor;
use uuid::Uuid;

use crate::Problem;

/// What a request proves its caller with.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// `Authorization: Bearer`: an access token or an API key.
    Bearer(&'a str),
    /// The session cookie of a browser.
    Cookie {
        /// The cookie's value.
        session: &'a str,
        /// `X-CSRF-Token`.
        csrf: Option<&'a str>,
        /// True for every method but GET, HEAD and OPTIONS: then the token is needed.
        writes: bool,
    },
}

/// How fresh the answer about a caller must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At most one second old.
    Recent,
    /// Read now, from the primary database.
    Authoritative,
}

/// Who is behind a credential. The one seam between HTTP and whatever knows identities, organisations and roles.
#[async_trait::async_trait]
pub trait ActorResolver: Send + Sync + 'static {
    /// The caller, acting for the organisation `org` (membership is checked here) or else for their own space.
    ///
    /// Refusals are 401 `request.unauthenticated` (or the feature's own code), 403 for an organisation that the caller is no
    /// member of, and 503 when it can't be told.
    async fn resolve(&self, credential: Credential<'_>, org: Option<Uuid>, freshness: Freshness) -> Result<Arc<Actor>, Problem>;
}
