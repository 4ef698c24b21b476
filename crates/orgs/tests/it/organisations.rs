use core_kernel::{OrgRole, Owner, PageRequest};
use orgs::{MAX_METADATA_BYTES, NewOrg, OrgChange, OrgId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::world::{code, fresh};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn named(name: &str, slug: Option<&str>) -> NewOrg {
    NewOrg { name: name.to_owned(), slug: slug.map(str::to_owned), metadata: None }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_founder_is_the_owner_and_nobody_else_sees_it(world) {
        let (ada, bob) = (world.person(1), world.person(2));
        let org = world.orgs.organisations.create(&ada, named(" Brick & Mortar ", None)).await.unwrap();
        assert_eq!((org.name.as_str(), org.slug.as_str(), org.version), ("Brick & Mortar", "brick-mortar", 1));
        assert_eq!(org.created_by, Some(ada.subject));
        let own = world.orgs.organisations.get(&ada, org.id).await.unwrap();
        assert_eq!((own.role, &own.org), (OrgRole::Owner, &org));
        assert_eq!(world.orgs.organisations.list(&ada, &PageRequest::default()).await.unwrap().items, [own]);
        assert_eq!(code(world.orgs.organisations.get(&bob, org.id).await), "request.not_found");
        assert_eq!(code(world.orgs.organisations.get(&ada, OrgId(Uuid::from_u128(9))).await), "request.not_found");
        assert!(world.orgs.organisations.list(&bob, &PageRequest::default()).await.unwrap().items.is_empty());
    }

    async fn a_short_name_is_unique_and_one_that_is_made_gives_way(world) {
        let ada = world.person(1);
        let organisations = &world.orgs.organisations;
        organisations.create(&ada, named("Bricks", Some("bricks"))).await.unwrap();
        assert_eq!(code(organisations.create(&ada, named("Bricks", Some("bricks"))).await), "orgs.slug_taken");
        let made = organisations.create(&ada, named("Bricks", None)).await.unwrap();
        assert!(made.slug.starts_with("bricks-"), "{}", made.slug);
        let change = OrgChange { slug: Some(Some("bricks".to_owned())), ..OrgChange::default() };
        assert_eq!(code(organisations.update(&ada, made.id, change, None).await), "orgs.slug_taken");
    }

    async fn a_change_touches_what_it_names_and_an_old_version_is_refused(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let organisations = &world.orgs.organisations;
        let metadata = |value| OrgChange { metadata: Some(Some(object(value))), ..OrgChange::default() };
        let changed = organisations.update(&ada, org, metadata(json!({"plan": {"seats": 3, "paid": true}})), Some(1)).await.unwrap();
        assert_eq!((changed.version, changed.name.as_str()), (2, "Brick & Mortar"));
        let changed = organisations.update(&ada, org, metadata(json!({"plan": {"paid": null}})), None).await.unwrap();
        assert_eq!((changed.version, changed.metadata), (3, object(json!({"plan": {"seats": 3}}))));
        assert_eq!(code(organisations.update(&ada, org, OrgChange::default(), Some(1)).await), "orgs.changed");
        assert_eq!(organisations.update(&ada, org, OrgChange::default(), Some(3)).await.unwrap().version, 3);
        assert_eq!(code(organisations.delete(&ada, org, Some(1)).await), "orgs.changed");
        organisations.delete(&ada, org, Some(3)).await.unwrap();
    }

    async fn every_broken_field_is_named_and_nothing_is_stored(world) {
        let ada = world.person(1);
        let new = NewOrg {
            name: "\n".to_owned(),
            slug: Some("-".to_owned()),
            metadata: Some(object(json!({"x": "x".repeat(MAX_METADATA_BYTES)}))),
        };
        let faults = core_kernel::DomainError::fields(&world.orgs.organisations.create(&ada, new).await.unwrap_err());
        let named: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), &*fault.code)).collect();
        assert_eq!(named, [("/name", "invalid_name"), ("/slug", "invalid_slug"), ("/metadata", "too_large")]);
        let org = world.org(&ada).await;
        let change = OrgChange {
            name: Some(None),
            slug: Some(None),
            metadata: Some(Some(object(json!({"a": "\0"})))),
        };
        let faults = core_kernel::DomainError::fields(&world.orgs.organisations.update(&ada, org, change, None).await.unwrap_err());
        let named: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), &*fault.code)).collect();
        assert_eq!(named, [("/name", "required"), ("/slug", "required"), ("/metadata", "invalid_text")]);
    }

    async fn the_role_in_the_named_organisation_counts_and_so_do_the_rights_of_the_caller(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let viewer = world.member(&ada, org, 2, OrgRole::Viewer).await;
        assert!(world.orgs.organisations.get(&viewer, org).await.is_ok());
        let refused = world.orgs.organisations.update(&viewer, org, OrgChange::default(), None).await;
        assert_eq!(code(refused), "request.permission_denied");
        let admin = world.member(&ada, org, 3, OrgRole::Admin).await;
        assert!(world.orgs.organisations.update(&admin, org, OrgChange::default(), None).await.is_ok());
        assert_eq!(code(world.orgs.organisations.delete(&admin, org, None).await), "request.permission_denied");
        let mut limited = ada.clone();
        limited.permissions.remove("orgs:own");
        assert_eq!(code(world.orgs.organisations.delete(&limited, org, None).await), "request.permission_denied");
    }

    async fn a_deleted_organisation_is_gone_at_once_and_its_space_is_erased_by_a_job(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.member(&ada, org, 2, OrgRole::Admin).await;
        assert_eq!(world.orgs.memberships.role_of(bob.subject, org, false).await.unwrap(), Some(OrgRole::Admin));
        world.spaces.fail(1);
        world.orgs.organisations.delete(&ada, org, None).await.unwrap();
        assert_eq!(world.orgs.memberships.role_of(bob.subject, org, false).await.unwrap(), None);
        assert_eq!(code(world.orgs.organisations.get(&ada, org).await), "request.not_found");
        assert!(world.spaces.erased().is_empty());
        for _ in 0..3 {
            world.work().await;
            world.test.clock.advance(std::time::Duration::from_mins(30));
        }
        assert_eq!(world.spaces.erased(), [Owner::from(org)]);
    }

    async fn lists_come_in_pages(world) {
        let ada = world.person(1);
        for _ in 0..5 {
            world.org(&ada).await;
            world.test.clock.advance(std::time::Duration::from_secs(1));
        }
        let mut request = PageRequest { limit: 2, ..PageRequest::default() };
        let mut seen = Vec::new();
        loop {
            let page = world.orgs.organisations.list(&ada, &request).await.unwrap();
            seen.extend(page.items.iter().map(|item| item.org.created_at));
            let Some(next) = page.next else { break };
            request.after = Some(next);
        }
        assert_eq!(seen.len(), 5);
        assert!(seen.is_sorted_by(|one, next| one > next), "newest first");
        let since = PageRequest { updated_since: Some(seen[1]), ..PageRequest::default() };
        assert_eq!(world.orgs.organisations.list(&ada, &since).await.unwrap().items.len(), 2);
    }
}
