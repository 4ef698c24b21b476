//! Facts that are found by the vectors of a model.

use core_kernel::{Order, PageRequest};
use core_testing::{Engine, on_every_engine};
use llm::{ContextPart, Conversation, Delivery, DraftConversation, DraftFact, Fact, GuardConfig, LlmConfig, Purpose, UsageBy};
use mock_llm::{Fault, Protocol, Scenario};

use crate::rolling::drain;
use crate::world::{World, config, once, say};

/// The mock's vector of a text is its letters, its words and one, so that texts of one long word are near each other.
const NEAR: &str = "Bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const FAR: &str = "q w e r t y u i o p";
const ASKED: &str = "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Shares its word with what is asked, and has many others.
const SHARES: &str = "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a b c d e f g h i j k l m n o p q r s t";

async fn with(engine: &Engine, change: impl FnOnce(&mut LlmConfig)) -> World {
    let embeds = |config: &mut LlmConfig| {
        config.embedding_model = Some("mock/embed".into());
        change(config);
    };
    once(engine, embeds).await
}

async fn plain(engine: &Engine) -> World {
    with(engine, |_| ()).await
}

async fn note(world: &World, fact: &str) -> Fact {
    let draft = DraftFact { fact: fact.to_owned(), source_message: None };
    world.facades().memories.create(&world.alice(), draft).await.unwrap()
}

async fn ask(world: &World, text: &str) -> Conversation {
    let talk = world.facades().conversations.create(&world.alice(), DraftConversation::default()).await.unwrap();
    let sending = world.facades().messages.send(&world.alice(), talk.id, say(text), Delivery::default()).await;
    sending.unwrap().outcome().await.unwrap();
    talk
}

/// What the model was told of the person last.
fn told(world: &World) -> String {
    let asked = world.mock.requests().into_iter().rfind(|request| request.path.ends_with("/chat/completions")).unwrap();
    asked.body["messages"][1]["content"].as_str().unwrap_or_default().to_owned()
}

fn embedded(world: &World) -> Vec<String> {
    let asked = world.mock.requests().into_iter().filter(|request| request.path.ends_with("/embeddings"));
    asked
        .flat_map(|request| request.body["input"].as_array().unwrap().clone())
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn first(world: &World, fact: &str) -> bool {
    told(world).lines().nth(1) == Some(&format!("- {fact}"))
}

async fn why(world: &World, talk: &Conversation) -> String {
    let view = world.facades().messages.context(&world.alice(), talk.id, None).await.unwrap();
    view.parts.into_iter().find(|part: &ContextPart| part.kind == "facts").unwrap().why
}

on_every_engine! {
    setup = plain;

    async fn facts_are_found_by_meaning_once_they_have_vectors_and_by_words_before(world) {
        for fact in [FAR, SHARES, NEAR] {
            note(&world, fact).await;
        }
        let talk = ask(&world, ASKED).await;
        assert!(first(&world, SHARES), "{}", told(&world));
        assert!(why(&world, &talk).await.ends_with("by the words they share"));
        assert_eq!(drain(&world).await, 1, "one job for all that wait");
        assert_eq!(embedded(&world).len(), 3);

        let talk = ask(&world, ASKED).await;
        assert!(first(&world, NEAR), "{}", told(&world));
        assert!(told(&world).ends_with(&format!("- {FAR}\n</about_the_person>")), "{}", told(&world));
        assert_eq!(embedded(&world).last().map(String::as_str), Some(ASKED));
        let before = embedded(&world).len();
        // The leaf is the answer by now: its vector is asked for once, however often the context is looked at.
        for _ in 0..3 {
            assert!(why(&world, &talk).await.ends_with("by vectors of `mock/embed`"));
        }
        assert_eq!(embedded(&world).len(), before + 1);
        let from = "2026-01-01T00:00:00Z".parse().unwrap();
        let to = "2026-12-31T00:00:00Z".parse().unwrap();
        let used = world.facades().policies.usage(&world.alice(), from, to, UsageBy::Purpose).await.unwrap();
        let embedding = used.iter().find(|line| line.key == Purpose::Embedding.as_str()).unwrap();
        assert_eq!(embedding.generations, 3, "the ledger has each call");
    }

    async fn a_fact_that_changes_gets_a_new_vector_and_nobody_elses_is_touched(world) {
        let fact = note(&world, FAR).await;
        let other = DraftFact { fact: "theirs".into(), source_message: None };
        world.facades().memories.create(&world.person(9), other).await.unwrap();
        assert_eq!(drain(&world).await, 2);
        world.facades().memories.update(&world.alice(), fact.id, NEAR, None).await.unwrap();
        drain(&world).await;
        assert_eq!(embedded(&world).last().map(String::as_str), Some(NEAR));
        ask(&world, ASKED).await;
        assert!(first(&world, NEAR) && !told(&world).contains("theirs"));
        let page = PageRequest::first(10, Order::Desc);
        assert_eq!(world.facades().memories.list(&world.alice(), None, page).await.unwrap().items.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_model_makes_its_own_vectors_and_one_that_fails_leaves_words() {
    let world = plain(&Engine::Sqlite).await;
    for fact in [SHARES, NEAR] {
        note(&world, fact).await;
    }
    drain(&world).await;
    let mut settings = config(&world.mock, Protocol::OpenAiChat);
    settings.embedding_model = Some("mock/newer".into());
    settings.retry.attempts = 1;
    let newer = World { llm: crate::world::feature(&world.test, settings, world.tasks.clone()), ..world };
    let talk = ask(&newer, ASKED).await;
    assert!(first(&newer, SHARES), "vectors of two models are never compared");
    assert_eq!(drain(&newer).await, 1, "a look at the facts queued what is missing");
    ask(&newer, ASKED).await;
    assert!(first(&newer, NEAR));
    newer.play(Scenario::Always(Fault::Unavailable));
    assert!(why(&newer, &talk).await.ends_with("by the words they share"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_data_in_facts_reaches_no_embedding_model() {
    let guard = GuardConfig { redact: vec!["email".into()], deny: Vec::new() };
    let world = with(&Engine::Sqlite, |config| config.guard = guard).await;
    note(&world, "Writes from ada@example.com").await;
    drain(&world).await;
    assert_eq!(embedded(&world), ["Writes from [EMAIL_1]"]);
    ask(&world, "Is ada@example.com mine?").await;
    assert!(!embedded(&world).iter().any(|text| text.contains("ada@")), "{:?}", embedded(&world));
}
