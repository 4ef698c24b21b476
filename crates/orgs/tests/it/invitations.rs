use std::time::Duration;

use core_kernel::{OrgRole, PageRequest, Secret};
use orgs::{OrgsConfig, Person};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Query;

use crate::world::{World, code, email, fresh};

/// How many invitations are in the table, open or not.
async fn stored(world: &World) -> usize {
    let all = Query::select().column("id").from("org_invitations").to_owned();
    world.test.db.read().query_all(&all).await.unwrap().len()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_mail_says_who_invites_where_and_as_what(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        world.orgs.invitations.invite(&ada, org, " Guest@Example.com", OrgRole::Viewer).await.unwrap();
        world.work().await;
        let mail = world.mails.sent().pop().unwrap();
        assert_eq!((mail.to.as_str(), mail.content.subject.as_str()), ("Guest@Example.com", "Join Brick & Mortar"));
        let text = mail.content.text;
        assert!(text.contains("person1@example.com invites you to join Brick & Mortar as viewer"), "{text}");
        assert!(text.contains("https://api.example.com/account/invitation#token="), "{text}");
        assert!(mail.content.html.contains("Brick &amp; Mortar"), "{}", mail.content.html);
        let open = world.orgs.invitations.list(&ada, org, &PageRequest::default()).await.unwrap().items;
        assert_eq!((open[0].email.as_str(), open[0].canonical_email.as_str()), ("Guest@Example.com", "guest@example.com"));
        assert_eq!(open[0].expires_at, world.test.db.ambient().now().plus(Duration::from_hours(7 * 24)));
    }

    async fn an_invitation_works_once_and_for_its_address_alone(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let (bob, eve) = (world.person(2), world.person(3));
        let token = world.invite(&ada, org, 2, OrgRole::Member).await;
        let invitations = &world.orgs.invitations;
        assert_eq!(invitations.find(&token).await.unwrap().unwrap().canonical_email, email(2));
        assert_eq!(code(invitations.accept(&eve, &token).await), "orgs.invitation_for_another_address");
        let joined = invitations.accept(&bob, &token).await.unwrap();
        assert_eq!((joined.org.id, joined.role), (org, OrgRole::Member));
        assert_eq!(code(invitations.accept(&bob, &token).await), "orgs.invalid_invitation");
        assert_eq!(invitations.find(&token).await.unwrap(), None);
        assert!(invitations.list(&ada, org, &PageRequest::default()).await.unwrap().items.is_empty());
        assert_eq!(code(invitations.accept(&bob, &Secret::new("made up")).await), "orgs.invalid_invitation");
    }

    async fn the_address_must_be_verified(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.person(2);
        let token = world.invite(&ada, org, 2, OrgRole::Member).await;
        let verified = world.people.register(bob.subject, "Person2@Example.com");
        world.people.put(Person { verified: false, ..verified.clone() });
        assert_eq!(code(world.orgs.invitations.accept(&bob, &token).await), "orgs.address_not_verified");
        world.people.put(verified);
        assert!(world.orgs.invitations.accept(&bob, &token).await.is_ok(), "in other letter case it is the same address");
    }

    async fn an_invitation_expires_and_is_swept(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.person(2);
        let token = world.invite(&ada, org, 2, OrgRole::Member).await;
        world.test.clock.advance(Duration::from_hours(24 * OrgsConfig::default().invitation_days));
        assert_eq!(code(world.orgs.invitations.accept(&bob, &token).await), "orgs.invalid_invitation");
        assert!(world.orgs.invitations.list(&ada, org, &PageRequest::default()).await.unwrap().items.is_empty());
        assert_eq!(stored(&world).await, 1);
        world.work().await;
        assert_eq!(stored(&world).await, 0, "the address of somebody who never joined is not kept");
    }

    async fn what_the_inviter_may_give_counts_when_it_is_accepted(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let admin = world.member(&ada, org, 2, OrgRole::Admin).await;
        assert_eq!(code(world.orgs.invitations.invite(&admin, org, &email(9), OrgRole::Owner).await), "orgs.rank_too_low");
        let (bob, token) = (world.person(3), world.invite(&admin, org, 3, OrgRole::Admin).await);
        world.orgs.memberships.change_role(&ada, org, admin.subject, OrgRole::Member, None).await.unwrap();
        assert_eq!(code(world.orgs.invitations.accept(&bob, &token).await), "orgs.invalid_invitation");
        world.orgs.memberships.remove(&ada, org, admin.subject).await.unwrap();
        assert_eq!(code(world.orgs.invitations.accept(&bob, &token).await), "orgs.invalid_invitation");
        let refused = world.orgs.invitations.invite(&admin, org, &email(4), OrgRole::Viewer).await;
        assert_eq!(code(refused), "request.not_found");
    }

    async fn a_second_invitation_replaces_the_first_and_one_can_be_withdrawn(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.person(2);
        let first = world.invite(&ada, org, 2, OrgRole::Owner).await;
        let second = world.invite(&ada, org, 2, OrgRole::Member).await;
        let invitations = &world.orgs.invitations;
        assert_eq!(code(invitations.accept(&bob, &first).await), "orgs.invalid_invitation");
        let open = invitations.list(&ada, org, &PageRequest::default()).await.unwrap().items;
        assert_eq!(open.len(), 1);
        let stranger = world.person(7);
        assert_eq!(code(invitations.revoke(&stranger, org, open[0].id).await), "request.not_found");
        invitations.revoke(&ada, org, open[0].id).await.unwrap();
        assert_eq!(code(invitations.revoke(&ada, org, open[0].id).await), "request.not_found");
        assert_eq!(code(invitations.accept(&bob, &second).await), "orgs.invalid_invitation");
        let owners_own = invitations.invite(&ada, org, &email(5), OrgRole::Owner).await.unwrap();
        let admin = world.member(&ada, org, 6, OrgRole::Admin).await;
        assert_eq!(code(invitations.revoke(&admin, org, owners_own.id).await), "orgs.rank_too_low");
    }

    async fn a_member_has_nothing_to_accept_and_an_address_has_a_form(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Viewer).await;
        let token = world.invite(&ada, org, 2, OrgRole::Owner).await;
        assert_eq!(code(world.orgs.invitations.accept(&bob, &token).await), "orgs.already_member");
        assert_eq!(world.roles(org).await[0], (bob.subject, OrgRole::Viewer));
        assert_eq!(code(world.orgs.invitations.invite(&ada, org, "nobody", OrgRole::Viewer).await), "orgs.invalid");
    }

    async fn the_token_is_in_the_mail_alone(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let invitation = world.orgs.invitations.invite(&ada, org, &email(2), OrgRole::Viewer).await.unwrap();
        let shown = format!("{invitation:?}");
        assert!(!shown.contains("person2"), "{shown}");
        let jobs = core_jobs::admin::list(&world.test.db, None, &PageRequest::default()).await.unwrap();
        assert_eq!(jobs.items.len(), 1);
        world.work().await;
        let mail = world.mails.sent().pop().unwrap().content.text;
        let (_, token) = mail.split_once("#token=").unwrap();
        assert_eq!(token.split_whitespace().next().unwrap().len(), 43, "256 bits");
    }
}
