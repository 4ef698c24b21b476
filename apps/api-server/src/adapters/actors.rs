use std::sync::Arc;

use async_trait::async_trait;
use auth::{API_KEY_PREFIX, ApiKeys, Auth, KeyIdentity, PersonalActors};
use core_http::{ActorResolver, Credential, Freshness, Problem};
use core_kernel::{Actor, ActorKind, OrgRole, Owner, Permission, PermissionSet};
use moka::sync::Cache;
use orgs::{Memberships, OrgId, OrgsError};
use uuid::Uuid;

use super::Offered;

/// Callers with organisations: `auth` says who it is, `orgs` what they are in the organisation that they act for.
pub(crate) struct OrgActors {
    personal: PersonalActors,
    api_keys: Arc<dyn ApiKeys>,
    memberships: Offered<Arc<dyn Memberships>>,
    rights: Rights,
    /// The actor made for a session in an organisation, as long as person and role are the remembered ones.
    made: Cache<(Uuid, OrgId), Made>,
}

#[derive(Clone)]
struct Made {
    person: Arc<Actor>,
    role: OrgRole,
    actor: Arc<Actor>,
}

impl OrgActors {
    /// Resolves callers by their sessions and API keys. The catalogue of `auth` must be filled.
    pub(crate) fn new(auth: &Auth, memberships: Offered<Arc<dyn Memberships>>) -> Self {
        let catalogue: Vec<&'static Permission> = auth.catalogue().all().collect();
        Self {
            personal: PersonalActors::new(auth),
            api_keys: Arc::clone(&auth.api_keys),
            memberships,
            rights: Rights::of(&catalogue),
            made: Cache::new(20_000),
        }
    }

    async fn role_of(&self, person: &Actor, org: OrgId, freshness: Freshness) -> Result<OrgRole, Problem> {
        let authoritative = freshness == Freshness::Authoritative;
        let role = self.memberships.get()?.role_of(person.subject, org, authoritative).await?;
        Ok(role.ok_or(OrgsError::NotAMember)?)
    }

    /// The person, acting for an organisation.
    async fn in_org(&self, person: Arc<Actor>, org: OrgId, freshness: Freshness) -> Result<Arc<Actor>, Problem> {
        if matches!(person.kind, ActorKind::ApiKey { .. }) {
            let detail =
                "This API key acts for its owner's personal space; one that is made under X-Org-Id acts for the organisation.";
            return Err(Problem::new(&orgs::codes::NOT_A_MEMBER, detail));
        }
        let role = self.role_of(&person, org, freshness).await?;
        let place = person.session.map(|session| (session.id, org));
        if let Some(made) = place.and_then(|place| self.made.get(&place))
            && made.role == role
            && Arc::ptr_eq(&made.person, &person)
        {
            return Ok(made.actor);
        }
        let permissions = self.rights.in_org(&person.permissions, role);
        let actor = Arc::new(Actor { owner: org.into(), permissions, ..person.as_ref().clone() });
        if let Some(place) = place {
            self.made.insert(place, Made { person, role, actor: Arc::clone(&actor) });
        }
        Ok(actor)
    }

    /// An organisation's key acts for it by itself, as far as the member who made it may now.
    async fn by_key(&self, key: &KeyIdentity, named: Option<Uuid>, freshness: Freshness) -> Result<Arc<Actor>, Problem> {
        if named.is_some_and(|named| named != key.owner.get()) {
            return Err(OrgsError::NotAMember.into());
        }
        let mut actor = Actor {
            subject: key.user,
            owner: key.owner,
            kind: ActorKind::ApiKey { key: key.key.get() },
            on_behalf_of: None,
            roles: Vec::new(),
            permissions: PermissionSet::default(),
            session: None,
            amr: Vec::new(),
        };
        let role = self.role_of(&actor, OrgId(key.owner.get()), freshness).await?;
        actor.permissions = self.rights.of_role(role).intersection(&key.scopes);
        Ok(Arc::new(actor))
    }
}

#[async_trait]
impl ActorResolver for OrgActors {
    async fn resolve(&self, credential: Credential<'_>, org: Option<Uuid>, freshness: Freshness) -> Result<Arc<Actor>, Problem> {
        if let Credential::Bearer(text) = credential
            && text.starts_with(API_KEY_PREFIX)
        {
            let key = self.api_keys.identify(text, freshness == Freshness::Authoritative).await?;
            if key.owner != Owner::from(key.user) {
                return self.by_key(&key, org, freshness).await;
            }
        }
        let person = self.personal.resolve(credential, None, freshness).await?;
        match org {
            None => Ok(person),
            Some(org) => self.in_org(person, OrgId(org), freshness).await,
        }
    }
}

/// What the roles of organisations may, by the catalogue.
struct Rights {
    /// Rights over shared things, which an organisation's role decides about.
    shared: Vec<&'static Permission>,
}

impl Rights {
    fn of(catalogue: &[&'static Permission]) -> Self {
        Self { shared: catalogue.iter().copied().filter(|permission| permission.min_org_role.is_some()).collect() }
    }

    fn of_role(&self, role: OrgRole) -> PermissionSet {
        let has = |permission: &&&Permission| permission.min_org_role.is_some_and(|least| role >= least);
        self.shared.iter().filter(has).map(|permission| permission.name).collect()
    }

    /// Rights over shared things come from the role. Those over the person's own things, which stay the person's whatever
    /// organisation they act for, and those over the platform are the same everywhere.
    fn in_org(&self, personal: &PermissionSet, role: OrgRole) -> PermissionSet {
        let mut rights = personal.clone();
        self.shared.iter().for_each(|permission| rights.remove(permission.name));
        self.of_role(role).names().for_each(|name| rights.insert(name));
        rights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Permission = Permission::personal("diary:write", "");
    const READ: Permission = Permission::shared("notes:read", OrgRole::Viewer, "");
    const SETTLE: Permission = Permission::shared("notes:settle", OrgRole::Admin, "");
    const ALL: Permission = Permission::platform("notes:all", "");

    #[test]
    fn in_an_organisation_the_role_decides_about_shared_things_and_about_nothing_else() {
        let rights = Rights::of(&[&OWN, &READ, &SETTLE, &ALL]);
        let person: PermissionSet = [&OWN, &READ, &SETTLE].map(|permission| permission.name).into_iter().collect();
        let names = |set: &PermissionSet| set.names().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names(&rights.in_org(&person, OrgRole::Viewer)), ["diary:write", "notes:read"]);
        assert_eq!(names(&rights.in_org(&person, OrgRole::Owner)), ["diary:write", "notes:read", "notes:settle"]);
        let mut administrator = person.clone();
        administrator.insert(ALL.name);
        assert_eq!(names(&rights.in_org(&administrator, OrgRole::Viewer)), ["diary:write", "notes:all", "notes:read"]);
    }
}
