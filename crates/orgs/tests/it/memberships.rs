use std::time::Duration;

use core_db::{AuditQuery, audit_rows};
use core_kernel::{OrgRole, PageRequest};

use crate::world::{code, fresh};

core_testing::on_every_engine! {
    setup = fresh;

    async fn nobody_edits_their_equals_or_gives_more_than_they_have(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let admin = world.member(&ada, org, 2, OrgRole::Admin).await;
        let peer = world.member(&ada, org, 3, OrgRole::Admin).await;
        let member = world.member(&admin, org, 4, OrgRole::Member).await;
        let memberships = &world.orgs.memberships;
        let change = |by, whom: &core_kernel::Actor, role| memberships.change_role(by, org, whom.subject, role, None);
        assert_eq!(code(change(&admin, &peer, OrgRole::Viewer).await), "orgs.rank_too_low");
        assert_eq!(code(change(&admin, &ada, OrgRole::Viewer).await), "orgs.rank_too_low");
        assert_eq!(code(change(&admin, &member, OrgRole::Owner).await), "orgs.rank_too_low");
        assert_eq!(code(change(&member, &member, OrgRole::Viewer).await), "request.permission_denied");
        assert_eq!(code(memberships.remove(&admin, org, peer.subject).await), "orgs.rank_too_low");
        assert_eq!(change(&admin, &member, OrgRole::Admin).await.unwrap().role, OrgRole::Admin);
        assert_eq!(code(change(&admin, &member, OrgRole::Member).await), "orgs.rank_too_low", "they are equals now");
        assert_eq!(change(&ada, &member, OrgRole::Owner).await.unwrap().version, 3);
        assert_eq!(change(&ada, &member, OrgRole::Viewer).await.unwrap().role, OrgRole::Viewer, "owners edit owners");
        assert_eq!(code(memberships.change_role(&ada, org, member.subject, OrgRole::Member, Some(1)).await), "orgs.changed");
    }

    async fn the_last_owner_stays(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Admin).await;
        let memberships = &world.orgs.memberships;
        assert_eq!(code(memberships.leave(&ada, org).await), "orgs.last_owner");
        assert_eq!(code(memberships.remove(&ada, org, ada.subject).await), "orgs.last_owner");
        assert_eq!(code(memberships.change_role(&ada, org, ada.subject, OrgRole::Admin, None).await), "orgs.last_owner");
        memberships.change_role(&ada, org, bob.subject, OrgRole::Owner, None).await.unwrap();
        memberships.leave(&ada, org).await.unwrap();
        assert_eq!(world.roles(org).await, [(bob.subject, OrgRole::Owner)]);
        assert_eq!(code(memberships.leave(&ada, org).await), "request.not_found");
    }

    async fn an_organisation_is_handed_over_whole(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Viewer).await;
        let memberships = &world.orgs.memberships;
        assert_eq!(code(memberships.transfer(&bob, org, bob.subject).await), "request.permission_denied");
        assert_eq!(code(memberships.transfer(&ada, org, world.person(3).subject).await), "request.not_found");
        memberships.transfer(&ada, org, ada.subject).await.unwrap();
        assert_eq!(world.roles(org).await[1], (ada.subject, OrgRole::Owner), "to oneself changes nothing");
        memberships.transfer(&ada, org, bob.subject).await.unwrap();
        assert_eq!(world.roles(org).await, [(bob.subject, OrgRole::Owner), (ada.subject, OrgRole::Admin)]);
    }

    async fn a_change_is_seen_here_at_once_and_elsewhere_within_a_second(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Admin).await.subject;
        let (here, there) = (&world.orgs.memberships, &world.other.memberships);
        assert_eq!(here.role_of(bob, org, false).await.unwrap(), Some(OrgRole::Admin));
        assert_eq!(there.role_of(bob, org, false).await.unwrap(), Some(OrgRole::Admin));
        here.change_role(&ada, org, bob, OrgRole::Viewer, None).await.unwrap();
        assert_eq!(here.role_of(bob, org, false).await.unwrap(), Some(OrgRole::Viewer));
        assert_eq!(there.role_of(bob, org, false).await.unwrap(), Some(OrgRole::Admin), "what was read a moment ago");
        world.test.clock.advance(Duration::from_secs(1));
        assert_eq!(there.role_of(bob, org, false).await.unwrap(), Some(OrgRole::Viewer));
        here.remove(&ada, org, bob).await.unwrap();
        assert_eq!(there.role_of(bob, org, true).await.unwrap(), None, "who must know exactly asks the database");
        assert_eq!(there.role_of(bob, org, false).await.unwrap(), None, "and what it says is remembered");
    }

    async fn what_was_just_read_costs_no_statement(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        world.orgs.memberships.role_of(ada.subject, org, false).await.unwrap();
        let statements = core_testing::http::StatementCounter::start(&world.test.db);
        world.orgs.memberships.role_of(ada.subject, org, false).await.unwrap();
        assert_eq!(statements.count(), 0);
    }

    async fn members_are_listed_with_what_is_known_of_them(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Viewer).await;
        world.people.remove(ada.subject);
        let members = world.orgs.memberships.list(&bob, org, &PageRequest::default()).await.unwrap().items;
        let emails: Vec<_> = members.iter().map(|member| member.person.as_ref().map(|person| person.address.shown.as_str())).collect();
        assert_eq!(emails, [Some("person2@example.com"), None]);
        assert_eq!(code(world.orgs.memberships.list(&world.person(3), org, &PageRequest::default()).await), "request.not_found");
    }

    async fn who_did_what_to_whom_is_on_record(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Viewer).await.subject;
        world.orgs.memberships.change_role(&ada, org, bob, OrgRole::Member, None).await.unwrap();
        let page = audit_rows(&world.test.db, AuditQuery::Org(org.into()), &PageRequest::default()).await.unwrap();
        let role_changed: Vec<_> = page.items.iter().filter(|row| row.action == "orgs.role_changed").collect();
        let [befell, did_it] = role_changed[..] else { panic!("{role_changed:?}") };
        assert_eq!((befell.subject, did_it.subject), (Some(bob), Some(ada.subject)));
        assert_eq!((&befell.details["part"], &did_it.details["part"]), (&"befell".into(), &"did_it".into()));
        assert_eq!(befell.details["change"], did_it.details["change"]);
        assert_eq!((&befell.details["from"], &befell.details["to"]), (&"viewer".into(), &"member".into()));
        let actions: Vec<_> = page.items.iter().map(|row| row.action.as_str()).collect();
        for action in ["orgs.invited", "orgs.member_added"] {
            assert!(actions.contains(&action), "{actions:?}");
        }
    }
}
