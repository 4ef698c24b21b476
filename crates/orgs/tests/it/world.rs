use std::sync::Arc;

use core_feature::Feature;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, DomainError, OrgRole, Page, PageRequest, Secret, UserId};
use core_mail::{MemoryMailer, Templates};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use orgs::testing::{FixedPeople, FixedRecords, RecordedSpaces};
use orgs::{Deps, FixedSeats, NewOrg, OrgId, Orgs, OrgsConfig, OrgsError, permissions};
use uuid::Uuid;

/// Organisations over stand-ins of their ports, in two processes on one database.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) orgs: Orgs,
    /// What another process has in memory.
    pub(crate) other: Orgs,
    pub(crate) people: Arc<FixedPeople>,
    pub(crate) spaces: Arc<RecordedSpaces>,
    pub(crate) records: Arc<FixedRecords>,
    pub(crate) mails: Arc<MemoryMailer>,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    with_seats(engine, 0).await
}

pub(crate) async fn with_seats(engine: &Engine, seats: u32) -> World {
    let test = TestDb::fresh(engine, vec![orgs::ledger()]).await.unwrap();
    let people = Arc::new(FixedPeople::default());
    let spaces = Arc::new(RecordedSpaces::default());
    let records = Arc::new(FixedRecords::default());
    let deps = Deps {
        db: test.db.clone(),
        config: OrgsConfig::default(),
        public_url: "https://api.example.com/".to_owned(),
        people: people.clone(),
        space_data: spaces.clone(),
        domain_proof: records.clone(),
        seats: Arc::new(FixedSeats(seats)),
    };
    let (orgs, other) = (Orgs::new(deps.clone()), Orgs::new(deps));
    World { test, orgs, other, people, spaces, records, mails: Arc::new(MemoryMailer::default()) }
}

pub(crate) fn email(number: u128) -> String {
    format!("person{number}@example.com")
}

/// The stable word of what was refused.
pub(crate) fn code<T>(outcome: Result<T, OrgsError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.code().code,
    }
}

impl World {
    /// Person `number`, with a verified address.
    pub(crate) fn person(&self, number: u128) -> Actor {
        let user = UserId(Uuid::from_u128(0xA000 + number));
        self.people.register(user, &email(number));
        FixedActors::person(user, &permissions::ALL, self.test.db.ambient().now())
    }

    /// An organisation of `owner`.
    pub(crate) async fn org(&self, owner: &Actor) -> OrgId {
        let new = NewOrg { name: "Brick & Mortar".to_owned(), ..NewOrg::default() };
        self.orgs.organisations.create(owner, new).await.unwrap().id
    }

    /// Invites person `number` and gives the token of the mail.
    pub(crate) async fn invite(&self, by: &Actor, org: OrgId, number: u128, role: OrgRole) -> Secret {
        self.try_invite(by, org, number, role).await.unwrap()
    }

    pub(crate) async fn try_invite(&self, by: &Actor, org: OrgId, number: u128, role: OrgRole) -> Result<Secret, OrgsError> {
        // Mails of earlier invitations go first, so that the last one is this one's.
        self.work().await;
        self.orgs.invitations.invite(by, org, &email(number), role).await?;
        self.work().await;
        let mail = self.mails.sent().pop().unwrap();
        let (_, token) = mail.content.text.split_once("#token=").unwrap();
        Ok(Secret::new(token.split_whitespace().next().unwrap()))
    }

    /// Person `number`, who has joined by invitation of `by`.
    pub(crate) async fn member(&self, by: &Actor, org: OrgId, number: u128, role: OrgRole) -> Actor {
        let actor = self.person(number);
        let token = self.invite(by, org, number, role).await;
        self.orgs.invitations.accept(&actor, &token).await.unwrap();
        actor
    }

    /// The roles of an organisation, by the newest member first.
    pub(crate) async fn roles(&self, org: OrgId) -> Vec<(UserId, OrgRole)> {
        let anybody = Actor::system("orgs", org.into());
        let request = PageRequest { limit: 100, ..PageRequest::default() };
        let members: Page<_> = self.orgs.memberships.list(&anybody, org, &request).await.unwrap();
        members.items.into_iter().map(|member| (member.membership.user, member.membership.role)).collect()
    }

    pub(crate) fn worker(&self) -> Runner {
        let mut registry = Registry::default();
        for handler in self.orgs.jobs() {
            registry.handler(handler).unwrap();
        }
        for subscription in self.orgs.subscriptions() {
            registry.subscription(subscription).unwrap();
        }
        for schedule in self.orgs.schedules() {
            registry.schedule(schedule).unwrap();
        }
        let templates = Templates::new(orgs::mail_templates(), None);
        registry.handler(core_mail::handler(self.mails.clone(), templates, Arc::new(Nobody))).unwrap();
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default())
    }

    /// Runs everything that waits.
    pub(crate) async fn work(&self) {
        self.worker().drain().await.unwrap();
    }
}

/// Invitations name their address; no person's is asked for.
struct Nobody;

#[async_trait::async_trait]
impl core_mail::Recipients for Nobody {
    async fn address_of(&self, _: UserId) -> Result<Option<core_mail::Address>, core_db::DbError> {
        Ok(None)
    }
}
