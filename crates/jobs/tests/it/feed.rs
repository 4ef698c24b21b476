use std::time::Duration;

use core_jobs::Event;
use core_kernel::{Actor, ActorKind, Owner};
use jobs::{Deps, EventTypes, Follower, Jobs, JobsConfig, JobsError};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{ACME, ADA, BOB, World, fresh};

fn types(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.r#type.as_str()).collect()
}

async fn follow(world: &World, actor: &Actor, from: Option<i64>) -> Follower {
    world.jobs.feed.follow(actor, EventTypes::all(), from).await.unwrap()
}

async fn next(follower: &mut Follower) -> Vec<Event> {
    tokio::time::timeout(Duration::from_secs(20), follower.next()).await.unwrap()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_feed_begins_now_and_hears_what_comes(world) {
        world.happen(ADA.into(), "tea.before", json!({})).await;
        let mut follower = follow(&world, &world.person(ADA), None).await;
        world.happen(ADA.into(), "tea.first", json!({})).await;
        world.happen(ADA.into(), "tea.second", json!({})).await;
        assert_eq!(types(&next(&mut follower).await), ["tea.first", "tea.second"]);
        assert_eq!(follower.place(), 3);
    }

    async fn a_feed_goes_on_after_the_place_it_is_given(world) {
        for event in ["tea.first", "tea.second", "tea.third"] {
            world.happen(ADA.into(), event, json!({})).await;
        }
        let mut follower = follow(&world, &world.person(ADA), Some(1)).await;
        assert_eq!(types(&next(&mut follower).await), ["tea.second", "tea.third"]);
    }

    async fn a_place_that_is_yet_to_come_is_now(world) {
        world.happen(ADA.into(), "tea.first", json!({})).await;
        let mut follower = follow(&world, &world.person(ADA), Some(i64::MAX)).await;
        world.happen(ADA.into(), "tea.second", json!({})).await;
        assert_eq!(types(&next(&mut follower).await), ["tea.second"]);
    }

    async fn an_event_that_comes_while_a_feed_waits_wakes_it(world) {
        let mut follower = follow(&world, &world.person(ADA), None).await;
        let (events, ()) = tokio::join!(next(&mut follower), world.happen(ADA.into(), "tea.ready", json!({})));
        assert_eq!(types(&events), ["tea.ready"]);
    }

    async fn a_feed_hears_of_its_own_spaces_only(world) {
        world.happen(BOB.into(), "tea.of_bob", json!({})).await;
        world.happen(ACME, "tea.of_acme", json!({"visibility": "org"})).await;
        world.happen(ADA.into(), "tea.of_ada", json!({})).await;
        assert_eq!(types(&next(&mut follow(&world, &world.person(ADA), Some(0)).await).await), ["tea.of_ada"]);
        assert_eq!(types(&next(&mut follow(&world, &world.in_acme(ADA), Some(0)).await).await), ["tea.of_acme", "tea.of_ada"]);
        let key = Actor { kind: ActorKind::ApiKey { key: Uuid::nil() }, ..world.in_acme(ADA) };
        assert_eq!(types(&next(&mut follow(&world, &key, Some(0)).await).await), ["tea.of_acme"]);
    }

    async fn what_a_colleague_keeps_private_is_not_in_the_organisations_feed(world) {
        world.happen(ACME, "tea.silent", json!({})).await;
        world.happen(ACME, "tea.private", json!({"visibility": "private", "created_by": BOB})).await;
        world.happen(ACME, "tea.open", json!({"visibility": "org", "created_by": BOB})).await;
        assert_eq!(types(&next(&mut follow(&world, &world.in_acme(ADA), Some(0)).await).await), ["tea.open"]);
        assert_eq!(types(&next(&mut follow(&world, &world.in_acme(BOB), Some(0)).await).await), ["tea.private", "tea.open"]);
    }

    async fn a_filter_lets_its_types_through_and_goes_past_the_others(world) {
        let wanted = EventTypes::parse("tea.second").unwrap();
        let mut follower = world.jobs.feed.follow(&world.person(ADA), wanted, Some(0)).await.unwrap();
        for event in ["tea.first", "tea.second", "tea.third"] {
            world.happen(ADA.into(), event, json!({})).await;
        }
        assert_eq!(types(&next(&mut follower).await), ["tea.second"]);
        assert_eq!(follower.place(), 3);
    }

    async fn feeds_that_wait_ask_once_for_all_of_them_and_read_only_what_concerns_them(world) {
        const FEEDS: u64 = 60;
        let db = &world.test.db;
        let before = db.statements();
        world.happen(BOB.into(), "tea.of_bob", json!({})).await;
        let an_event = db.statements() - before;
        let mut waiting = JoinSet::new();
        for _ in 0..FEEDS {
            let mut follower = follow(&world, &world.person(ADA), None).await;
            waiting.spawn(async move { types(&next(&mut follower).await).join(" ") });
        }
        let before = db.statements();
        for owner in [BOB, BOB, BOB, BOB, ADA] {
            world.happen(owner.into(), "tea.ready", json!({})).await;
        }
        while let Some(heard) = waiting.join_next().await {
            assert_eq!(heard.unwrap(), "tea.ready");
        }
        let asked = db.statements() - before;
        assert!(asked < 5 * an_event + 2 * FEEDS, "{asked} statements for {FEEDS} feeds and five events of {an_event} each");
    }

    async fn a_burst_of_more_than_is_remembered_reaches_a_feed_at_its_first_look(world) {
        // A second look would come too late for the test.
        let config = JobsConfig { feed_poll_ms: 60_000, ..JobsConfig::default() };
        let feed = Jobs::new(Deps { db: world.test.db.clone(), config }).feed;
        let mut bob = feed.follow(&world.person(BOB), EventTypes::all(), None).await.unwrap();
        world.happen(BOB.into(), "tea.of_bob", json!({})).await;
        assert_eq!(types(&next(&mut bob).await), ["tea.of_bob"]);
        let mut ada = feed.follow(&world.person(ADA), EventTypes::all(), None).await.unwrap();
        world.happen_together(&[Owner::from(BOB); 1_005], "tea.of_bob", json!({})).await;
        world.happen(ADA.into(), "tea.ready", json!({})).await;
        assert_eq!(types(&next(&mut ada).await), ["tea.ready"]);
    }

    async fn following_asks_for_the_right(world) {
        let mut ada = world.person(ADA);
        ada.permissions.remove("events:read");
        let refused = world.jobs.feed.follow(&ada, EventTypes::all(), None).await.unwrap_err();
        assert!(matches!(refused, JobsError::Denied(_)));
    }
}
