use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use core_http::{ActorResolver, Credential, Freshness, Problem, codes};
use core_kernel::{Actor, ActorKind, Owner, Permission, PermissionSet, SessionRef, Timestamp, UserId};
use uuid::Uuid;

type ByToken = HashMap<(String, Option<Uuid>), Arc<Actor>>;

/// Callers by the text of their token. A cookie session is a token too; its CSRF token is `csrf-` and the session.
#[derive(Clone, Debug, Default)]
pub struct FixedActors {
    actors: Arc<RwLock<ByToken>>,
}

impl FixedActors {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whoever sends `token` is `actor`, acting for the personal space.
    pub fn add(&self, token: &str, actor: Actor) {
        self.insert(token, None, actor);
    }

    /// Whoever sends `token` and `X-Org-Id: org` is `actor`.
    pub fn add_in_org(&self, token: &str, org: Uuid, actor: Actor) {
        self.insert(token, Some(org), actor);
    }

    fn insert(&self, token: &str, org: Option<Uuid>, actor: Actor) {
        let mut actors = self.actors.write().unwrap_or_else(PoisonError::into_inner);
        actors.insert((token.to_owned(), org), Arc::new(actor));
    }

    /// A person with these rights who logged in at `auth_time`.
    pub fn person(user: UserId, permissions: &[&'static Permission], auth_time: Timestamp) -> Actor {
        Actor {
            subject: user,
            owner: Owner::from(user),
            kind: ActorKind::User,
            on_behalf_of: None,
            roles: Vec::new(),
            permissions: permissions.iter().map(|permission| permission.name).collect::<PermissionSet>(),
            session: Some(SessionRef { id: user.get(), auth_time }),
            amr: vec!["pwd".to_owned()],
        }
    }
}

#[async_trait::async_trait]
impl ActorResolver for FixedActors {
    async fn resolve(&self, credential: Credential<'_>, org: Option<Uuid>, _: Freshness) -> Result<Arc<Actor>, Problem> {
        let token = match credential {
            Credential::Bearer(token) => token,
            Credential::Cookie { session, csrf, writes } => {
                if writes && csrf.and_then(|csrf| csrf.strip_prefix("csrf-")) != Some(session) {
                    return Err(Problem::new(&codes::CSRF, "The CSRF token does not belong to the session."));
                }
                session
            }
        };
        let actors = self.actors.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(actor) = actors.get(&(token.to_owned(), org)) {
            return Ok(Arc::clone(actor));
        }
        if org.is_some() && actors.contains_key(&(token.to_owned(), None)) {
            return Err(Problem::new(&core_kernel::Denied::CODE, "You are no member of this organisation."));
        }
        Err(Problem::new(&codes::UNAUTHENTICATED, "The token is not known."))
    }
}
