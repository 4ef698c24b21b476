//! What stands between a caller and a provider: breaker, fallbacks, cache, redaction, refused phrases.

use std::time::Duration;

use core_kernel::DomainError;
use core_testing::Engine;
use futures_util::future::join_all;
use llm::chat::{Message, Role};
use llm::{Ask, BreakerState, CacheConfig, Delivery, DraftConversation, GuardConfig, codes};
use mock_llm::{Answer, Fault, Protocol, Scenario, Script, Step};

use crate::world::{once, say, world};

fn asks(text: &str) -> Ask {
    Ask { messages: vec![Message::text(Role::User, text)], ..Ask::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_keeps_failing_is_left_alone_shown_and_tried_again() {
    let world = once(&Engine::Sqlite, |config| config.breaker.failures = 3).await;
    world.play(Scenario::Always(Fault::Unavailable));
    for _ in 0..5 {
        let failed = world.outcome(false).await.settlement.failure.clone().unwrap();
        assert_eq!(failed.code, &codes::PROVIDER_UNAVAILABLE);
    }
    assert_eq!(world.mock.requests().len(), 3, "the last two were not sent");
    let shown = world.facades().models.providers(&world.alice()).unwrap();
    assert_eq!((shown[0].broken[0].0.as_str(), shown[0].broken[0].1), ("m", BreakerState::Open));
    world.play(Scenario::Ok);
    world.test.clock.advance(Duration::from_secs(31));
    assert_eq!(world.outcome(false).await.settlement.answer.text, Scenario::TEXT);
    assert!(world.facades().models.providers(&world.alice()).unwrap()[0].broken.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_model_is_passed_over_for_its_fallback() {
    let world = once(&Engine::Sqlite, |config| {
        config.breaker.failures = 1;
        config.fallbacks = vec!["mock/other".into()];
    })
    .await;
    world.mock.push(Protocol::OpenAiChat.dialect().fault(Fault::Unavailable));
    for _ in 0..2 {
        let settled = world.outcome(false).await.settlement.clone();
        assert_eq!((settled.model.as_deref(), settled.adjustments[0].action.as_str()), (Some("other"), "fell_back"));
    }
    let models: Vec<String> = world.mock.requests().iter().map(|sent| sent.body["model"].as_str().unwrap().to_owned()).collect();
    assert_eq!(models, ["m", "other", "other"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_question_at_the_same_time_is_asked_once_and_costs_nothing_again() {
    let world = once(&Engine::Sqlite, |config| config.cache = CacheConfig { seconds: 60, entries: 10 }).await;
    let alice = world.alice();
    let asked = join_all((0..5).map(|_| async {
        let viewer = world.facades().completions.send_prompt(&alice, asks("Same?"), Delivery::default()).await.unwrap();
        viewer.outcome().await.unwrap().settlement.clone()
    }));
    let settled = asked.await;
    assert!(settled.iter().all(|settled| settled.answer.text == Scenario::TEXT));
    assert_eq!(world.mock.requests().len(), 1);
    assert_eq!(settled.iter().filter(|settled| settled.usage.output > 0).count(), 1);
    assert_eq!(settled.iter().filter(|settled| settled.adjustments.iter().any(|made| made.action == "cached")).count(), 4);
    let bob = world.person(9);
    world.facades().completions.send_prompt(&bob, asks("Same?"), Delivery::default()).await.unwrap().outcome().await.unwrap();
    world.facades().completions.send_prompt(&alice, asks("Other?"), Delivery::default()).await.unwrap().outcome().await.unwrap();
    assert_eq!(world.mock.requests().len(), 3, "somebody else's answer is not theirs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_data_never_reaches_the_provider_and_stands_in_the_answer_again() {
    let guard = GuardConfig { redact: vec!["email".into()], deny: vec!["secret plan".into()] };
    let world = once(&Engine::Sqlite, |config| config.guard = guard).await;
    let frames = Protocol::OpenAiChat.dialect().frames(&Answer::text(["I wrote to [EM", "AIL_1] today."]));
    world.mock.push(Script::events(frames.iter().map(|frame| Step::Send(frame.text("\n").into_bytes())).collect()));
    let delivery = Delivery { stream: true, repeat: None };
    let viewer =
        world.facades().completions.send_prompt(&world.alice(), asks("Write to ada@example.com"), delivery).await.unwrap();
    assert_eq!(viewer.outcome().await.unwrap().settlement.answer.text, "I wrote to ada@example.com today.");
    let sent = world.mock.requests().pop().unwrap().body.to_string();
    assert!(sent.contains("[EMAIL_1]") && !sent.contains("ada@"), "{sent}");
    let denied = world.facades().completions.send_prompt(&world.alice(), asks("The Secret Plan"), Delivery::default()).await;
    assert_eq!(denied.err().unwrap().code(), &codes::GUARDRAIL);
    let talk = world.facades().conversations.create(&world.alice(), DraftConversation::default()).await.unwrap();
    let denied = world.facades().messages.send(&world.alice(), talk.id, say("a SECRET PLAN"), Delivery::default()).await;
    assert_eq!(denied.err().unwrap().code(), &codes::GUARDRAIL);
    assert_eq!(world.mock.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_conversation_takes_no_more_statements_than_a_short_one() {
    let world = world(&Engine::Sqlite).await;
    let alice = world.alice();
    let (messages, conversations) = (&world.facades().messages, &world.facades().conversations);
    let mut counts = Vec::new();
    // The bench takes 10,000; storing so many takes a debug build a minute.
    for turns in [5, if cfg!(debug_assertions) { 1_500 } else { 10_000 }] {
        let talk = conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let mut archive = conversations.export(&alice, talk.id).await.unwrap();
        archive.messages = (0..turns)
            .map(|number| llm::ArchivedMessage {
                id: uuid::Uuid::from_u128(number + 1),
                parent_id: (number > 0).then(|| uuid::Uuid::from_u128(number)),
                role: if number % 2 == 0 { Role::User } else { Role::Assistant },
                parts: vec![llm::chat::Part::text(format!("Turn {number}"))],
                status: llm::MessageStatus::Complete,
                model: None,
            })
            .collect();
        let long = conversations.import(&alice, archive).await.unwrap();
        let before = world.test.db.statements();
        let page = core_kernel::PageRequest::first(50, core_kernel::Order::Desc);
        messages.list(&alice, long.id, false, page).await.unwrap();
        let listed = world.test.db.statements() - before;
        // What is sent along is bounded, and what was read for it with it.
        let view = messages.context(&alice, long.id, None).await.unwrap();
        assert!(view.parts.len() + view.left_out.len() <= 200, "{} parts", view.parts.len());
        let before = world.test.db.statements();
        messages.send(&alice, long.id, say("And?"), Delivery::default()).await.unwrap().outcome().await.unwrap();
        counts.push((listed, world.test.db.statements() - before));
    }
    assert_eq!(counts[0].0, counts[1].0);
    // One more queues the summary that a long one gets.
    assert!(counts[1].1 <= counts[0].1 + 1, "{counts:?}");
}
