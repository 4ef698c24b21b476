use async_trait::async_trait;
use core_db::DbError;
use core_jobs::{NewEvent, publish};
use core_kernel::{Actor, OrgRole, Page, PageRequest};

use crate::core::{Core, NewMember, record};
use crate::leaving;
use crate::model::{NewOrg, Org, OrgChange, OrgId, Standing, slug_from};
use crate::permissions::{JOIN, MANAGE, OWN, READ};
use crate::service::Organisations;
use crate::store::{memberships, orgs};
use crate::{OrgsError, token};

/// How often another short name is tried for a name whose own is taken.
const TRIES: u32 = 4;

/// Organisations over the tables of this crate.
#[derive(Clone)]
pub(crate) struct OrganisationService {
    pub(crate) core: Core,
}

#[async_trait]
impl Organisations for OrganisationService {
    async fn create(&self, actor: &Actor, new: NewOrg) -> Result<Org, OrgsError> {
        actor.require(&JOIN)?;
        let new = new.check()?;
        if let Some(slug) = &new.slug {
            return match self.found(actor, &new, slug).await {
                Err(OrgsError::Db(DbError::Conflict(_))) => Err(OrgsError::SlugTaken),
                other => other,
            };
        }
        let base = slug_from(&new.name);
        let mut slug = base.clone();
        for _ in 1..TRIES {
            match self.found(actor, &new, &slug).await {
                Err(OrgsError::Db(DbError::Conflict(_))) => {
                    slug = format!("{base}-{}", token::suffix(self.core.db.ambient().rng.as_ref()));
                }
                other => return other,
            }
        }
        self.found(actor, &new, &slug).await
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Standing>, OrgsError> {
        actor.require(&READ)?;
        let places = memberships::list_of(self.core.db.read(), actor.subject, request).await?;
        let ids: Vec<OrgId> = places.items.iter().map(|place| place.org).collect();
        let found = orgs::find_many(self.core.db.read(), &ids).await?;
        // One that is deleted between the two reads is left out.
        let standing =
            |org: OrgId, role: OrgRole| found.iter().find(|one| one.id == org).map(|org| Standing { org: org.clone(), role });
        let items = places.items.iter().filter_map(|place| standing(place.org, place.role)).collect();
        Ok(Page { items, next: places.next })
    }

    async fn get(&self, actor: &Actor, org: OrgId) -> Result<Standing, OrgsError> {
        let connection = self.core.db.read();
        let role = self.core.role_with(connection, actor, org, &READ).await?;
        let org = orgs::find(connection, org).await?.ok_or(OrgsError::NotFound)?;
        Ok(Standing { org, role })
    }

    async fn update(&self, actor: &Actor, org: OrgId, change: OrgChange, based_on: Option<i64>) -> Result<Org, OrgsError> {
        actor.require(&MANAGE)?;
        let (core, change) = (&self.core, &change);
        let changed: Result<Org, OrgsError> = core
            .db
            .write(|tx| async move {
                let (mut found, _) = core.enter(&tx, actor, org, &MANAGE).await?;
                check_version(&found, based_on)?;
                let before = found.clone();
                change.clone().apply(&mut found)?;
                if found == before {
                    return Ok(found);
                }
                let current = before.version;
                let changed = orgs::update(&tx, found).await?.ok_or(OrgsError::Changed { current })?;
                record(&tx, org, "orgs.changed", (actor.subject, actor.subject), serde_json::json!({})).await?;
                Ok(changed)
            })
            .await;
        match changed {
            Err(OrgsError::Db(DbError::Conflict(_))) => Err(OrgsError::SlugTaken),
            other => other,
        }
    }

    async fn delete(&self, actor: &Actor, org: OrgId, based_on: Option<i64>) -> Result<(), OrgsError> {
        actor.require(&OWN)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let (found, _) = core.enter(&tx, actor, org, &OWN).await?;
                check_version(&found, based_on)?;
                Ok(leaving::delete(core, &tx, &found, actor.subject).await?)
            })
            .await
    }
}

impl OrganisationService {
    async fn found(&self, actor: &Actor, new: &NewOrg, slug: &str) -> Result<Org, OrgsError> {
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let NewOrg { name, metadata, .. } = new.clone();
                let org = orgs::create(&tx, actor.subject, name, slug.to_owned(), metadata.unwrap_or_default()).await?;
                let data = org_created(&org.name, &org.slug);
                let event = NewEvent { r#type: "org.created", version: 1, owner: org.id.into(), subject: org.id.get(), data };
                publish(&tx, event).await?;
                let founder = NewMember { org: org.id, user: actor.subject, role: OrgRole::Owner, way: "founding" };
                core.add(&tx, founder, None).await?;
                Ok(org)
            })
            .await
    }
}

fn check_version(org: &Org, based_on: Option<i64>) -> Result<(), OrgsError> {
    let current = org.version;
    if based_on.is_some_and(|version| version != current) { Err(OrgsError::Changed { current }) } else { Ok(()) }
}

/// The payload of `org.created`.
pub(crate) fn org_created(name: &str, slug: &str) -> serde_json::Value {
    serde_json::json!({"name": name, "slug": slug})
}
