use core_feature::{Feature, MemoryExport};
use core_kernel::{OrgRole, Owner, PageRequest};

use crate::world::{World, code, email, fresh};

async fn exported(world: &World, owner: Owner) -> Vec<(String, String)> {
    let mut export = MemoryExport::default();
    world.orgs.export(owner, &mut export).await.unwrap();
    export.rows.into_iter().map(|(collection, row)| (collection, row.to_string())).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn when_the_last_owner_is_erased_the_highest_member_who_is_there_longest_follows(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        world.member(&ada, org, 2, OrgRole::Viewer).await;
        let first = world.member(&ada, org, 3, OrgRole::Member).await;
        world.member(&ada, org, 4, OrgRole::Member).await;
        world.orgs.forget_member(ada.subject).await.unwrap();
        world.orgs.forget_member(ada.subject).await.unwrap();
        let roles = world.roles(org).await;
        assert_eq!(roles.len(), 3);
        assert!(roles.contains(&(first.subject, OrgRole::Owner)), "{roles:?}");
        assert_eq!(world.orgs.organisations.get(&first, org).await.unwrap().org.created_by, None);
        world.work().await;
        assert!(world.spaces.erased().is_empty());
    }

    async fn an_organisation_goes_with_the_only_one_who_was_in_it(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        world.orgs.erase(ada.personal_space()).await.unwrap();
        world.work().await;
        assert_eq!(world.spaces.erased(), [Owner::from(org)]);
        assert!(exported(&world, org.into()).await.is_empty());
    }

    async fn nothing_of_a_person_stays(world) {
        let (ada, eve) = (world.person(1), world.person(2));
        let (mine, hers) = (world.org(&ada).await, world.org(&eve).await);
        let admin = world.member(&eve, hers, 3, OrgRole::Admin).await;
        world.orgs.invitations.invite(&admin, hers, "guest@example.com", OrgRole::Viewer).await.unwrap();
        world.orgs.invitations.invite(&ada, mine, &email(3), OrgRole::Viewer).await.unwrap();
        let before = exported(&world, admin.personal_space()).await;
        let collections: Vec<_> = before.iter().map(|(collection, _)| collection.as_str()).collect();
        assert_eq!(collections, ["org_memberships", "org_invitations_received"]);
        world.orgs.forget_member(admin.subject).await.unwrap();
        world.orgs.erase(admin.personal_space()).await.unwrap();
        assert!(exported(&world, admin.personal_space()).await.is_empty());
        let open = world.orgs.invitations.list(&eve, hers, &PageRequest::default()).await.unwrap().items;
        assert!(open.is_empty(), "what they sent is void");
        let open = world.orgs.invitations.list(&ada, mine, &PageRequest::default()).await.unwrap().items;
        assert!(open.is_empty(), "and so is what was sent to them");
        for org in [mine, hers] {
            let rows = exported(&world, org.into()).await;
            assert!(rows.iter().all(|(_, row)| !row.contains(&admin.subject.to_string())), "{rows:?}");
        }
    }

    async fn the_export_of_an_organisation_has_all_of_it(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        world.orgs.invitations.invite(&ada, org, "guest@example.com", OrgRole::Viewer).await.unwrap();
        world.orgs.domains.claim(&ada, org, "bricks.example", OrgRole::Member).await.unwrap();
        let rows = exported(&world, org.into()).await;
        let collections: Vec<_> = rows.iter().map(|(collection, _)| collection.as_str()).collect();
        assert_eq!(collections, ["org", "org_members", "org_invitations", "org_domains"]);
        world.orgs.erase(org.into()).await.unwrap();
        assert!(exported(&world, org.into()).await.is_empty());
        assert_eq!(code(world.orgs.organisations.get(&ada, org).await), "request.not_found");
    }
}
