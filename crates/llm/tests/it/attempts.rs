//! One row per attempt, and the provider's own bill beside them.

use core_feature::{Feature, MemoryExport};
use core_kernel::Actor;
use core_testing::{Engine, on_every_engine};
use futures_util::StreamExt;
use llm::{
    Attempt, AttemptCause, BudgetPeriod, Delivery, DraftConversation, GenerationEvent, GenerationState, ModelFacts, PolicyRules,
    PolicyScope, UsageBy, UsageSource, codes,
};
use mock_llm::{Fault, Protocol, Scenario, UsageNumbers};

use crate::world::{World, config, question, say, world_with};

/// A token of input costs 1, a cached one a half, one of output 10.
fn facts() -> ModelFacts {
    ModelFacts { input: Some(1_000_000), cached: Some(500_000), output: Some(10_000_000), ..ModelFacts::default() }
}

async fn priced(engine: &Engine, protocol: Protocol) -> World {
    world_with(engine, |mock| {
        let mut config = config(mock, protocol);
        config.models.insert("mock/m".to_owned(), facts());
        config.models.insert("mock/spare".to_owned(), ModelFacts { output: Some(20_000_000), ..facts() });
        config.breaker.failures = 10_000;
        config
    })
    .await
}

async fn chat(engine: &Engine) -> World {
    priced(engine, Protocol::OpenAiChat).await
}

async fn attempts(world: &World, id: llm::GenerationId) -> Vec<Attempt> {
    world.facades().generations.attempts(&world.alice(), id).await.unwrap()
}

on_every_engine! {
    setup = chat;

    async fn a_single_attempt_stands_in_the_row_and_several_have_rows_of_their_own(world) {
        world.play(Scenario::Ok);
        let once = world.outcome(true).await;
        let made = attempts(&world, once.generation).await;
        assert_eq!((made.len(), made[0].state, made[0].cause, made[0].cost.micros), (1, GenerationState::Complete, AttemptCause::First, 80));
        assert_eq!((made[0].request_id.as_deref(), made[0].response_id.as_deref()), (Some("req_mock_0"), Some("chatcmpl-mock")));

        for stream in [true, false] {
            world.play(Scenario::Once(Fault::Unavailable));
            let twice = world.outcome(stream).await;
            let made = attempts(&world, twice.generation).await;
            let told: Vec<_> = made.iter().map(|made| (made.number, made.cause, made.state, made.usage_source)).collect();
            assert_eq!(told, [
                (1, AttemptCause::First, GenerationState::Failed, UsageSource::None),
                (2, AttemptCause::Retried, GenerationState::Complete, UsageSource::Reported),
            ]);
            assert_eq!((made[0].id.get(), made[1].parent), (twice.generation.get(), Some(made[0].id)));
            assert_eq!(made[0].failure.as_ref().unwrap().code, &codes::PROVIDER_UNAVAILABLE);
            assert_eq!((made[0].request_id.as_deref(), made[1].request_id.as_deref()), (Some("req_mock"), Some("req_mock_1")));
            let row = world.facades().generations.get(&world.alice(), twice.generation).await.unwrap();
            assert_eq!((row.attempts, row.cost_micros, row.request_id.as_deref()), (2, 80, Some("req_mock_1")));
        }
    }

    async fn attempts_are_exported_lose_their_words_with_the_conversation_and_go_with_the_space(world) {
        let alice = world.alice();
        let talk = world.facades().conversations.create(&alice, DraftConversation::default()).await.unwrap();
        world.play(Scenario::Once(Fault::Unavailable));
        let sending = world.facades().messages.send(&alice, talk.id, say("Hi?"), Delivery::default()).await.unwrap();
        let id = sending.outcome().await.unwrap().generation;
        let exported = async || {
            let mut all = MemoryExport::default();
            world.llm.export(alice.owner, &mut all).await.unwrap();
            all.rows.into_iter().filter(|(collection, _)| collection == "generation_attempts").count()
        };
        assert_eq!(exported().await, 2);
        assert!(!attempts(&world, id).await[0].failure.as_ref().unwrap().detail.is_empty());
        world.facades().conversations.delete(&alice, talk.id, None).await.unwrap();
        let made = attempts(&world, id).await;
        assert_eq!((made.len(), made[0].failure.as_ref().unwrap().detail.as_str()), (2, ""), "the account stays");
        world.llm.erase(alice.owner).await.unwrap();
        assert_eq!(exported().await, 0);
    }

    async fn a_failed_attempt_that_is_charged_counts_in_the_cost_the_budget_and_the_report(world) {
        let alice = world.alice();
        let root = Actor::system("llm", core_kernel::Owner(uuid::Uuid::nil()));
        let rules = PolicyRules { budget_micros: Some(100_000), period: BudgetPeriod::Day, ..PolicyRules::default() };
        world.facades().policies.put(&root, PolicyScope::User, alice.subject.get(), rules, None).await.unwrap();
        // The body ends in the middle: the answer was made and is charged, whoever gets it.
        world.play(Scenario::EndWithoutEvidence);
        let failed = world.outcome(false).await;
        let made = attempts(&world, failed.generation).await;
        assert_eq!(made.iter().map(|made| made.usage_source).collect::<Vec<_>>(), [UsageSource::Estimated; 3]);
        assert_eq!((failed.settlement.state, failed.settlement.usage_source), (GenerationState::Failed, UsageSource::Estimated));
        let cost: i64 = made.iter().map(|made| made.cost.micros).sum();
        assert!(cost > 0 && failed.settlement.cost.micros == cost, "{made:?}");
        let from = "2026-01-01T00:00:00Z".parse().unwrap();
        let to = "2026-12-31T00:00:00Z".parse().unwrap();
        for by in [UsageBy::Day, UsageBy::Model] {
            let report = world.facades().policies.usage(&alice, from, to, by).await.unwrap();
            assert_eq!((report.len(), report[0].generations, report[0].cost_micros), (1, 1, cost), "{by:?}");
        }
        let row = world.facades().generations.get(&alice, failed.generation).await.unwrap();
        let tight = PolicyRules { budget_micros: Some(row.cost_micros), period: BudgetPeriod::Day, ..PolicyRules::default() };
        world.facades().policies.put(&root, PolicyScope::User, alice.subject.get(), tight, None).await.unwrap();
        let refused = world.facades().completions.send_prompt(&alice, question(), Delivery::default()).await.unwrap_err();
        assert!(matches!(refused, llm::LlmError::BudgetExhausted { .. }), "it is spent: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_model_of_a_fallback_is_charged_by_its_own_price_and_reported_by_its_own_name() {
    let world = world_with(&Engine::Sqlite, |mock| {
        let mut config = config(mock, Protocol::OpenAiChat);
        config.models.insert("mock/m".to_owned(), facts());
        config.models.insert("mock/spare".to_owned(), ModelFacts { output: Some(20_000_000), ..facts() });
        config.fallbacks = vec!["mock/spare".into()];
        config.retry.attempts = 1;
        config
    })
    .await;
    let request = mock_llm::Script::body(200, "application/json", "{\"choices\": [");
    world.mock.push(request);
    world.mock.play(Protocol::OpenAiChat, Scenario::Ok);
    let outcome = world.outcome(false).await;
    let made = attempts(&world, outcome.generation).await;
    assert_eq!(made.iter().map(|made| made.model.as_str()).collect::<Vec<_>>(), ["m", "spare"]);
    assert_eq!((made[1].cause, made[1].cost.micros), (AttemptCause::FellBack, 8 + 2 + 140));
    let from = "2026-01-01T00:00:00Z".parse().unwrap();
    let to = "2026-12-31T00:00:00Z".parse().unwrap();
    let report = world.facades().policies.usage(&world.alice(), from, to, UsageBy::Model).await.unwrap();
    let lines: Vec<_> = report.iter().map(|line| (line.key.as_str(), line.generations, line.cost_micros)).collect();
    assert_eq!(lines, [("mock/m", 0, made[0].cost.micros), ("mock/spare", 1, 150)]);
    assert_eq!(outcome.settlement.cost.micros, 150 + made[0].cost.micros);
}

/// Asks once and lets the mock go on where it waits.
async fn run(world: &World, scenario: Scenario, stream: bool) -> llm::GenerationId {
    let gate = world.mock.new_gate();
    let viewer = world.ask(stream).await;
    let id = viewer.generation();
    // A reset discards what was not read yet.
    let waits = stream && scenario == Scenario::ResetMidLine;
    if !waits {
        gate.open();
    }
    let mut events = viewer.events();
    while let Some(event) = events.next().await {
        if matches!(event.event, GenerationEvent::Delta(_)) {
            gate.open();
        }
    }
    world.mock.billed().await;
    id
}

fn cost(bill: UsageNumbers) -> u64 {
    bill.input - bill.cached + bill.cached.div_ceil(2) + 10 * (bill.output + bill.reasoning)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_and_the_providers_own_bill_differ_by_flagged_estimates_alone() {
    let faults = [Fault::Unavailable, Fault::Unauthorised, Fault::Overloaded, Fault::ContextOverflow];
    let faulty = faults.into_iter().flat_map(|fault| [Scenario::Always(fault), Scenario::Once(fault)]);
    let scenarios: Vec<Scenario> = Scenario::CUTTABLE.into_iter().chain(faulty).collect();
    let (mut reported, mut estimated) = (0, 0);
    for protocol in Protocol::ALL {
        let world = priced(&Engine::Sqlite, protocol).await;
        let (mut ledger, mut flagged) = (0_u64, 0_u64);
        for (scenario, stream) in scenarios.iter().flat_map(|scenario| [(*scenario, true), (*scenario, false)]) {
            let before = world.mock.requests().len();
            world.mock.play(protocol, scenario);
            let id = run(&world, scenario, stream).await;
            let case = format!("{protocol:?} {scenario:?} stream {stream}");
            let (made, requests) = (attempts(&world, id).await, world.mock.requests().split_off(before));
            assert_eq!(made.len(), requests.len(), "{case}: every request is an attempt");
            for (made, request) in made.iter().zip(&requests) {
                let bill = request.billed.unwrap();
                let (usage, micros) = (&made.usage, u64::try_from(made.cost.micros).unwrap());
                match made.usage_source {
                    UsageSource::Reported => {
                        reported += 1;
                        let charged = (bill.input, bill.cached, bill.output + bill.reasoning);
                        assert_eq!((usage.input, usage.input_cached, usage.output), charged, "{case}");
                        assert_eq!(micros, cost(bill), "{case}");
                    }
                    UsageSource::None => assert_eq!(bill, UsageNumbers::default(), "{case}: {made:?}"),
                    UsageSource::Estimated => {
                        estimated += 1;
                        assert!(usage.input > 0, "{case}");
                        flagged += micros.max(cost(bill));
                    }
                }
            }
            let row = world.facades().generations.get(&world.alice(), id).await.unwrap();
            assert_eq!(row.cost_micros, made.iter().map(|made| made.cost.micros).sum::<i64>(), "{case}");
            ledger += u64::try_from(row.cost_micros).unwrap();
        }
        let bill: u64 = world.mock.requests().iter().filter_map(|request| request.billed).map(cost).sum();
        assert!(ledger.abs_diff(bill) <= flagged, "{protocol:?}: {ledger} in the ledger, {bill} on the bill, {flagged} flagged");
    }
    assert!(reported > 150 && estimated > 20, "{reported} reported, {estimated} estimated");
}
