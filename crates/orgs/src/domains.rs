use async_trait::async_trait;
use core_db::DbError;
use core_kernel::{Actor, FieldError, OrgRole, Page, PageRequest};
use serde_json::json;

use crate::core::{Core, record};
use crate::model::{Domain, DomainId, OrgId, parse_domain};
use crate::permissions::MANAGE;
use crate::service::Domains;
use crate::store::domains;
use crate::{OrgsError, token};

/// How many domains an organisation may claim.
const MAX_DOMAINS: u64 = 50;

/// Domains over the tables of this crate.
#[derive(Clone)]
pub(crate) struct DomainService {
    pub(crate) core: Core,
}

#[async_trait]
impl Domains for DomainService {
    async fn claim(&self, actor: &Actor, org: OrgId, name: &str, role: OrgRole) -> Result<Domain, OrgsError> {
        actor.require(&MANAGE)?;
        let (core, name) = (&self.core, &check(name, role)?);
        let claimed: Result<Domain, OrgsError> = core
            .db
            .write(|tx| async move {
                core.enter(&tx, actor, org, &MANAGE).await?;
                if domains::count(&tx, org).await? >= MAX_DOMAINS {
                    let rule = format!("an organisation claims at most {MAX_DOMAINS} domains");
                    return Err(OrgsError::Invalid(vec![FieldError::new("/domain", "too_many", rule)]));
                }
                let challenge = token::fresh(tx.ambient().rng.as_ref()).expose().to_owned();
                let domain = domains::create(&tx, org, actor.subject, name.clone(), role, challenge).await?;
                // The audit log outlives the organisation, and a domain may name a person: entries name the claim by its id.
                let details = json!({"domain": domain.id});
                record(&tx, org, "orgs.domain_claimed", (actor.subject, actor.subject), details).await?;
                Ok(domain)
            })
            .await;
        taken(claimed)
    }

    async fn list(&self, actor: &Actor, org: OrgId, request: &PageRequest) -> Result<Page<Domain>, OrgsError> {
        let connection = self.core.db.read();
        self.core.role_with(connection, actor, org, &MANAGE).await?;
        Ok(domains::list(connection, org, request).await?)
    }

    async fn verify(&self, actor: &Actor, org: OrgId, domain: DomainId) -> Result<Domain, OrgsError> {
        let core = &self.core;
        core.role_with(core.db.read(), actor, org, &MANAGE).await?;
        let claimed = domains::find(core.db.read(), org, domain).await?.ok_or(OrgsError::NotFound)?;
        if claimed.verified_at.is_some() {
            return Ok(claimed);
        }
        let records = core.domain_proof.txt_records(&claimed.record_name()).await?;
        if !records.iter().any(|record| record.trim() == claimed.record_value()) {
            return Err(OrgsError::DomainNotProven);
        }
        let claimed = &claimed;
        let proven: Result<Domain, OrgsError> = core
            .db
            .write(|tx| async move {
                core.enter(&tx, actor, org, &MANAGE).await?;
                let proven = domains::prove(&tx, claimed).await?;
                let details = json!({"domain": proven.id});
                record(&tx, org, "orgs.domain_proven", (actor.subject, actor.subject), details).await?;
                Ok(proven)
            })
            .await;
        taken(proven)
    }

    async fn remove(&self, actor: &Actor, org: OrgId, domain: DomainId) -> Result<(), OrgsError> {
        actor.require(&MANAGE)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                core.enter(&tx, actor, org, &MANAGE).await?;
                let found = domains::find(&tx, org, domain).await?.ok_or(OrgsError::NotFound)?;
                domains::delete(&tx, org, domain).await?;
                let details = json!({"domain": found.id});
                Ok(record(&tx, org, "orgs.domain_removed", (actor.subject, actor.subject), details).await?)
            })
            .await
    }
}

fn taken(outcome: Result<Domain, OrgsError>) -> Result<Domain, OrgsError> {
    match outcome {
        Err(OrgsError::Db(DbError::Conflict(_))) => Err(OrgsError::DomainTaken),
        other => other,
    }
}

/// Checks both at once. Whoever joins by an address alone gets no right to manage.
fn check(name: &str, role: OrgRole) -> Result<String, OrgsError> {
    let parsed = parse_domain(name);
    if let (Ok(name), true) = (&parsed, role < OrgRole::Admin) {
        return Ok(name.clone());
    }
    let mut faults: Vec<FieldError> = parsed.err().into_iter().collect();
    if role >= OrgRole::Admin {
        faults.push(FieldError::new("/role", "invalid_role", "viewer or member"));
    }
    Err(OrgsError::Invalid(faults))
}
