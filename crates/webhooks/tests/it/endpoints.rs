use std::time::Duration;

use core_kernel::PageRequest;
use serde_json::json;
use uuid::Uuid;
use webhooks::{EndpointChange, NewEndpoint, WebhooksConfig};

use crate::receiver::Receiver;
use crate::world::{World, code, fresh, with_config};

const THING: Uuid = Uuid::from_u128(0x7418);

/// Something happens, and it is delivered.
async fn deliver(world: &World, owner: core_kernel::Owner, event_type: &'static str) {
    world.publish(owner, event_type, THING, json!({})).await;
    world.work().await;
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_filter_lets_through_what_it_names(world) {
        let receiver = Receiver::with_status(|_| 200).await;
        let ada = world.person(1);
        let new = NewEndpoint {
            url: receiver.url.clone(),
            events: Some(vec!["thing.lost".to_owned()]),
            ..NewEndpoint::default()
        };
        let (endpoint, _) = world.webhooks.endpoints.create(&ada, new).await.unwrap();
        deliver(&world, ada.owner, "thing.made").await;
        deliver(&world, world.person(2).owner, "thing.lost").await;
        assert_eq!(receiver.received().len(), 0);
        deliver(&world, ada.owner, "thing.lost").await;
        assert_eq!(receiver.received().len(), 1);
        let change = EndpointChange { events: Some(vec!["thing.*".to_owned()]), ..EndpointChange::default() };
        world.webhooks.endpoints.update(&ada, endpoint.id, change, None).await.unwrap();
        deliver(&world, ada.owner, "thing.made").await;
        assert_eq!(receiver.received().len(), 2);
        let off = EndpointChange { enabled: Some(false), ..EndpointChange::default() };
        world.webhooks.endpoints.update(&ada, endpoint.id, off, None).await.unwrap();
        deliver(&world, ada.owner, "thing.made").await;
        assert_eq!(receiver.received().len(), 2);
    }

    async fn secrets_overlap_while_they_are_rotated(world) {
        let receiver = Receiver::with_status(|_| 200).await;
        let ada = world.person(1);
        let (endpoint, first) = world.endpoint(&ada, &receiver.url).await;
        let rotate = |hours| world.webhooks.endpoints.rotate_secret(&ada, endpoint.id, hours);
        let (rotated, second) = rotate(24).await.unwrap();
        assert_eq!(rotated.secrets.len(), 2);
        deliver(&world, ada.owner, "thing.made").await;
        world.test.clock.advance(Duration::from_hours(25));
        deliver(&world, ada.owner, "thing.made").await;
        let received = receiver.received();
        assert!(received[0].is_signed_with(&first) && received[0].is_signed_with(second.expose()));
        assert!(!received[1].is_signed_with(&first) && received[1].is_signed_with(second.expose()));
        assert_eq!(received[1].header("webhook-signature").split(' ').count(), 1);

        let (alone, third) = rotate(0).await.unwrap();
        assert_eq!(alone.secrets.len(), 1);
        deliver(&world, ada.owner, "thing.made").await;
        let last = receiver.received().pop().unwrap();
        assert!(last.is_signed_with(third.expose()) && !last.is_signed_with(second.expose()));
        for _ in 0..6 {
            assert!(rotate(168).await.unwrap().0.secrets.len() <= 4);
        }
        assert_eq!(code(rotate(169).await), "webhooks.invalid");
    }

    async fn a_secret_is_shown_once_and_stored_sealed(world) {
        let ada = world.person(1);
        let (endpoint, secret) = world.endpoint(&ada, "https://example.com/").await;
        let key = secret.strip_prefix("whsec_").unwrap();
        let mut export = core_feature::MemoryExport::default();
        core_feature::Feature::export(&world.webhooks, ada.owner, &mut export).await.unwrap();
        let shown = format!("{endpoint:?} {:?} {:?} {:?}", world.get(&ada, &endpoint).await, export.rows, world.webhooks);
        assert!(!shown.contains(key));
        let all = sea_orm::sea_query::Query::select().column("sealed").from("webhook_secrets").to_owned();
        let rows = sea_orm::ConnectionTrait::query_all(world.test.db.read(), &all).await.unwrap();
        let sealed: String = rows[0].try_get("", "sealed").unwrap();
        assert!(!sealed.contains(key) && sealed.len() > key.len());
    }

    async fn a_test_says_how_it_went_and_counts_for_nothing(world) {
        let receiver = Receiver::with_status(|number| if number == 0 { 500 } else { 200 }).await;
        let ada = world.person(1);
        let (endpoint, secret) = world.endpoint(&ada, &receiver.url).await;
        let test = |event_type| world.webhooks.endpoints.test(&ada, endpoint.id, event_type);
        assert_eq!(test(None).await.unwrap().exchange.status, Some(500));
        assert_eq!(world.get(&ada, &endpoint).await.failing_since, None);
        let sent = test(Some("thing.made")).await.unwrap();
        assert!(sent.exchange.succeeded());
        let received = receiver.received();
        assert!(received[0].body.contains("webhook.test") && received[1].body.contains("\"thing\":1"));
        assert!(received.iter().all(|request| request.is_signed_with(&secret)));
        assert_eq!(code(test(Some("no.such_thing")).await), "webhooks.invalid");
        world.work_through(2).await;
        assert_eq!(receiver.received().len(), 2, "a test is not repeated");
        assert_eq!(world.attempts(&ada, &endpoint).await.len(), 2);
    }

    async fn a_change_is_based_on_a_version(world) {
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, "https://example.com/").await;
        let change = || EndpointChange { description: Some(Some("Mine".to_owned())), ..EndpointChange::default() };
        let endpoints = &world.webhooks.endpoints;
        assert_eq!(endpoints.update(&ada, endpoint.id, change(), Some(1)).await.unwrap().version, 2);
        assert_eq!(code(endpoints.update(&ada, endpoint.id, change(), Some(1)).await), "webhooks.changed");
        assert_eq!(code(endpoints.delete(&ada, endpoint.id, Some(1)).await), "webhooks.changed");
        let inside = EndpointChange { url: Some("https://[fd00::1]/".to_owned()), ..EndpointChange::default() };
        assert_eq!(code(endpoints.update(&ada, endpoint.id, inside, None).await), "webhooks.invalid");
        endpoints.delete(&ada, endpoint.id, Some(2)).await.unwrap();
        assert_eq!(code(endpoints.get(&ada, endpoint.id).await), "request.not_found");
    }

    async fn what_was_private_at_creation_is_refused_at_sending_too(world) {
        // The address was allowed when it was stored, as a name that pointed elsewhere would have been.
        let ada = world.person(1);
        let receiver = Receiver::with_status(|_| 200).await;
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        let strict = core_egress::Egress::new(core_egress::EgressConfig::default()).unwrap();
        let webhooks = webhooks::Webhooks::new(webhooks::Deps {
            db: world.test.db.clone(),
            config: WebhooksConfig::default(),
            egress: strict,
            catalogue: webhooks::EventCatalogue::default(),
            stewards: std::sync::Arc::new(webhooks::testing::SelfStewards),
        });
        let attempt = webhooks.endpoints.test(&ada, endpoint.id, None).await.unwrap();
        assert_eq!((attempt.exchange.status, receiver.received().len()), (None, 0));
        assert!(attempt.exchange.error.unwrap().contains("refused"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_space_has_as_many_endpoints_as_it_may() {
    for engine in core_testing::engines() {
        let world = with_config(&engine, WebhooksConfig { max_endpoints: 2, ..WebhooksConfig::default() }).await;
        let ada = world.person(1);
        world.endpoint(&ada, "https://example.com/1").await;
        world.endpoint(&ada, "https://example.com/2").await;
        let third = NewEndpoint { url: "https://example.com/3".to_owned(), ..NewEndpoint::default() };
        assert_eq!(code(world.webhooks.endpoints.create(&ada, third).await), "webhooks.too_many_endpoints");
        assert_eq!(world.webhooks.endpoints.list(&ada, &PageRequest::default()).await.unwrap().items.len(), 2);
        world.endpoint(&world.person(2), "https://example.com/1").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_endpoint_with_many_attempts_the_newest_are_kept() {
    for engine in core_testing::engines() {
        let config = WebhooksConfig { keep_attempts: 100, timeout_seconds: 2, ..WebhooksConfig::default() };
        let world = with_config(&engine, config).await;
        let receiver = Receiver::with_status(|_| 200).await;
        let ada = world.person(1);
        let (endpoint, _) = world.endpoint(&ada, &receiver.url).await;
        for _ in 0..120 {
            world.test.clock.advance(Duration::from_secs(1));
            world.webhooks.endpoints.test(&ada, endpoint.id, None).await.unwrap();
        }
        let newest = world.attempts(&ada, &endpoint).await;
        world.work().await;
        world.test.clock.advance(Duration::from_hours(2));
        world.work().await;
        assert_eq!(world.attempts(&ada, &endpoint).await, newest);
        let oldest = PageRequest { order: core_kernel::Order::Asc, limit: 1, ..PageRequest::default() };
        let page = world.webhooks.attempts.list(&ada, endpoint.id, &oldest).await.unwrap();
        assert_eq!(page.items[0].id, newest[99].id);
    }
}
