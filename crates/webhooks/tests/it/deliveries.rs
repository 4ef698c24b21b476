use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use core_feature::Feature;
use core_kernel::{Ambient, Owner};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Query;
use serde_json::{Value, json};
use uuid::Uuid;
use webhooks::{DisabledReason, EndpointChange, EndpointStatus, MessageState};

use crate::receiver::{Receiver, plain};
use crate::world::{World, code, fresh};

const THING: Uuid = Uuid::from_u128(0x7418);

const TABLES: [&str; 4] = ["webhook_endpoints", "webhook_secrets", "webhook_messages", "webhook_attempts"];

async fn rows(world: &World, table: &'static str) -> usize {
    let all = Query::select().column("id").from(table).to_owned();
    world.test.db.read().query_all(&all).await.unwrap().len()
}

async fn make_a_thing(world: &World, owner: Owner) {
    world.publish(owner, "thing.made", THING, json!({"color": "red"})).await;
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn an_independent_verifier_accepts_what_is_sent(world) {
        world.test.clock.set(Ambient::system().now());
        let receiver = Receiver::with_status(|_| 204).await;
        let ada = world.person(1);
        let (endpoint, secret) = world.endpoint(&ada, &receiver.url).await;
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        let received = receiver.received();
        assert_eq!(received.len(), 1);
        assert!(received[0].is_accepted_with(&secret));
        let mut changed = received[0].clone();
        changed.body.push(' ');
        assert!(!changed.is_accepted_with(&secret) && !received[0].is_accepted_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        let body: Value = serde_json::from_str(&received[0].body).unwrap();
        let now = world.test.db.ambient().now();
        assert_eq!(body, json!({
            "type": "thing.made", "timestamp": now, "data": {"color": "red", "id": THING, "owner_id": ada.owner},
        }));
        assert_eq!(received[0].header("content-type"), "application/json");
        let attempts = world.attempts(&ada, &endpoint).await;
        assert_eq!((attempts.len(), attempts[0].exchange.status, attempts[0].number), (1, Some(204), 1));
    }

    async fn a_receiver_that_fails_a_quarter_of_the_time_gets_every_event_at_least_once(world) {
        // Which of the requests fail is drawn, the same in every run.
        let fails = |number: usize| (number * 7919 + 13).is_multiple_of(4);
        let receiver = Receiver::with_status(move |number| if fails(number) { 500 } else { 200 }).await;
        let ada = world.person(1);
        let (endpoint, secret) = world.endpoint(&ada, &receiver.url).await;
        let things: BTreeSet<String> = (0..100).map(|number| Uuid::from_u128(number + 1).to_string()).collect();
        for thing in &things {
            world.publish(ada.owner, "thing.made", thing.parse().unwrap(), json!({})).await;
        }
        world.work_through(6).await;
        let received = receiver.received();
        let taken: Vec<String> = received
            .iter()
            .enumerate()
            .filter(|(number, _)| !fails(*number))
            .map(|(_, request)| serde_json::from_str::<Value>(&request.body).unwrap()["data"]["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(taken.iter().cloned().collect::<BTreeSet<_>>(), things, "each came");
        assert_eq!(taken.len(), 100, "and none came twice, since no worker was lost");
        assert!(received.len() > 125, "{} requests", received.len());
        assert!(received.iter().all(|request| request.is_signed_with(&secret)));
        let ids: BTreeSet<&str> = received.iter().map(|request| request.header("webhook-id")).collect();
        assert_eq!(ids.len(), 100, "the id is the same in every try");
        let now = world.get(&ada, &endpoint).await;
        assert_eq!((now.status, now.failing_since), (EndpointStatus::Enabled, None));
    }

    async fn what_fails_is_tried_ten_times_over_three_days_and_a_replay_begins_anew(world) {
        let receiver = Receiver::with_status(|number| if number < 10 { 503 } else { 200 }).await;
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        assert_eq!(receiver.received().len(), 1);
        world.test.clock.advance(Duration::from_secs(4));
        world.work().await;
        assert_eq!(receiver.received().len(), 1, "the second try is not before its time");
        world.test.clock.advance(Duration::from_secs(2));
        world.work().await;
        assert_eq!(receiver.received().len(), 2);
        world.work_through(90).await;
        assert_eq!(receiver.received().len(), 10);
        let attempts = world.attempts(&ada, &endpoint).await;
        assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), (1..=10).rev().collect::<Vec<_>>());
        assert_eq!(attempts[0].retry_at, None);
        assert_eq!(attempts[9].exchange.answer.as_deref(), Some("Noted"));
        assert_eq!(attempts[9].retry_at.unwrap().since(attempts[9].created_at).as_secs(), 5);

        let message = world.webhooks.attempts.replay(&ada, attempts[3].id).await.unwrap();
        assert_eq!(message.state, MessageState::Pending);
        world.work().await;
        let received = receiver.received();
        assert_eq!(received.len(), 11);
        assert_eq!((received[10].header("webhook-id"), &received[10].body), (received[0].header("webhook-id"), &received[0].body));
        assert!(world.attempts(&ada, &endpoint).await[0].exchange.succeeded());
        world.work_through(30).await;
        assert_eq!(receiver.received().len(), 11, "what was taken is not sent again");
    }

    async fn an_endpoint_says_how_long_it_wants_to_be_left_alone(world) {
        let since_1970 = u64::try_from(world.test.db.ambient().now().seconds()).unwrap();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(since_1970 + 600 + 600));
        for (person, wish) in [(1, "600".to_owned()), (2, date)] {
            let head = format!("retry-after: {wish}\r\n");
            let receiver = Receiver::start(move |number| plain(if number == 0 { 429 } else { 200 }, &head)).await;
            let ada = world.person(person);
            world.endpoint(&ada, &receiver.url).await;
            make_a_thing(&world, ada.owner).await;
            world.work().await;
            world.test.clock.advance(Duration::from_secs(599));
            world.work().await;
            assert_eq!(receiver.received().len(), 1, "{wish}");
            world.test.clock.advance(Duration::from_secs(1));
            world.work().await;
            assert_eq!(receiver.received().len(), 2, "{wish}");
        }
    }

    async fn a_redirect_is_not_followed_and_silence_ends(world) {
        let inside = Receiver::with_status(|_| 200).await;
        let target = inside.url.clone();
        let away = move |_| plain(307, &format!("location: {target}\r\n"));
        let (redirecting, silent) = (Receiver::start(away).await, Receiver::start(|_| String::new()).await);
        let ada = world.person(1);
        let (first, _) = world.endpoint(&ada, &redirecting.url).await;
        let (second, _) = world.endpoint(&ada, &silent.url).await;
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        assert_eq!((redirecting.received().len(), silent.received().len(), inside.received().len()), (1, 1, 0));
        let first = world.attempts(&ada, &first).await.remove(0);
        assert_eq!((first.exchange.status, first.exchange.succeeded()), (Some(307), false));
        let second = world.attempts(&ada, &second).await.remove(0);
        assert_eq!((second.exchange.status, second.exchange.error.as_deref()), (None, Some("no answer within 2000 ms (total)")));
    }

    async fn an_endpoint_that_is_gone_is_disabled_and_its_owner_told(world) {
        let receiver = Receiver::with_status(|number| if number == 0 { 410 } else { 200 }).await;
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        let now = world.test.db.ambient().now();
        let disabled = world.get(&ada, &endpoint).await;
        assert_eq!(disabled.status, EndpointStatus::Disabled { reason: DisabledReason::Gone, at: now });
        let mails = world.mails.sent();
        assert_eq!((mails.len(), mails[0].to.clone()), (1, format!("{}@example.com", ada.subject)));
        assert_eq!(mails[0].content.subject, "Deliveries to 127.0.0.1 have stopped");
        assert!(!mails[0].content.text.contains("canary"), "addresses hold tokens: {}", mails[0].content.text);
        let attempt = world.attempts(&ada, &endpoint).await.remove(0);
        assert_eq!(code(world.webhooks.attempts.replay(&ada, attempt.id).await), "webhooks.endpoint_disabled");
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        assert_eq!(receiver.received().len(), 1);

        let on = EndpointChange { enabled: Some(true), ..EndpointChange::default() };
        let enabled = world.webhooks.endpoints.update(&ada, endpoint.id, on, None).await.unwrap();
        assert_eq!((enabled.status, enabled.failing_since), (EndpointStatus::Enabled, None));
        world.webhooks.attempts.replay(&ada, attempt.id).await.unwrap();
        world.work().await;
        assert_eq!(receiver.received().len(), 2, "what was sent before it was disabled can be sent again");
    }

    async fn an_endpoint_that_takes_nothing_for_five_days_is_disabled(world) {
        let receiver = Receiver::with_status(|_| 500).await;
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        for _ in 0..6 {
            make_a_thing(&world, ada.owner).await;
            world.work_through(23).await;
        }
        assert!(matches!(
            world.get(&ada, &endpoint).await.status,
            EndpointStatus::Disabled { reason: DisabledReason::Failing, .. }
        ));
        assert_eq!(world.mails.sent().len(), 1);
        let before = receiver.received().len();
        world.work_through(100).await;
        assert_eq!(receiver.received().len(), before, "waiting messages are called off");
    }

    async fn what_an_endpoint_missed_is_sent_again_at_once(world) {
        let receiver = Receiver::with_status(|number| if number < 31 { 500 } else { 200 }).await;
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        let before = world.test.db.ambient().now();
        for _ in 0..3 {
            make_a_thing(&world, ada.owner).await;
        }
        world.work_through(90).await;
        world.webhooks.endpoints.test(&ada, endpoint.id, None).await.unwrap();
        assert_eq!(receiver.received().len(), 31, "three messages of ten tries, and a test");
        let missed = |since| world.webhooks.attempts.replay_missed(&ada, endpoint.id, since);
        assert_eq!(missed(world.test.db.ambient().now()).await.unwrap(), (0, false));
        assert_eq!(missed(before).await.unwrap(), (3, false), "the test is not among them");
        world.work().await;
        let received = receiver.received();
        assert_eq!(received.len(), 34);
        let ids = |requests: &[crate::receiver::Received]| requests.iter().map(|one| one.header("webhook-id").to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(ids(&received[31..]), ids(&received[..30]));
        assert_eq!(missed(before).await.unwrap(), (0, false));
    }

    async fn the_death_of_a_delivery_is_not_delivered(world) {
        let receiver = Receiver::with_status(|_| 200).await;
        let ada = world.person(1);
        world.endpoint(&ada, &receiver.url).await;
        for name in ["webhooks.deliver", "on:thing.made:webhooks.fan_out", "mail.send"] {
            world.publish(ada.owner, core_jobs::JOB_DEAD, THING, core_jobs::dead_data(name, 12)).await;
        }
        world.work().await;
        let received = receiver.received();
        assert_eq!(received.len(), 1);
        assert!(received[0].body.contains("mail.send"));
    }

    async fn erasing_a_space_leaves_nothing_of_it_and_ends_what_waits(world) {
        let receiver = Receiver::with_status(|_| 500).await;
        let ada = world.person(1);
        world.endpoint(&ada, &receiver.url).await;
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        for table in TABLES {
            assert!(rows(&world, table).await > 0, "{table}");
        }
        for _ in 0..2 {
            world.webhooks.erase(ada.owner).await.unwrap();
        }
        for table in TABLES {
            assert_eq!(rows(&world, table).await, 0, "{table}");
        }
        world.work_through(80).await;
        assert_eq!(receiver.received().len(), 1);
    }

    async fn old_messages_and_attempts_are_swept(world) {
        let receiver = Receiver::with_status(|_| 200).await;
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        make_a_thing(&world, ada.owner).await;
        world.work().await;
        world.test.clock.advance(Duration::from_hours(29 * 24));
        world.work().await;
        assert_eq!(world.attempts(&ada, &endpoint).await.len(), 1);
        world.test.clock.advance(Duration::from_hours(2 * 24));
        world.work().await;
        assert_eq!(world.attempts(&ada, &endpoint).await.len(), 0);
    }
}
