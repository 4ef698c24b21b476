//! Summaries that conversations get as they grow.

use core_feature::{Feature, MemoryExport};
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Order, PageRequest};
use core_testing::{Engine, on_every_engine};
use llm::{ContextView, Conversation, Delivery, DraftConversation, Message, ModelFacts, NewMessage};
use mock_llm::{Protocol, Scenario};

use crate::world::{World, config, say, world_with};

/// A model with a window whose half seven of these turns fill.
async fn narrow(engine: &Engine) -> World {
    let world = world_with(engine, |mock| {
        let mut config = config(mock, Protocol::OpenAiChat);
        config.models.insert("mock/m".to_owned(), ModelFacts { window: Some(2_000), ..ModelFacts::default() });
        config
    })
    .await;
    world.play(Scenario::Ok);
    world
}

async fn tell(world: &World, talk: &Conversation, message: NewMessage) -> Message {
    let sending = world.facades().messages.send(&world.alice(), talk.id, message, Delivery::default()).await;
    sending.unwrap().outcome().await.unwrap().user_message.clone().unwrap()
}

/// About 110 tokens with its answer.
fn long(number: usize) -> NewMessage {
    say(&format!("Question {number}? {}", "bricks ".repeat(56)))
}

/// Works off what is queued. Gives how many jobs ran.
pub(crate) async fn drain(world: &World) -> usize {
    let mut registry = Registry::default();
    for handler in world.llm.jobs() {
        registry.handler(handler).unwrap();
    }
    Runner::new(world.test.db.clone(), registry, RunnerConfig::default()).drain().await.unwrap()
}

async fn shown(world: &World, talk: &Conversation) -> ContextView {
    world.facades().messages.context(&world.alice(), talk.id, None).await.unwrap()
}

fn summaries(view: &ContextView) -> Vec<&str> {
    view.parts.iter().filter(|part| part.kind == "summary").filter_map(|part| part.name.as_deref()).collect()
}

on_every_engine! {
    setup = narrow;

    async fn a_conversation_that_outgrows_its_share_of_the_window_gets_a_summary_and_grows_on(world) {
        let talk = world.facades().conversations.create(&world.alice(), DraftConversation::default()).await.unwrap();
        let mut made = Vec::new();
        for number in 0..12 {
            tell(&world, &talk, long(number)).await;
            made.push(drain(&world).await);
            let sent = world.mock.requests().iter().rev().find(|request| request.body["messages"].as_array().unwrap().len() > 2).cloned();
            let words = sent.map_or(0, |request| request.body.to_string().matches("bricks").count());
            assert!(words < 56 * 10, "the request stays inside the window: {words} words after {number}");
        }
        assert_eq!(made.iter().take(3).sum::<usize>(), 0, "a short conversation needs none: {made:?}");
        assert!(made.iter().sum::<usize>() >= 2, "{made:?}");
        let view = shown(&world, &talk).await;
        assert_eq!(summaries(&view).len(), 1);
        assert!(view.left_out.is_empty(), "nothing falls out of the window unsummarised: {:?}", view.left_out);
        tell(&world, &talk, say("And?")).await;
        let sent = world.mock.requests().pop().unwrap().body["messages"].to_string();
        assert!(sent.contains("<earlier_turns>") && !sent.contains("Question 0?"), "{sent}");
        let texts: Vec<&str> = view.parts.iter().map(|part| part.text.trim_end()).filter(|text| !text.contains('\n')).collect();
        assert!(texts.iter().all(|text| sent.contains(text)), "shown is sent: {texts:?}");
    }

    async fn a_branch_has_its_own_summaries_and_a_deleted_conversation_has_none(world) {
        let talk = world.facades().conversations.create(&world.alice(), DraftConversation::default()).await.unwrap();
        let mut asked = Vec::new();
        for number in 0..8 {
            asked.push(tell(&world, &talk, long(number)).await);
        }
        assert!(drain(&world).await > 0);
        let first = shown(&world, &talk).await;
        // A branch from before the summary knows nothing of it, grows, and gets its own.
        tell(&world, &talk, NewMessage { replaces: Some(asked[0].id), ..long(20) }).await;
        assert_eq!(summaries(&shown(&world, &talk).await), Vec::<&str>::new());
        for number in 21..28 {
            tell(&world, &talk, long(number)).await;
        }
        assert!(drain(&world).await > 0);
        let second = shown(&world, &talk).await;
        assert_eq!((summaries(&first).len(), summaries(&second).len()), (1, 1));
        assert_ne!(summaries(&first), summaries(&second));

        // Deleted while a summary waits: it must not come back.
        for number in 30..34 {
            tell(&world, &talk, long(number)).await;
        }
        let gate = world.mock.new_gate();
        world.play(Scenario::StallBeforeFirstByte);
        let asked_before = world.mock.requests().len();
        let deleting = async {
            gate.reached().await;
            world.facades().conversations.delete(&world.alice(), talk.id, None).await.unwrap();
            gate.open();
        };
        let (ran, ()) = tokio::join!(drain(&world), deleting);
        assert_eq!((ran, world.mock.requests().len()), (1, asked_before + 1), "one was at work");
        let mut rows = MemoryExport::default();
        world.llm.export(world.alice().owner, &mut rows).await.unwrap();
        assert!(!rows.rows.iter().any(|(collection, _)| collection == "conversation_summaries"));
    }

    async fn a_path_that_grows_meanwhile_waits_for_one_summary_and_the_setting_turns_them_off(world) {
        let talk = world.facades().conversations.create(&world.alice(), DraftConversation::default()).await.unwrap();
        for number in 0..8 {
            tell(&world, &talk, long(number)).await;
        }
        let before = world.mock.requests().len();
        assert_eq!(drain(&world).await, 1, "both answers past the share asked for one");
        assert_eq!(world.mock.requests().len(), before + 1);
        assert_eq!(summaries(&shown(&world, &talk).await).len(), 1);

        let off = {
            let mut config = config(&world.mock, Protocol::OpenAiChat);
            config.models.insert("mock/m".to_owned(), ModelFacts { window: Some(2_000), ..ModelFacts::default() });
            config.rolling_summaries = false;
            crate::world::feature(&world.test, config, world.tasks.clone())
        };
        let silent = World { llm: off, ..world };
        let talk = silent.facades().conversations.create(&silent.alice(), DraftConversation::default()).await.unwrap();
        for number in 0..8 {
            tell(&silent, &talk, long(number)).await;
        }
        assert_eq!(drain(&silent).await, 0);
        let page = PageRequest::first(50, Order::Asc);
        assert_eq!(silent.facades().messages.list(&silent.alice(), talk.id, false, page).await.unwrap().items.len(), 16);
    }
}
