use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{CatchUp, EventType, Handler, Job, JobFailure, Schedule, Subscription};
use core_kernel::{Order, OrgRole, Owner, Page, PageRequest, Permission, ProblemCode, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::{Core, member_added, member_removed};
use crate::domains::DomainService;
use crate::invitations::InvitationService;
use crate::memberships::MembershipService;
use crate::model::word;
use crate::organisations::{OrganisationService, org_created};
use crate::snapshot::Snapshots;
use crate::store::{domains, invitations, memberships, orgs};
use crate::{DomainProof, Domains, Invitations, Memberships, OrgId, Organisations, OrgsConfig, People, SeatPolicy, SpaceData};
use crate::{auto_join, leaving, migrations, permissions};

/// What organisations need.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: OrgsConfig,
    /// Where clients reach this server: the base of links. Never taken from a request.
    pub public_url: String,
    /// Who people are.
    pub people: Arc<dyn People>,
    /// Everything that any feature holds of a space.
    pub space_data: Arc<dyn SpaceData>,
    /// What owners of domains published.
    pub domain_proof: Arc<dyn DomainProof>,
    /// How many members an organisation may have.
    pub seats: Arc<dyn SeatPolicy>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Organisations as a feature.
#[derive(Clone)]
pub struct Orgs {
    pub(crate) core: Core,
    space_data: Arc<dyn SpaceData>,
    /// Organisations.
    pub organisations: Arc<dyn Organisations>,
    /// Members.
    pub memberships: Arc<dyn Memberships>,
    /// Invitations.
    pub invitations: Arc<dyn Invitations>,
    /// Domains.
    pub domains: Arc<dyn Domains>,
}

impl std::fmt::Debug for Orgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Orgs").finish_non_exhaustive()
    }
}

impl Orgs {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let core = Core {
            snapshots: Snapshots::new(deps.db.clone()),
            db: deps.db,
            config: deps.config,
            public_url: deps.public_url.trim_end_matches('/').to_owned(),
            people: deps.people,
            domain_proof: deps.domain_proof,
            seats: deps.seats,
        };
        Self {
            space_data: deps.space_data,
            organisations: Arc::new(OrganisationService { core: core.clone() }),
            memberships: Arc::new(MembershipService { core: core.clone() }),
            invitations: Arc::new(InvitationService { core: core.clone() }),
            domains: Arc::new(DomainService { core: core.clone() }),
            core,
        }
    }
}

/// Removes invitations that have expired, and with them the addresses of people who never joined.
#[derive(Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "orgs.sweep";
}

#[async_trait]
impl Feature for Orgs {
    fn name(&self) -> &'static str {
        "orgs"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        crate::codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        let sweep = Handler::new::<Sweep, _, _>(|context, _| async move {
            let now = context.db.ambient().now();
            let swept: Result<u64, DbError> = context.db.write(|tx| async move { invitations::sweep(&tx, now).await }).await;
            swept.map(drop).map_err(JobFailure::from)
        });
        vec![leaving::handler(Arc::clone(&self.space_data)), sweep]
    }

    fn schedules(&self) -> Vec<Schedule> {
        Schedule::new("orgs.sweep", "29 3 * * *", CatchUp::Once, || Sweep {}).into_iter().collect()
    }

    fn events(&self) -> Vec<EventType> {
        const SOMEBODY: UserId = UserId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        let event = |name, summary, example| EventType { name, version: 1, summary, example };
        vec![
            event("org.created", "Somebody founded an organisation.", || org_created("Brick & Mortar", "brick-mortar")),
            event("org.deleted", "An organisation was deleted; what it held is being erased.", || json!({})),
            event("org.member_added", "Somebody joined an organisation.", || member_added(SOMEBODY, OrgRole::Member)),
            event("org.member_removed", "Somebody left an organisation or was removed.", || member_removed(SOMEBODY)),
        ]
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        auto_join::subscriptions(&self.core)
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        self.export_person(UserId(owner.get()), sink).await?;
        self.export_org(OrgId(owner.get()), sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        leaving::forget_person(&self.core, UserId(owner.get())).await?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let org = OrgId(owner.get());
                let members = memberships::users(&tx, org).await?;
                orgs::delete(&tx, org).await?;
                core.forget_after_commit(&tx, org, members);
                Ok(())
            })
            .await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        leaving::forget_person(&self.core, user).await
    }
}

impl Orgs {
    /// What organisations hold of a person.
    async fn export_person(&self, user: UserId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        let db = &self.core.db;
        let mut request = first();
        loop {
            let places = memberships::list_of(db.read(), user, &request).await?;
            let ids: Vec<OrgId> = places.items.iter().map(|place| place.org).collect();
            let found = orgs::find_many(db.read(), &ids).await?;
            for place in &places.items {
                let name = found.iter().find(|org| org.id == place.org).map(|org| org.name.as_str());
                let row = json!({"org_id": place.org, "org_name": name, "role": word(place.role), "joined_at": place.joined_at});
                sink.row("org_memberships", row).await?;
            }
            if !turn(&mut request, &places) {
                break;
            }
        }
        let person = self.core.people.find(user).await.map_err(|error| ExportError::Sink(error.to_string()))?;
        let Some(person) = person else { return Ok(()) };
        for invitation in invitations::find_by_address(db.read(), &person.address.canonical, db.ambient().now()).await? {
            let row = json!({
                "org_id": invitation.org, "email": invitation.email, "role": word(invitation.role),
                "created_at": invitation.created_at, "expires_at": invitation.expires_at,
            });
            sink.row("org_invitations_received", row).await?;
        }
        Ok(())
    }

    /// What an organisation's space holds.
    async fn export_org(&self, org: OrgId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        let db = &self.core.db;
        let Some(found) = orgs::find(db.read(), org).await? else { return Ok(()) };
        let row = json!({
            "id": found.id, "name": found.name, "slug": found.slug, "metadata": found.metadata,
            "created_at": found.created_at, "updated_at": found.updated_at,
        });
        sink.row("org", row).await?;
        let mut request = first();
        loop {
            let places = memberships::list(db.read(), org, &request).await?;
            for place in &places.items {
                let row = json!({"user_id": place.user, "role": word(place.role), "joined_at": place.joined_at});
                sink.row("org_members", row).await?;
            }
            if !turn(&mut request, &places) {
                break;
            }
        }
        self.export_open(org, sink).await
    }

    async fn export_open(&self, org: OrgId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        let db = &self.core.db;
        let mut request = first();
        loop {
            let open = invitations::list(db.read(), org, db.ambient().now(), &request).await?;
            for invitation in &open.items {
                let row: Value = json!({
                    "email": invitation.email, "role": word(invitation.role),
                    "created_at": invitation.created_at, "expires_at": invitation.expires_at,
                });
                sink.row("org_invitations", row).await?;
            }
            if !turn(&mut request, &open) {
                break;
            }
        }
        for domain in domains::list(db.read(), org, &first()).await?.items {
            let row = json!({"domain": domain.name, "role": word(domain.role), "verified_at": domain.verified_at});
            sink.row("org_domains", row).await?;
        }
        Ok(())
    }
}

fn first() -> PageRequest {
    PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc)
}

/// Turns to the next page; false when there is none.
fn turn<T>(request: &mut PageRequest, page: &Page<T>) -> bool {
    request.after = page.next;
    page.next.is_some()
}
