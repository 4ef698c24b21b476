use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use core_http::Installed;
use core_kernel::{Actor, OrgRole, UserId};
use core_testing::http::FixedActors;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::{FixedPeople, FixedRecords, RecordedSpaces};
use crate::invitations::InvitationService;
use crate::{Deps, FixedSeats, NewOrg, Org, Orgs, OrgsConfig, OrgsError, permissions};

/// Organisations under the contract suite.
#[derive(Debug)]
pub struct OrgsFixture {
    orgs: Arc<Orgs>,
    people: Arc<FixedPeople>,
    records: Arc<FixedRecords>,
    world: World,
    planted: AtomicU64,
}

impl OrgsFixture {
    /// Organisations over stand-ins of their ports.
    pub fn new(world: World) -> Self {
        let (people, records) = (Arc::new(FixedPeople::default()), Arc::new(FixedRecords::default()));
        let orgs = Arc::new(Orgs::new(Deps {
            db: world.db.clone(),
            config: OrgsConfig::default(),
            public_url: "https://example.com".to_owned(),
            people: people.clone(),
            space_data: Arc::new(RecordedSpaces::default()),
            domain_proof: records.clone(),
            seats: Arc::new(FixedSeats::default()),
        }));
        Self { orgs, people, records, world, planted: AtomicU64::new(0) }
    }

    fn somebody(&self) -> Actor {
        let user = UserId(self.world.ambient.ids.next());
        self.people.register(user, &email(user));
        FixedActors::person(user, &permissions::ALL, self.world.ambient.now())
    }

    /// An organisation of `actor` with another owner, so that each of the two may go.
    async fn organisation(&self, actor: &Actor, name: String) -> Result<(Org, UserId), OrgsError> {
        let org = self.orgs.organisations.create(actor, NewOrg { name, ..NewOrg::default() }).await?;
        let partner = self.somebody();
        let token = self.invite(actor, &org, partner.subject, OrgRole::Owner).await?;
        self.orgs.invitations.accept(&partner, &core_kernel::Secret::new(token)).await?;
        Ok((org, partner.subject))
    }

    async fn invite(&self, by: &Actor, org: &Org, user: UserId, role: OrgRole) -> Result<String, OrgsError> {
        let service = InvitationService { core: self.orgs.core.clone() };
        let (_, token) = service.invite_with_token(by, org.id, &email(user), role).await?;
        Ok(token.expose().to_owned())
    }

    async fn plant_all(&self, actor: &Actor, canary: &str) -> Result<Planted, OrgsError> {
        self.people.register(actor.subject, &email(actor.subject));
        let (org, partner) = self.organisation(actor, canary.to_owned()).await?;
        let guest = self.somebody().subject;
        let invitation = self.orgs.invitations.invite(actor, org.id, &email(guest), OrgRole::Member).await?;
        let number = self.planted.fetch_add(1, Ordering::SeqCst);
        let name = format!("d{number}.example.com");
        let domain = self.orgs.domains.claim(actor, org.id, &name, OrgRole::Member).await?;
        self.records.publish(&domain.record_name(), &domain.record_value());
        // Somebody else's organisation that the actor is invited to.
        let host = self.somebody();
        let (elsewhere, _) = self.organisation(&host, "Elsewhere".to_owned()).await?;
        let token = self.invite(&host, &elsewhere, actor.subject, OrgRole::Member).await?;
        let at = |rest: &str| format!("/api/v1/orgs/{}{rest}", org.id);
        let rows = [
            ("org", org.id.to_string()),
            ("user", partner.to_string()),
            ("invitation", invitation.id.to_string()),
            ("domain", domain.id.to_string()),
            ("claimed", format!("claimed-{name}")),
            ("token", token),
        ];
        Ok(Planted {
            rows: rows.into_iter().collect(),
            urls: vec![at(""), at("/members"), at("/invitations"), at("/domains")],
            canary: canary.to_owned(),
        })
    }
}

#[async_trait]
impl Fixture for OrgsFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.orgs.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-of-orgs-{}", self.world.ambient.ids.next());
        self.plant_all(actor, &canary).await.expect("an organisation with all that belongs to it")
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let org = || Sample::new().path("id", planted.row("org"));
        let member = || org().path("user_id", planted.row("user"));
        Some(match operation_id {
            "list_orgs" => Sample::new(),
            // A short name of its own would be taken when several people send the same.
            "create_org" => Sample::new().json(json!({"name": "Brick & Mortar", "metadata": {"plan": "free"}})),
            "update_org" => {
                let slug = format!("o-{}", planted.row("org").replace('-', ""));
                org().json(json!({"name": "Bricks", "slug": slug, "metadata": {"plan": null}}))
            }
            "get_org" | "delete_org" | "leave_org" | "list_members" | "list_invitations" | "list_domains" => org(),
            "transfer_org" => org().json(json!({"user_id": planted.row("user")})),
            "update_member" => member().json(json!({"role": "viewer"})),
            "remove_member" => member(),
            "invite_member" => org().json(json!({"email": "guest@example.com", "role": "member"})),
            "revoke_invitation" => org().path("invitation_id", planted.row("invitation")),
            "accept_invitation" => Sample::new().json(json!({"token": planted.row("token")})),
            "claim_domain" => org().json(json!({"domain": planted.row("claimed"), "role": "viewer"})),
            "verify_domain" | "remove_domain" => org().path("domain_id", planted.row("domain")),
            _ => return None,
        })
    }
}

fn email(user: UserId) -> String {
    format!("{user}@example.com")
}
