use async_trait::async_trait;
use core_db::Tx;
use core_kernel::{Actor, OrgRole, Page, PageRequest, UserId};
use serde_json::json;

use crate::core::{Core, record};
use crate::model::{Member, OrgId};
use crate::permissions::{JOIN, MANAGE, OWN, READ};
use crate::rules::{may_edit, may_grant};
use crate::service::Memberships;
use crate::store::{memberships, orgs};
use crate::{Membership, OrgsError};

/// Memberships over the tables of this crate.
#[derive(Clone)]
pub(crate) struct MembershipService {
    pub(crate) core: Core,
}

#[async_trait]
impl Memberships for MembershipService {
    async fn list(&self, actor: &Actor, org: OrgId, request: &PageRequest) -> Result<Page<Member>, OrgsError> {
        let connection = self.core.db.read();
        self.core.role_with(connection, actor, org, &READ).await?;
        let places = memberships::list(connection, org, request).await?;
        let users: Vec<UserId> = places.items.iter().map(|place| place.user).collect();
        let people = self.core.people.find_all(&users).await?;
        Ok(places.map(|membership| {
            let person = people.iter().find(|person| person.id == membership.user).cloned();
            Member { membership, person }
        }))
    }

    async fn change_role(
        &self,
        actor: &Actor,
        org: OrgId,
        user: UserId,
        role: OrgRole,
        based_on: Option<i64>,
    ) -> Result<Membership, OrgsError> {
        actor.require(&MANAGE)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let (_, own) = core.enter(&tx, actor, org, &MANAGE).await?;
                let place = memberships::find(&tx, org, user).await?.ok_or(OrgsError::NotFound)?;
                if !may_edit(own, place.role) || !may_grant(own, role) {
                    return Err(OrgsError::RankTooLow);
                }
                let current = place.version;
                if based_on.is_some_and(|version| version != current) {
                    return Err(OrgsError::Changed { current });
                }
                if role == place.role {
                    return Ok(place);
                }
                keep_an_owner(&tx, &place).await?;
                core.set_role(&tx, &place, role, actor.subject).await
            })
            .await
    }

    async fn remove(&self, actor: &Actor, org: OrgId, user: UserId) -> Result<(), OrgsError> {
        actor.require(&MANAGE)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let (_, own) = core.enter(&tx, actor, org, &MANAGE).await?;
                let place = memberships::find(&tx, org, user).await?.ok_or(OrgsError::NotFound)?;
                if !may_edit(own, place.role) {
                    return Err(OrgsError::RankTooLow);
                }
                keep_an_owner(&tx, &place).await?;
                Ok(core.end(&tx, &place, actor.subject).await?)
            })
            .await
    }

    async fn leave(&self, actor: &Actor, org: OrgId) -> Result<(), OrgsError> {
        actor.require(&JOIN)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                orgs::lock(&tx, org).await?.ok_or(OrgsError::NotFound)?;
                let place = memberships::find(&tx, org, actor.subject).await?.ok_or(OrgsError::NotFound)?;
                keep_an_owner(&tx, &place).await?;
                Ok(core.end(&tx, &place, actor.subject).await?)
            })
            .await
    }

    async fn transfer(&self, actor: &Actor, org: OrgId, to: UserId) -> Result<(), OrgsError> {
        actor.require(&OWN)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                core.enter(&tx, actor, org, &OWN).await?;
                let heir = memberships::find(&tx, org, to).await?.ok_or(OrgsError::NotFound)?;
                let place = memberships::find(&tx, org, actor.subject).await?.ok_or(OrgsError::NotFound)?;
                if heir.user == place.user {
                    return Ok(());
                }
                if heir.role != OrgRole::Owner {
                    core.set_role(&tx, &heir, OrgRole::Owner, actor.subject).await?;
                }
                core.set_role(&tx, &place, OrgRole::Admin, actor.subject).await?;
                Ok(record(&tx, org, "orgs.transferred", (actor.subject, to), json!({})).await?)
            })
            .await
    }

    async fn role_of(&self, user: UserId, org: OrgId, authoritative: bool) -> Result<Option<OrgRole>, OrgsError> {
        Ok(self.core.snapshots.role_of(user, org, authoritative).await?)
    }
}

/// Refuses to end or lower the last owner's place. The organisation's lock is held, so that what is counted stays.
async fn keep_an_owner(tx: &Tx, place: &Membership) -> Result<(), OrgsError> {
    if place.role == OrgRole::Owner && memberships::count_owners(tx, place.org).await? < 2 {
        return Err(OrgsError::LastOwner);
    }
    Ok(())
}
