//! Incoming hooks on every engine at hand.

mod world;

use core_kernel::{Actor, Owner, PageRequest, Visibility};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

use self::world::{World, fresh, github, jira, jira_app, notion};
use super::{HookKind, HookStatus, NewHook, Receipt};

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_delivery_is_stored_once_and_published_once(world) {
        let ada = world.person(1);
        let (hook, secret) = world.hook(&ada, HookKind::Github).await;
        let body = json!({"action": "opened", "issue": {"number": 7, "title": "Über \u{1F9F1}"}}).to_string();
        let delivery = github(&secret, "issues", "one", &body);
        let first = world.receive(hook.id, delivery.clone()).await.unwrap();
        let Receipt::Accepted(event) = first else { panic!("{first:?}") };
        assert_eq!(world.receive(hook.id, delivery).await.unwrap(), Receipt::Duplicate, "the same delivery");
        let replayed = github(&secret, "issues", "two", &body);
        assert_eq!(world.receive(hook.id, replayed).await.unwrap(), Receipt::Duplicate, "the same bytes under another id");
        let renamed = github(&secret, "issues", "one", "{}");
        assert_eq!(world.receive(hook.id, renamed).await.unwrap(), Receipt::Duplicate, "other bytes under the same id");
        let page = world.hooks.hooks.events(&ada, hook.id, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), 1);
        assert_eq!((page.items[0].event_type.as_str(), page.items[0].delivery.as_str()), ("issues.opened", "one"));
        let (_, payload) = world.hooks.hooks.event(&ada, hook.id, event).await.unwrap();
        assert_eq!(payload.unwrap().get(), body);
        let published = world.published(ada.owner).await;
        assert_eq!(published.len(), 1);
        assert_eq!(published[0].data, json!({
            "hook_id": hook.id, "hook_event_id": event, "provider": "github", "event_type": "issues.opened", "proof": "body",
            "created_by": ada.subject, "visibility": "private",
        }));
        assert_eq!(world.hooks.hooks.get(&ada, hook.id).await.unwrap().status, HookStatus::Active);
    }

    async fn what_is_not_proven_is_refused_and_leaves_nothing(world) {
        let ada = world.person(1);
        let (hook, secret) = world.hook(&ada, HookKind::Github).await;
        let (_, other) = world.hook(&ada, HookKind::Github).await;
        let good = github(&secret, "push", "one", "{}");
        let mut changed = good.clone();
        changed.body = b"{ }".to_vec().into();
        let mut unsigned = good.clone();
        unsigned.github_signature = None;
        for wrong in [changed, unsigned, github(&other, "push", "one", "{}"), notion(&secret, "{}")] {
            assert_eq!(world.refused(hook.id, wrong).await, "integrations.hook_not_proven");
        }
        for odd in ["", "[]", "{", "\"x\"", "{\"action\":\"a b\"}", "{\"a\":\"\u{0}\"}"] {
            assert_eq!(world.refused(hook.id, github(&secret, "push", "odd", odd)).await, "integrations.hook_not_readable", "{odd}");
        }
        assert_eq!(world.refused(super::HookId(Uuid::nil()), good).await, "request.not_found");
        assert!(world.published(ada.owner).await.is_empty());
        assert_eq!(world.hooks.hooks.get(&ada, hook.id).await.unwrap().status, HookStatus::Pending);
    }

    async fn a_ping_is_answered_and_a_form_is_read(world) {
        let ada = world.person(1);
        let (hook, secret) = world.hook(&ada, HookKind::Github).await;
        let ping = github(&secret, "ping", "p", "{\"zen\":\"Keep it logically awesome.\"}");
        assert_eq!(world.receive(hook.id, ping).await.unwrap(), Receipt::Pong);
        assert_eq!(world.hooks.hooks.get(&ada, hook.id).await.unwrap().status, HookStatus::Active);
        let mut form = github(&secret, "star", "f", "payload=%7B%22action%22%3A%22created%22%7D");
        form.form = true;
        let Receipt::Accepted(event) = world.receive(hook.id, form).await.unwrap() else { panic!("it is new") };
        let (event, payload) = world.hooks.hooks.event(&ada, hook.id, event).await.unwrap();
        assert_eq!((event.event_type.as_str(), payload.unwrap().get()), ("star.created", "{\"action\":\"created\"}"));
        let mut empty = github(&secret, "star", "g", "other=1");
        empty.form = true;
        assert_eq!(world.refused(hook.id, empty).await, "integrations.hook_not_readable");
    }

    async fn the_token_of_notion_is_taken_once_and_shown_until_it_is_used(world) {
        let ada = world.person(1);
        let (hook, _) = world.hook(&ada, HookKind::Notion).await;
        let shake = |token: &str| super::Delivery {
            body: json!({"verification_token": token}).to_string().into_bytes().into(),
            ..super::Delivery::default()
        };
        let event = json!({"id": "e1", "type": "page.created", "entity": {"id": "p", "type": "page"}}).to_string();
        assert_eq!(world.refused(hook.id, notion("secret_one", &event)).await, "integrations.hook_not_proven");
        assert_eq!(world.receive(hook.id, shake("secret_one")).await.unwrap(), Receipt::Handshake);
        let verifying = world.hooks.hooks.get(&ada, hook.id).await.unwrap();
        assert_eq!((verifying.status, verifying.verification_token.unwrap().expose()), (HookStatus::Verifying, "secret_one"));
        let listed = world.hooks.hooks.list(&ada, &PageRequest::default()).await.unwrap();
        assert_eq!(listed.items[0].verification_token, None);
        assert_eq!(world.refused(hook.id, shake("secret_two")).await, "integrations.hook_not_proven", "nobody re-keys it");
        assert!(matches!(world.receive(hook.id, notion("secret_one", &event)).await.unwrap(), Receipt::Accepted(_)));
        let again = json!({"id": "e1", "type": "page.created", "attempt_number": 2}).to_string();
        assert_eq!(world.receive(hook.id, notion("secret_one", &again)).await.unwrap(), Receipt::Duplicate);
        let active = world.hooks.hooks.get(&ada, hook.id).await.unwrap();
        assert_eq!((active.status, active.verification_token), (HookStatus::Active, None));
        assert_eq!(world.refused(hook.id, shake("secret_two")).await, "integrations.hook_not_proven");
    }

    async fn both_kinds_of_jira_are_proven_in_their_own_way(world) {
        let ada = world.person(1);
        let (admin, secret) = world.hook(&ada, HookKind::Jira).await;
        let body = json!({"webhookEvent": "jira:issue_created", "issue": {"key": "AB-1"}}).to_string();
        assert!(matches!(world.receive(admin.id, jira(&secret, "w1", &body)).await.unwrap(), Receipt::Accepted(_)));
        assert_eq!(world.refused(admin.id, jira_app("client", &world, 60, "w2", &body)).await, "integrations.hook_not_proven");

        let app = world.app_hook(&ada, "client").await;
        assert_eq!(world.refused(app.id, jira("client", "w3", &body)).await, "integrations.hook_not_proven");
        assert_eq!(world.refused(app.id, jira_app("client", &world, -60, "w3", &body)).await, "integrations.hook_not_proven");
        assert_eq!(world.refused(app.id, jira_app("other", &world, 60, "w3", &body)).await, "integrations.hook_not_proven");
        assert!(matches!(world.receive(app.id, jira_app("client", &world, 60, "w3", &body)).await.unwrap(), Receipt::Accepted(_)));
        let changed = json!({"webhookEvent": "jira:issue_deleted"}).to_string();
        let replay = jira_app("client", &world, 60, "w3", &changed);
        assert_eq!(world.receive(app.id, replay).await.unwrap(), Receipt::Duplicate, "one identifier, one event");
        let page = world.hooks.hooks.events(&ada, app.id, &PageRequest::default()).await.unwrap();
        assert_eq!((page.items[0].event_type.as_str(), page.items[0].proof), ("issue_created", super::Proof::Sender));
    }

    async fn fifty_at_once_of_one_delivery_are_one_event(world) {
        let ada = world.person(1);
        let (hook, secret) = world.hook(&ada, HookKind::Github).await;
        let delivery = github(&secret, "push", "one", "{\"ref\":\"refs/heads/main\"}");
        let all = (0..50).map(|_| world.receive(hook.id, delivery.clone()));
        let receipts = futures_util::future::join_all(all).await;
        let accepted = receipts.iter().filter(|receipt| matches!(receipt, Ok(Receipt::Accepted(_)))).count();
        let duplicates = receipts.iter().filter(|receipt| matches!(receipt, Ok(Receipt::Duplicate))).count();
        assert_eq!((accepted, duplicates), (1, 49));
        assert_eq!(world.published(ada.owner).await.len(), 1);
    }

    async fn a_secret_is_shown_once_and_what_is_the_providers_is_never_shown(world) {
        let ada = world.person(1);
        let (hook, secret) = world.hook(&ada, HookKind::Github).await;
        let app = world.app_hook(&ada, "client-canary").await;
        let mut export = core_feature::MemoryExport::default();
        world.hooks.export(ada.owner, &mut export).await.unwrap();
        let shown = format!("{hook:?} {app:?} {:?} {:?}", world.hooks.hooks.get(&ada, app.id).await.unwrap(), export.rows);
        assert!(!shown.contains(&secret) && !shown.contains("canary"), "{shown}");
        assert!(!world.stored("integration_hooks", "secret").await.iter().any(|text| text.contains(&secret) || text.contains("canary")));
        let with = |kind, secret: Option<&str>| NewHook {
            kind,
            name: None,
            secret: secret.map(core_kernel::Secret::new),
            visibility: Visibility::Private,
        };
        for (kind, secret) in [(HookKind::JiraApp, None), (HookKind::Github, Some("x")), (HookKind::Notion, Some("x")), (HookKind::JiraApp, Some("a b"))] {
            let refused = world.hooks.hooks.create(&ada, with(kind, secret)).await;
            assert_eq!(world::code(refused), "integrations.hook_invalid", "{kind:?}");
        }
    }

    async fn erasing_and_leaving_take_what_they_should(world) {
        let ada = world.person(1);
        let org = Owner(Uuid::from_u128(0x0E6));
        let in_org = Actor { owner: org, ..ada.clone() };
        let (own, secret) = world.hook(&ada, HookKind::Github).await;
        let (left, _) = world.hook(&in_org, HookKind::Github).await;
        world.receive(own.id, github(&secret, "push", "one", "{}")).await.unwrap();
        world.hooks.forget_member(ada.subject).await.unwrap();
        assert_eq!(world::code(world.hooks.hooks.get(&in_org, left.id).await), "request.not_found");
        assert!(world.hooks.hooks.get(&ada, own.id).await.is_ok());
        world.hooks.erase(ada.owner).await.unwrap();
        assert_eq!(world.refused(own.id, github(&secret, "push", "two", "{ }")).await, "request.not_found");
        for table in ["integration_hooks", "integration_hook_events"] {
            assert!(world.stored(table, "owner_id").await.is_empty(), "{table}");
        }
    }

    async fn bodies_go_after_a_month_and_what_came_is_remembered(world) {
        let ada = world.person(1);
        let (hook, secret) = world.hook(&ada, HookKind::Github).await;
        let delivery = github(&secret, "push", "one", "{}");
        world.receive(hook.id, delivery.clone()).await.unwrap();
        world.work().await;
        world.test.clock.advance(Duration::from_hours(31 * 24));
        world.work().await;
        let page = world.hooks.hooks.events(&ada, hook.id, &PageRequest::default()).await.unwrap();
        assert!(!page.items[0].kept);
        assert_eq!(world.receive(hook.id, delivery).await.unwrap(), Receipt::Duplicate);
    }
}

/// The promise is 50 ms; on a machine with other work to do the median tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_takes_less_than_fifty_milliseconds() {
    let world: World = fresh(&core_testing::Engine::Sqlite).await;
    let ada = world.person(1);
    let (hook, secret) = world.hook(&ada, HookKind::Github).await;
    let mut times = Vec::new();
    for number in 0..40 {
        let body = json!({"action": "opened", "number": number, "text": "x".repeat(20_000)}).to_string();
        let delivery = github(&secret, "issues", &format!("d{number}"), &body);
        let started = std::time::Instant::now();
        world.receive(hook.id, delivery).await.unwrap();
        times.push(started.elapsed());
    }
    times.sort();
    assert!(times[20] < Duration::from_millis(50), "{times:?}");
}
