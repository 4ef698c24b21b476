//! Policies, budgets and the report of usage.

use core_kernel::{Actor, ActorKind, DomainError, Owner, Timestamp};
use core_testing::{Engine, on_every_engine};
use futures_util::future::join_all;
use llm::{Ask, BudgetPeriod, Delivery, DraftConversation, LlmError, ModelFacts, PolicyRules, PolicyScope, UsageBy, codes};
use mock_llm::{Fault, Protocol, Scenario};
use uuid::Uuid;

use crate::world::{World, config, in_org, question, say, world_with};

/// 12 tokens in at 1, 7 out at 10: an answer costs 80 (4 of the 12 are from the cache, at half the price).
async fn priced(engine: &Engine) -> World {
    let world = world_with(engine, |mock| {
        let mut config = config(mock, Protocol::OpenAiChat);
        let facts =
            ModelFacts { input: Some(1_000_000), cached: Some(500_000), output: Some(10_000_000), ..ModelFacts::default() };
        config.models.insert("mock/m".to_owned(), facts);
        config.retry.attempts = 1;
        config
    })
    .await;
    world.play(Scenario::Ok);
    world
}

fn root() -> Actor {
    Actor::system("llm", Owner(Uuid::nil()))
}

async fn budget(world: &World, scope: PolicyScope, subject: Uuid, micros: i64) {
    let rules = PolicyRules { budget_micros: Some(micros), period: BudgetPeriod::Day, ..PolicyRules::default() };
    world.facades().policies.put(&root(), scope, subject, rules, None).await.unwrap();
}

/// A short answer: at most 10 * 10 for it, and a few for the question.
fn short() -> Ask {
    Ask { max_output_tokens: Some(10), ..question() }
}

async fn prompt(world: &World, actor: &Actor) -> Result<i64, LlmError> {
    let viewer = world.facades().completions.send_prompt(actor, short(), Delivery::default()).await?;
    Ok(viewer.outcome().await.unwrap().settlement.cost.micros)
}

fn code<T>(result: Result<T, LlmError>) -> &'static str {
    result.err().map_or("none", |error| error.code().code)
}

on_every_engine! {
    setup = priced;

    async fn calls_at_the_same_time_never_spend_more_than_the_budget_and_what_is_not_used_goes_back(world) {
        let alice = world.alice();
        budget(&world, PolicyScope::User, alice.subject.get(), 500).await;
        // Each sets at most 110 aside: four fit at once. They wait at the gate, so that all are open at the same time.
        let gate = world.mock.new_gate();
        world.play(Scenario::StallBeforeFirstByte);
        let asked = join_all((0..12).map(|_| world.facades().completions.send_prompt(&alice, short(), Delivery::default()))).await;
        let (begun, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
        assert_eq!((begun.len(), refused.len()), (4, 8));
        let error = refused.into_iter().next().unwrap().unwrap_err();
        assert_eq!(error.code().code, codes::BUDGET_EXHAUSTED.code);
        assert!(error.extensions()["resets_at"].as_str().unwrap().ends_with("T00:00:00Z"), "{:?}", error.extensions());
        gate.open();
        for viewer in begun {
            viewer.unwrap().outcome().await.unwrap();
        }
        // 4 * 80 are spent, so there is room for one more and not for two.
        world.play(Scenario::Ok);
        assert_eq!(prompt(&world, &alice).await.unwrap(), 80);
        assert_eq!(code(prompt(&world, &alice).await), codes::BUDGET_EXHAUSTED.code);
        assert_eq!(prompt(&world, &world.person(9)).await.unwrap(), 80, "somebody else's budget is theirs");
        world.test.clock.advance(std::time::Duration::from_hours(24));
        assert_eq!(prompt(&world, &alice).await.unwrap(), 80, "a new day, a new budget");
    }

    async fn a_call_that_fails_costs_nothing_and_a_deleted_conversation_gives_back_what_was_set_aside(world) {
        let alice = world.alice();
        budget(&world, PolicyScope::User, alice.subject.get(), 120).await;
        world.play(Scenario::Always(Fault::Unauthorised));
        for _ in 0..3 {
            assert_eq!(prompt(&world, &alice).await.unwrap(), 0);
        }
        world.mock.new_gate();
        world.play(Scenario::StallBeforeFirstByte);
        let talk = world.facades().conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let message = llm::NewMessage { max_output_tokens: Some(10), ..say("Hi?") };
        let viewer = world.facades().messages.send(&alice, talk.id, message, Delivery::default()).await.unwrap();
        assert_eq!(code(prompt(&world, &alice).await), codes::BUDGET_EXHAUSTED.code);
        world.facades().conversations.delete(&alice, talk.id, None).await.unwrap();
        viewer.outcome().await;
        world.play(Scenario::Ok);
        assert_eq!(prompt(&world, &alice).await.unwrap(), 80);
    }

    async fn person_organisation_and_key_are_each_held_to_theirs(world) {
        let (alice, org, key) = (world.alice(), Uuid::from_u128(0x0A6), Uuid::from_u128(0x4E1));
        let in_org = in_org(&alice, 0x0A6);
        let by_key = Actor { kind: ActorKind::ApiKey { key }, ..alice.clone() };
        budget(&world, PolicyScope::Org, org, 0).await;
        assert_eq!(code(prompt(&world, &in_org).await), codes::BUDGET_EXHAUSTED.code);
        assert_eq!(prompt(&world, &alice).await.unwrap(), 80);
        budget(&world, PolicyScope::ApiKey, key, 0).await;
        assert_eq!(code(prompt(&world, &by_key).await), codes::BUDGET_EXHAUSTED.code);
        budget(&world, PolicyScope::Default, Uuid::nil(), 0).await;
        assert_eq!(code(prompt(&world, &alice).await), codes::BUDGET_EXHAUSTED.code);
        budget(&world, PolicyScope::User, alice.subject.get(), 1_000).await;
        assert_eq!(prompt(&world, &alice).await.unwrap(), 80, "one's own policy stands in for the default");
        let policies = &world.facades().policies;
        assert!(matches!(policies.get(&alice, PolicyScope::Default, Uuid::nil()).await.unwrap_err(), LlmError::Denied(_)));
        policies.delete(&root(), PolicyScope::Org, org).await.unwrap();
        assert_eq!(prompt(&world, &in_org).await.unwrap(), 80);
        let stale = policies.put(&root(), PolicyScope::Default, Uuid::nil(), PolicyRules::default(), Some(9)).await;
        assert_eq!(code(stale), codes::POLICY_CHANGED.code);
    }

    async fn models_and_requests_a_minute_are_limited(world) {
        let alice = world.alice();
        let put = async |rules| world.facades().policies.put(&root(), PolicyScope::User, alice.subject.get(), rules, None).await.unwrap();
        put(PolicyRules { models: vec!["mock/other".into()], ..PolicyRules::default() }).await;
        assert_eq!(code(prompt(&world, &alice).await), codes::MODEL_NOT_ALLOWED.code);
        put(PolicyRules { models: vec!["mock/*".into()], rpm: Some(2), ..PolicyRules::default() }).await;
        for _ in 0..2 {
            assert!(prompt(&world, &alice).await.is_ok());
        }
        let slow = prompt(&world, &alice).await.unwrap_err();
        assert_eq!((slow.code().code, slow.retry_after().is_some()), (codes::POLICY_RATE.code, true));
        put(PolicyRules { tpm: Some(3), ..PolicyRules::default() }).await;
        assert!(prompt(&world, &alice).await.is_ok());
        let long = Ask { messages: vec![llm::chat::Message::text(llm::chat::Role::User, "x".repeat(400))], ..short() };
        let slow = world.facades().completions.send_prompt(&alice, long, Delivery::default()).await;
        assert_eq!(code(slow), codes::POLICY_RATE.code);
    }

    async fn the_report_adds_up_and_shows_ones_own(world) {
        let (alice, bob) = (in_org(&world.alice(), 7), in_org(&world.person(9), 7));
        for actor in [&alice, &alice, &bob] {
            prompt(&world, actor).await.unwrap();
        }
        let (from, to): (Timestamp, Timestamp) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2026-12-31T00:00:00Z".parse().unwrap());
        let policies = &world.facades().policies;
        let report = async |actor: &Actor, by| policies.usage(actor, from, to, by).await.unwrap();
        let mine = report(&alice, UsageBy::Model).await;
        assert_eq!((mine.len(), mine[0].key.as_str(), mine[0].generations, mine[0].cost_micros), (1, "mock/m", 2, 160));
        assert_eq!((mine[0].input_tokens, mine[0].output_tokens), (24, 14));
        let all = Actor { owner: alice.owner, ..root() };
        assert_eq!(report(&all, UsageBy::User).await.iter().map(|line| line.cost_micros).sum::<i64>(), 240);
        let days = report(&all, UsageBy::Day).await;
        assert_eq!((days.len(), days[0].key.len(), days[0].generations), (1, 10, 3));
        assert!(policies.usage(&alice, to, from, UsageBy::Day).await.is_err());
    }
}
