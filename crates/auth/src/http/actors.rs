use std::sync::Arc;

use async_trait::async_trait;
use core_http::{ActorResolver, Credential, Freshness, Problem};
use core_kernel::{Actor, ActorKind, Owner, PermissionSet, SessionRef};
use moka::sync::Cache;
use uuid::Uuid;

use crate::{
    API_KEY_PREFIX, ApiKeyId, ApiKeys, Auth, AuthError, Catalogue, CookieSessions, Identity, KeyIdentity, SessionId, Sessions,
};

/// Callers without organisations: everybody acts in their own space. For products that lift `auth` alone.
#[derive(Clone)]
pub struct PersonalActors {
    sessions: Arc<dyn Sessions>,
    cookies: Arc<dyn CookieSessions>,
    api_keys: Arc<dyn ApiKeys>,
    catalogue: Catalogue,
    /// The actor made of an identity, as long as the same identity is remembered.
    people: Cache<SessionId, (Arc<Identity>, Arc<Actor>)>,
    programs: Cache<ApiKeyId, (Arc<KeyIdentity>, Arc<Actor>)>,
}

impl std::fmt::Debug for PersonalActors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalActors").finish_non_exhaustive()
    }
}

impl PersonalActors {
    /// Resolves callers by their sessions and API keys.
    pub fn new(auth: &Auth) -> Self {
        Self {
            sessions: Arc::clone(&auth.sessions),
            cookies: Arc::clone(&auth.cookies),
            api_keys: Arc::clone(&auth.api_keys),
            catalogue: auth.catalogue().clone(),
            people: Cache::new(20_000),
            programs: Cache::new(20_000),
        }
    }

    /// A browser. Its writes need the token that only pages of ours can read.
    async fn browser(&self, cookie: &str, csrf: Option<&str>, writes: bool, authoritative: bool) -> Result<Arc<Actor>, Problem> {
        let identity = self.cookies.identify(cookie, authoritative).await?;
        if writes && !csrf.is_some_and(|token| self.cookies.is_csrf_token(identity.session, token)) {
            return Err(Problem::new(&core_http::codes::CSRF, "X-CSRF-Token is not the token of this session."));
        }
        Ok(self.person(identity))
    }

    fn person(&self, identity: Arc<Identity>) -> Arc<Actor> {
        if let Some((known, actor)) = self.people.get(&identity.session)
            && Arc::ptr_eq(&known, &identity)
        {
            return actor;
        }
        let actor = Arc::new(Actor {
            subject: identity.user,
            owner: Owner::from(identity.user),
            kind: identity.impersonator.map_or(ActorKind::User, |by| ActorKind::Impersonated { by }),
            on_behalf_of: None,
            roles: identity.roles.clone(),
            permissions: self.personal_and(&identity.platform),
            session: Some(SessionRef { id: identity.session.get(), auth_time: identity.auth_time }),
            amr: identity.amr.clone(),
        });
        self.people.insert(identity.session, (identity, Arc::clone(&actor)));
        actor
    }

    async fn program(&self, text: &str, authoritative: bool) -> Result<Arc<Actor>, AuthError> {
        let identity = self.api_keys.identify(text, authoritative).await?;
        if identity.owner != Owner::from(identity.user) {
            return Err(AuthError::NoOrganisations);
        }
        if let Some((known, actor)) = self.programs.get(&identity.key)
            && Arc::ptr_eq(&known, &identity)
        {
            return Ok(actor);
        }
        let actor = Arc::new(Actor {
            subject: identity.user,
            owner: identity.owner,
            kind: ActorKind::ApiKey { key: identity.key.get() },
            on_behalf_of: None,
            // Roles are the person's; the key has what it was made for, as far as the person still has it.
            roles: Vec::new(),
            permissions: self.personal_and(&identity.platform).intersection(&identity.scopes),
            session: None,
            amr: Vec::new(),
        });
        self.programs.insert(identity.key, (identity, Arc::clone(&actor)));
        Ok(actor)
    }

    fn personal_and(&self, platform: &PermissionSet) -> PermissionSet {
        let mut all = self.catalogue.personal();
        platform.names().for_each(|name| all.insert(name));
        all
    }
}

#[async_trait]
impl ActorResolver for PersonalActors {
    async fn resolve(&self, credential: Credential<'_>, org: Option<Uuid>, freshness: Freshness) -> Result<Arc<Actor>, Problem> {
        let authoritative = freshness == Freshness::Authoritative;
        let actor = match credential {
            Credential::Bearer(text) if text.starts_with(API_KEY_PREFIX) => self.program(text, authoritative).await?,
            Credential::Bearer(text) => self.person(self.sessions.identify(text, authoritative).await?),
            Credential::Cookie { session, csrf, writes } => self.browser(session, csrf, writes, authoritative).await?,
        };
        if org.is_some() { Err(AuthError::NoOrganisations.into()) } else { Ok(actor) }
    }
}
