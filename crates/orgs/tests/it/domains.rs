use core_db::Db;
use core_jobs::{NewEvent, publish};
use core_kernel::{OrgRole, PageRequest, UserId};
use orgs::{NoDomainLookup, Person};

use crate::world::{World, code, fresh};

/// What identity does when somebody verifies their address.
async fn verified(db: &Db, user: UserId) {
    let written: Result<(), core_db::DbError> = db
        .write(|tx| async move {
            let event = NewEvent {
                r#type: "user.updated",
                version: 1,
                owner: user.into(),
                subject: user.get(),
                data: serde_json::json!({}),
            };
            publish(&tx, event).await.map(drop)
        })
        .await;
    written.unwrap();
}

/// An organisation that has proven `bricks.example`, and its owner.
async fn proven(world: &World) -> (orgs::OrgId, core_kernel::Actor, orgs::DomainId) {
    let ada = world.person(1);
    let org = world.org(&ada).await;
    let domain = world.orgs.domains.claim(&ada, org, " Bricks.Example. ", OrgRole::Viewer).await.unwrap();
    world.records.publish(&domain.record_name(), &domain.record_value());
    world.orgs.domains.verify(&ada, org, domain.id).await.unwrap();
    (org, ada, domain.id)
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_domain_is_proven_by_its_record(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let domains = &world.orgs.domains;
        let domain = domains.claim(&ada, org, "bricks.example", OrgRole::Member).await.unwrap();
        assert_eq!(domain.record_name(), "_brickwork-challenge.bricks.example");
        assert_eq!(code(domains.claim(&ada, org, "BRICKS.example", OrgRole::Member).await), "orgs.domain_taken");
        assert_eq!(code(domains.verify(&ada, org, domain.id).await), "orgs.domain_not_proven");
        world.records.publish(&domain.record_name(), "brickwork-verification=something else");
        assert_eq!(code(domains.verify(&ada, org, domain.id).await), "orgs.domain_not_proven");
        world.records.publish(&domain.record_name(), &domain.record_value());
        let proven = domains.verify(&ada, org, domain.id).await.unwrap();
        assert_eq!(proven.verified_at, Some(world.test.db.ambient().now()));
        assert_eq!(domains.verify(&ada, org, domain.id).await.unwrap(), proven);
        assert_eq!(domains.list(&ada, org, &PageRequest::default()).await.unwrap().items, [proven]);
        assert_eq!(code(domains.claim(&ada, org, "x", OrgRole::Admin).await), "orgs.invalid");
    }

    async fn a_proven_domain_is_one_organisations(world) {
        let (_, ada, _) = proven(&world).await;
        let second = world.org(&ada).await;
        let domain = world.orgs.domains.claim(&ada, second, "bricks.example", OrgRole::Member).await.unwrap();
        world.records.publish(&domain.record_name(), &domain.record_value());
        assert_eq!(code(world.orgs.domains.verify(&ada, second, domain.id).await), "orgs.domain_taken");
    }

    async fn people_with_a_verified_address_there_join_by_themselves(world) {
        let (org, ada, domain) = proven(&world).await;
        let bob = world.person(2).subject;
        let person = world.people.register(bob, "Bob@Bricks.example");
        world.people.put(Person { verified: false, ..person.clone() });
        verified(&world.test.db, bob).await;
        world.work().await;
        assert_eq!(world.roles(org).await.len(), 1, "an address that is not verified is nobody's");
        world.people.put(person);
        verified(&world.test.db, bob).await;
        verified(&world.test.db, bob).await;
        world.work().await;
        assert_eq!(world.roles(org).await[0], (bob, OrgRole::Viewer));
        let elsewhere = world.person(3).subject;
        world.people.register(elsewhere, "eve@not-bricks.example");
        verified(&world.test.db, elsewhere).await;
        world.work().await;
        assert_eq!(world.roles(org).await.len(), 2);
        world.orgs.domains.remove(&ada, org, domain).await.unwrap();
        let late = world.person(4).subject;
        world.people.register(late, "late@bricks.example");
        verified(&world.test.db, late).await;
        world.work().await;
        assert_eq!(world.roles(org).await.len(), 2, "those who joined stay, nobody else comes");
    }

    async fn whoever_was_removed_comes_back_by_invitation_only(world) {
        let (org, ada, _) = proven(&world).await;
        let bob = world.person(2);
        world.people.register(bob.subject, "bob@bricks.example");
        verified(&world.test.db, bob.subject).await;
        world.work().await;
        world.orgs.memberships.remove(&ada, org, bob.subject).await.unwrap();
        verified(&world.test.db, bob.subject).await;
        world.work().await;
        assert_eq!(world.roles(org).await.len(), 1);
        world.orgs.invitations.invite(&ada, org, "bob@bricks.example", OrgRole::Member).await.unwrap();
        world.work().await;
        let mail = world.mails.sent().pop().unwrap().content.text;
        let token = mail.split_once("#token=").unwrap().1.split_whitespace().next().unwrap();
        world.orgs.invitations.accept(&bob, &core_kernel::Secret::new(token)).await.unwrap();
        world.orgs.memberships.leave(&bob, org).await.unwrap();
        verified(&world.test.db, bob.subject).await;
        world.work().await;
        assert_eq!(world.roles(org).await.len(), 1);
    }
}

#[tokio::test]
async fn without_a_resolver_the_answer_names_what_is_missing() {
    let error = orgs::DomainProof::txt_records(&NoDomainLookup, "example.com").await.unwrap_err();
    assert_eq!(error.cause().code().code, "orgs.domain_lookup_not_configured");
    assert_eq!(error.cause().code().kind, core_kernel::ErrorKind::Unavailable);
}
