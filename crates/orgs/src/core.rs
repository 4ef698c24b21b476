use std::sync::Arc;

use core_db::{AuditEntry, Db, DbError, Tx, audit};
use core_jobs::{NewEvent, publish};
use core_kernel::{Actor, ActorKind, Denied, OrgRole, Permission, UserId};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::model::word;
use crate::snapshot::Snapshots;
use crate::store::{memberships, orgs};
use crate::{DomainProof, Membership, Org, OrgId, OrgsConfig, OrgsError, People, SeatPolicy};

/// What the services of this crate share.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) db: Db,
    pub(crate) config: OrgsConfig,
    pub(crate) public_url: String,
    pub(crate) people: Arc<dyn People>,
    pub(crate) domain_proof: Arc<dyn DomainProof>,
    pub(crate) seats: Arc<dyn SeatPolicy>,
    pub(crate) snapshots: Snapshots,
}

impl Core {
    /// The caller's role in the organisation that the path names, if the role has the right and so has the caller. What they are no
    /// member of does not exist for them.
    pub(crate) async fn role_with<C: ConnectionTrait>(
        &self,
        connection: &C,
        actor: &Actor,
        org: OrgId,
        permission: &'static Permission,
    ) -> Result<OrgRole, OrgsError> {
        actor.require(permission)?;
        if matches!(actor.kind, ActorKind::System { .. }) {
            return Ok(OrgRole::Owner);
        }
        let place = memberships::find(connection, org, actor.subject).await?.ok_or(OrgsError::NotFound)?;
        let enough = permission.min_org_role.is_some_and(|least| place.role >= least);
        if enough { Ok(place.role) } else { Err(Denied { permission: permission.name }.into()) }
    }

    /// The same within a unit of work, and until it ends nobody else changes who is in the organisation and as what: what is
    /// checked after this holds when the change is made.
    pub(crate) async fn enter(
        &self,
        tx: &Tx,
        actor: &Actor,
        org: OrgId,
        permission: &'static Permission,
    ) -> Result<(Org, OrgRole), OrgsError> {
        let found = orgs::lock(tx, org).await?.ok_or(OrgsError::NotFound)?;
        let role = self.role_with(tx, actor, org, permission).await?;
        Ok((found, role))
    }

    /// Adds a member. The caller holds the organisation's lock.
    pub(crate) async fn add(&self, tx: &Tx, new: NewMember, seats: Option<u32>) -> Result<Membership, OrgsError> {
        if memberships::find(tx, new.org, new.user).await?.is_some() {
            return Err(OrgsError::AlreadyMember);
        }
        if let Some(seats) = seats
            && memberships::count(tx, new.org).await? >= u64::from(seats)
        {
            return Err(OrgsError::NoSeatLeft);
        }
        let membership = memberships::create(tx, new.org, new.user, new.role).await?;
        let event = NewEvent {
            r#type: "org.member_added",
            version: 1,
            owner: new.org.into(),
            subject: new.user.get(),
            data: member_added(new.user, new.role),
        };
        publish(tx, event).await?;
        let details = json!({"role": word(new.role), "by": new.way});
        record(tx, new.org, "orgs.member_added", (new.user, new.user), details).await?;
        self.forget_after_commit(tx, new.org, [new.user]);
        Ok(membership)
    }

    /// Ends a membership. The caller holds the organisation's lock and has seen to it that an owner stays.
    pub(crate) async fn end(&self, tx: &Tx, membership: &Membership, by: UserId) -> Result<(), DbError> {
        let Membership { org, user, role, .. } = *membership;
        memberships::end(tx, membership).await?;
        let event = NewEvent {
            r#type: "org.member_removed",
            version: 1,
            owner: org.into(),
            subject: user.get(),
            data: member_removed(user),
        };
        publish(tx, event).await?;
        record(tx, org, "orgs.member_removed", (by, user), json!({"role": word(role)})).await?;
        self.forget_after_commit(tx, org, [user]);
        Ok(())
    }

    /// Gives a member another role. The caller holds the organisation's lock and has seen to it that an owner stays.
    pub(crate) async fn set_role(
        &self,
        tx: &Tx,
        membership: &Membership,
        role: OrgRole,
        by: UserId,
    ) -> Result<Membership, OrgsError> {
        let changed = memberships::set_role(tx, membership, role).await?;
        let changed = changed.ok_or(OrgsError::Changed { current: membership.version })?;
        let details = json!({"from": word(membership.role), "to": word(role)});
        record(tx, membership.org, "orgs.role_changed", (by, membership.user), details).await?;
        self.forget_after_commit(tx, membership.org, [membership.user]);
        Ok(changed)
    }

    /// What this process remembers of members ends when the change is durable.
    pub(crate) fn forget_after_commit(&self, tx: &Tx, org: OrgId, users: impl IntoIterator<Item = UserId>) {
        let (snapshots, users) = (self.snapshots.clone(), users.into_iter().collect::<Vec<_>>());
        tx.after_commit(move || users.into_iter().for_each(|user| snapshots.forget(user, org)));
    }
}

/// Who is added, and by which way.
#[derive(Clone, Copy)]
pub(crate) struct NewMember {
    pub(crate) org: OrgId,
    pub(crate) user: UserId,
    pub(crate) role: OrgRole,
    pub(crate) way: &'static str,
}

/// The payload of `org.member_added`.
pub(crate) fn member_added(user: UserId, role: OrgRole) -> Value {
    json!({"user_id": user, "role": word(role)})
}

/// The payload of `org.member_removed`.
pub(crate) fn member_removed(user: UserId) -> Value {
    json!({"user_id": user})
}

/// Writes a security event of an organisation: one entry about whom it befell and, where somebody else did it, one about who did,
/// with the same `change`. Two, because an entry seals one person, and each person can be erased alone.
pub(crate) async fn record(
    tx: &Tx,
    org: OrgId,
    action: &'static str,
    (by, about): (UserId, UserId),
    mut details: Value,
) -> Result<(), DbError> {
    let entry = |subject, details| AuditEntry { action, outcome: "success", subject, org: Some(org.into()), details };
    if by == about || by.get().is_nil() {
        return audit(tx, entry(about, details)).await;
    }
    if let Some(members) = details.as_object_mut() {
        members.insert("change".to_owned(), json!(tx.ambient().ids.next()));
    }
    let part = |part: &str| {
        let mut details = details.clone();
        if let Some(members) = details.as_object_mut() {
            members.insert("part".to_owned(), json!(part));
        }
        details
    };
    audit(tx, entry(by, part("did_it"))).await?;
    audit(tx, entry(about, part("befell"))).await
}
