use core_jobs::{JobState, admin};
use core_kernel::{Actor, DomainError, ErrorKind, PageRequest, UserId};
use core_testing::http::FixedActors;
use users::{Change, Identities, IdentityStatus, NewPerson, PeopleFilter, Person, ProfileChange, UsersError, permissions};
use uuid::Uuid;

use crate::world::{ADA, World, fresh};

fn administrator(world: &World) -> Actor {
    let rights = [&permissions::READ_ALL, &permissions::MANAGE];
    FixedActors::person(UserId(Uuid::from_u128(0xB055)), &rights, world.test.db.ambient().now())
}

async fn found(world: &World, query: Option<&str>, status: Option<IdentityStatus>) -> Vec<String> {
    let filter = PeopleFilter { query: query.map(str::to_owned), status };
    let page = world.users.people.list(&administrator(world), filter, &PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|person| person.profile.email).collect()
}

async fn create(world: &World, email: &str, name: Option<&str>) -> Person {
    let new = NewPerson { email: email.to_owned(), display_name: name.map(str::to_owned) };
    world.users.people.create(&administrator(world), new).await.unwrap()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn people_are_found_by_words_of_address_and_name_in_any_case(world) {
        world.users.profiles.of(ADA).await.unwrap().unwrap();
        create(&world, "grace@example.com", Some("Grace Hopper")).await;
        create(&world, "under_score@example.com", Some("100% Émile")).await;
        assert_eq!(found(&world, Some("HOPPER gra"), None).await, ["grace@example.com"]);
        assert_eq!(found(&world, Some("émile"), None).await, ["under_score@example.com"]);
        assert_eq!(found(&world, Some("hopper ada"), None).await, Vec::<String>::new());
        assert_eq!(found(&world, None, None).await.len(), 3);
    }

    async fn signs_of_patterns_stand_for_themselves(world) {
        create(&world, "under_score@example.com", Some("100% sure")).await;
        create(&world, "underscore@example.com", Some("1000 \\ sure")).await;
        assert_eq!(found(&world, Some("r_s"), None).await, ["under_score@example.com"]);
        assert_eq!(found(&world, Some("0%"), None).await, ["under_score@example.com"]);
        assert_eq!(found(&world, Some("\\"), None).await, ["underscore@example.com"]);
    }

    async fn a_character_that_an_engine_does_not_store_is_refused_and_never_found(world) {
        let new = NewPerson { email: "a\0@example.com".into(), display_name: None };
        let refused = world.users.people.create(&administrator(&world), new).await;
        assert!(matches!(refused, Err(UsersError::Invalid(_))));
        assert!(found(&world, Some("a\0"), None).await.is_empty());
    }

    async fn a_new_name_is_found_and_the_old_one_no_longer(world) {
        let person = create(&world, "grace@example.com", Some("Grace Hopper")).await;
        let change = ProfileChange { display_name: Change::Set("Amazing".into()), ..ProfileChange::default() };
        world.users.people.update(&administrator(&world), person.profile.id, change, Some(1)).await.unwrap();
        assert_eq!(found(&world, Some("amazing"), None).await, ["grace@example.com"]);
        assert!(found(&world, Some("hopper"), None).await.is_empty());
        // An event about the address keeps the name that was chosen here.
        let mut identity = world.identities.find(person.profile.id).await.unwrap().unwrap();
        (identity.email, identity.version) = ("rear.admiral@example.com".into(), 2);
        world.identities.put(identity);
        world.users.people.reactivate(&administrator(&world), person.profile.id).await.unwrap();
        assert_eq!(found(&world, Some("amazing admiral"), None).await, ["rear.admiral@example.com"]);
    }

    async fn a_suspension_shows_at_once_and_is_taken_back(world) {
        let ada = world.users.people.suspend(&administrator(&world), ADA).await.unwrap();
        assert_eq!(ada.status, IdentityStatus::Suspended);
        assert_eq!(found(&world, None, Some(IdentityStatus::Suspended)).await, ["ada@example.com"]);
        let ada = world.users.people.reactivate(&administrator(&world), ADA).await.unwrap();
        assert_eq!(ada.status, IdentityStatus::Active);
        assert!(found(&world, None, Some(IdentityStatus::Suspended)).await.is_empty());
    }

    async fn an_erasure_closes_the_account_and_queues_the_job(world) {
        world.users.profiles.of(ADA).await.unwrap().unwrap();
        world.users.people.erase(&administrator(&world), ADA).await.unwrap();
        assert_eq!(world.identities.find(ADA).await.unwrap().unwrap().status, IdentityStatus::Closed);
        let jobs = admin::list(&world.test.db, None, &PageRequest::default()).await.unwrap().items;
        assert_eq!((jobs.len(), jobs[0].name.as_str(), jobs[0].state), (1, "users.erase_person", JobState::Ready));
        world.worker().drain().await.unwrap();
        assert_eq!(world.personal_data.erased(), [ADA]);
    }

    async fn what_a_product_keeps_with_a_person_is_not_an_administrators_to_change(world) {
        let metadata = Change::Set([("a".to_owned(), 1.into())].into_iter().collect());
        let change = ProfileChange { metadata, ..ProfileChange::default() };
        world.users.people.update(&administrator(&world), ADA, change, None).await.unwrap();
        assert!(world.users.profiles.own(&world.ada()).await.unwrap().metadata.is_empty());
    }

    async fn nobody_is_reached_who_is_not_there(world) {
        let nobody = UserId(Uuid::from_u128(404));
        let root = administrator(&world);
        let people = &world.users.people;
        let outcomes: [Result<(), UsersError>; 5] = [
            people.get(&root, nobody).await.map(drop),
            people.suspend(&root, nobody).await.map(drop),
            people.reactivate(&root, nobody).await.map(drop),
            people.erase(&root, nobody).await,
            people.update(&root, nobody, ProfileChange::default(), None).await.map(drop),
        ];
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().code().kind, ErrorKind::NotFound);
        }
    }
}
