//! Tools of the server in conversations: those that look run at once, those that change something wait for the person.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use core_feature::{Effect, Tool};
use core_kernel::{Actor, Owner, Permission};
use core_testing::{Engine, on_every_engine};
use llm::chat::{Part, Role};
use llm::{
    Ask, AttemptCause, BudgetPeriod, Conversation, Decision, Delivery, Deps, DraftConversation, GenerationState, Llm, LlmError,
    ModelFacts, NewMessage, Offers, Outcome, PolicyRules, PolicyScope, Viewer, codes, permissions,
};
use mock_llm::{Answer, Finish, Piece, Protocol, Scenario, Script, Step};
use serde_json::{Value, json};

use crate::world::{World, config, deps, question, say, world};

const SECRET: Permission = Permission::personal("demo:secret", "see secrets");

struct Bench {
    world: World,
    ran: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<Value>>>,
}

fn tool(
    name: &'static str,
    effect: Effect,
    permission: &'static Permission,
    bench: (&Arc<AtomicUsize>, &Arc<Mutex<Vec<Value>>>),
) -> Tool {
    let (ran, asked) = (Arc::clone(bench.0), Arc::clone(bench.1));
    Tool {
        name,
        description: "A tool of a test.",
        schema: || json!({ "type": "object" }),
        permission,
        effect,
        call: Arc::new(move |_actor, arguments| {
            ran.fetch_add(1, Ordering::SeqCst);
            asked.lock().unwrap().push(arguments.clone());
            Box::pin(async move {
                if arguments["fail"] == true { Err("no such brick".to_owned()) } else { Ok(json!({ "bricks": 3 })) }
            })
        }),
    }
}

async fn bench(engine: &Engine) -> Bench {
    let mut world = world(engine).await;
    let (ran, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let offers = Offers::default();
    let tools = vec![
        tool("demo.count", Effect::Read, &permissions::READ, (&ran, &asked)),
        tool("demo.lay", Effect::Write, &permissions::CHAT, (&ran, &asked)),
        tool("demo.secret", Effect::Read, &SECRET, (&ran, &asked)),
    ];
    offers.fill(Vec::new(), tools);
    let deps = Deps { offers, ..deps(&world.test, config(&world.mock, Protocol::OpenAiChat), world.tasks.clone()) };
    world.llm = Arc::new(Llm::new(deps).unwrap());
    Bench { world, ran, asked }
}

impl Bench {
    async fn talk(&self) -> Conversation {
        let tools = ["demo.count", "demo.lay", "demo.secret"].map(str::to_owned).to_vec();
        let draft = DraftConversation { tools, ..DraftConversation::default() };
        self.world.facades().conversations.create(&self.world.alice(), draft).await.unwrap()
    }

    /// The next answer calls these.
    fn calls(&self, calls: &[(&str, &str, Value)]) {
        let piece = |(id, name, arguments): &(&str, &str, Value)| Piece::Tool {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            arguments: arguments.clone(),
        };
        let mut answer = Answer::text(["Let me see. "]).finishing(Finish::ToolCalls);
        answer.pieces.extend(calls.iter().map(piece));
        let frames = Protocol::OpenAiChat.dialect().frames(&answer);
        self.world.mock.push(Script::events(frames.iter().map(|frame| Step::Send(frame.text("\n").into_bytes())).collect()));
    }

    async fn tell(&self, talk: &Conversation) -> Arc<Outcome> {
        let sending = self.world.facades().messages.send(&self.world.alice(), talk.id, say("Bricks?"), Delivery::default()).await;
        sending.unwrap().outcome().await.unwrap()
    }

    fn sent(&self) -> Vec<Value> {
        self.world.mock.requests().pop().unwrap().body["messages"].as_array().unwrap().clone()
    }
}

on_every_engine! {
    setup = bench;

    async fn a_tool_that_looks_runs_at_once_with_the_persons_rights_and_the_answer_goes_on(bench) {
        let talk = bench.talk().await;
        bench.calls(&[("a", "demo__count", json!({ "of": "wall" })), ("b", "demo__count", json!({ "fail": true })), ("c", "demo__secret", json!({}))]);
        let outcome = bench.tell(&talk).await;
        assert_eq!(outcome.settlement.answer.text, format!("Let me see. {}", Scenario::TEXT));
        assert_eq!((outcome.settlement.usage.input, outcome.settlement.usage.output), (24, 14), "both rounds are accounted");
        let sent = bench.sent();
        let results: Vec<&str> = sent.iter().filter(|turn| turn["role"] == "tool").filter_map(|turn| turn["content"].as_str()).collect();
        assert_eq!(results, [r#"{"bricks":3}"#, r#"{"error":"no such brick"}"#, r#"{"error":"there is no such tool here"}"#]);
        assert_eq!(bench.ran.load(Ordering::SeqCst), 2, "a tool without the right to it is not offered and not run");
        let offered = bench.world.mock.requests()[0].body["tools"].to_string();
        assert!(offered.contains("demo__count") && !offered.contains("demo__secret"));
        bench.tell(&talk).await;
        let roles: Vec<String> = bench.sent().iter().map(|turn| turn["role"].as_str().unwrap().to_owned()).collect();
        assert_eq!(roles, ["user", "assistant", "tool", "tool", "tool", "assistant", "user"], "calls, their results, what was said");
    }

    async fn a_tool_that_changes_something_waits_and_runs_once_when_its_person_says_so(bench) {
        let (talk, alice) = (bench.talk().await, bench.world.alice());
        bench.calls(&[("a", "demo__lay", json!({ "bricks": 2 })), ("b", "demo__count", json!({}))]);
        let outcome = bench.tell(&talk).await;
        let waiting = &outcome.settlement.confirmations;
        assert_eq!((waiting.len(), waiting[0].tool.as_str(), bench.ran.load(Ordering::SeqCst)), (1, "demo.lay", 0));
        let generations = &bench.world.facades().generations;
        let call = waiting[0].call_id.clone();
        let word = |token: &str, approve| Decision { call_id: call.clone(), approve, token: token.to_owned() };
        let code = |error: LlmError| if let LlmError::Plain(code) = error { code.code } else { panic!("{error}") };
        let forged = generations.decide(&alice, outcome.generation, word("00000000.e30.AAAA", true)).await.unwrap_err();
        assert_eq!(code(forged), codes::CONFIRMATION_INVALID.code);
        let stranger = generations.decide(&bench.world.person(9), outcome.generation, word(&waiting[0].token, true)).await.unwrap_err();
        assert_eq!(code(stranger), codes::GENERATION_NOT_FOUND.code);
        let decided = generations.decide(&alice, outcome.generation, word(&waiting[0].token, true)).await.unwrap();
        assert_eq!((decided.generation.parent, decided.waiting.len()), (Some(outcome.generation), 0));
        let twice = generations.decide(&alice, outcome.generation, word(&waiting[0].token, false)).await.unwrap_err();
        assert_eq!(code(twice), codes::ALREADY_DECIDED.code);
        assert_eq!(bench.asked.lock().unwrap().clone(), [json!({ "bricks": 2 }), json!({})]);
        bench.world.mock.until(|requests| requests.len() == 2).await;
        let done = async || loop {
            let row = generations.get(&alice, decided.generation.id).await.unwrap();
            if row.state != GenerationState::Running {
                break row;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(done().await.text, Scenario::TEXT);
        let roles: Vec<String> = bench.sent().iter().map(|turn| turn["role"].as_str().unwrap().to_owned()).collect();
        assert_eq!(roles, ["user", "assistant", "tool", "tool"]);
    }

    async fn a_refused_call_is_never_run_and_one_that_waits_too_long_expires(bench) {
        let (talk, alice) = (bench.talk().await, bench.world.alice());
        let generations = &bench.world.facades().generations;
        bench.calls(&[("a", "demo__lay", json!({})), ("b", "demo__lay", json!({ "second": true }))]);
        let outcome = bench.tell(&talk).await;
        let waiting = outcome.settlement.confirmations.clone();
        let reject = |at: usize| Decision { call_id: waiting[at].call_id.clone(), approve: false, token: waiting[at].token.clone() };
        let first = generations.decide(&alice, outcome.generation, reject(0)).await.unwrap();
        assert_eq!((first.generation.id, first.waiting.len()), (outcome.generation, 1));
        bench.world.test.clock.advance(std::time::Duration::from_hours(2));
        let late = generations.decide(&alice, outcome.generation, reject(1)).await.unwrap_err();
        assert!(matches!(late, LlmError::Plain(code) if code == &codes::CONFIRMATION_EXPIRED));
        assert_eq!(bench.ran.load(Ordering::SeqCst), 0);
        // The conversation goes on without them; each call is told to be not run.
        bench.tell(&talk).await;
        assert_eq!(bench.sent().iter().filter(|turn| turn["role"] == "tool").count(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_only_calls_tools_is_stopped_after_some_rounds() {
    let bench = bench(&Engine::Sqlite).await;
    let talk = bench.talk().await;
    for _ in 0..9 {
        bench.calls(&[("a", "demo__count", json!({}))]);
    }
    let outcome = bench.tell(&talk).await;
    assert_eq!(bench.world.mock.requests().len(), 9);
    let parts = outcome.assistant_message.as_ref().unwrap().parts.clone();
    assert!(parts.iter().any(|part| matches!(part, Part::ToolResult { .. })));
    assert_eq!(outcome.assistant_message.as_ref().unwrap().role, Role::Assistant);
    let unknown = DraftConversation { tools: vec!["no.tool".into()], ..DraftConversation::default() };
    assert!(matches!(
        bench.world.facades().conversations.create(&bench.world.alice(), unknown).await.unwrap_err(),
        LlmError::Invalid(_)
    ));
}

/// Tools under a budget of one day; a token of input costs 1, one of output 10.
async fn with_budget(micros: i64) -> Bench {
    let mut bench = bench(&Engine::Sqlite).await;
    let mut config = config(&bench.world.mock, Protocol::OpenAiChat);
    let price = ModelFacts { input: Some(1_000_000), output: Some(10_000_000), ..ModelFacts::default() };
    config.models.insert("mock/m".to_owned(), price);
    let (offers, call) = (Offers::default(), (&bench.ran, &bench.asked));
    offers.fill(Vec::new(), vec![tool("demo.count", Effect::Read, &permissions::READ, call)]);
    let deps = Deps { offers, ..deps(&bench.world.test, config, bench.world.tasks.clone()) };
    bench.world.llm = Arc::new(Llm::new(deps).unwrap());
    let root = Actor::system("llm", Owner(uuid::Uuid::nil()));
    let rules = PolicyRules { budget_micros: Some(micros), period: BudgetPeriod::Day, ..PolicyRules::default() };
    let person = bench.world.alice().subject.get();
    bench.world.facades().policies.put(&root, PolicyScope::User, person, rules, None).await.unwrap();
    bench
}

impl Bench {
    /// Begins a turn whose answers may have 10 tokens.
    async fn begin(&self) -> Viewer {
        let talk = DraftConversation { tools: vec!["demo.count".into()], ..DraftConversation::default() };
        let talk = self.world.facades().conversations.create(&self.world.alice(), talk).await.unwrap();
        let message = NewMessage { max_output_tokens: Some(10), ..say("Bricks?") };
        self.world.facades().messages.send(&self.world.alice(), talk.id, message, Delivery::default()).await.unwrap()
    }

    async fn prompt(&self) -> Result<Viewer, LlmError> {
        let ask = Ask { max_output_tokens: Some(10), ..question() };
        self.world.facades().completions.send_prompt(&self.world.alice(), ask, Delivery::default()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_further_round_is_set_aside_before_it_begins_and_is_not_asked_when_the_budget_has_no_room() {
    // Room for the first request (about 130), not for what it cost (82) and the second (about 170).
    let bench = with_budget(200).await;
    bench.calls(&[("a", "demo__count", json!({ "of": "wall" }))]);
    let outcome = bench.begin().await.outcome().await.unwrap();
    let failure = outcome.settlement.failure.clone().unwrap();
    assert_eq!((outcome.settlement.state, failure.code), (GenerationState::Truncated, &codes::BUDGET_EXHAUSTED));
    assert_eq!((bench.world.mock.requests().len(), outcome.settlement.cost.micros), (1, 82));
    // What was set aside went back: a prompt of about 110 fits beside the 82.
    assert_eq!(bench.prompt().await.unwrap().outcome().await.unwrap().settlement.state, GenerationState::Complete);

    let bench = with_budget(300).await;
    bench.calls(&[("a", "demo__count", json!({ "of": "wall" }))]);
    let gate = bench.world.mock.new_gate();
    bench.world.play(Scenario::StallBeforeFirstByte);
    let answering = bench.begin().await;
    gate.reached().await;
    let refused = bench.prompt().await;
    assert!(matches!(refused, Err(LlmError::BudgetExhausted { .. })), "the second round holds its part");
    gate.open();
    let outcome = answering.outcome().await.unwrap();
    assert_eq!((outcome.settlement.cost.micros, outcome.settlement.attempts.len()), (164, 2));
    assert_eq!(outcome.settlement.attempts[1].cause, AttemptCause::ToolsRan);
    assert!(bench.prompt().await.is_ok(), "what was not used went back");
}
