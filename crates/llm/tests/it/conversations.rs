use core_feature::Feature as _;
use core_kernel::{Order, PageRequest, Visibility};
use core_testing::on_every_engine;
use futures_util::StreamExt;
use llm::chat::{Part, Role};
use llm::{
    Changes, ConversationFilter, Delivery, DraftConversation, GenerationEvent, GenerationState, LlmError, MessageId,
    MessageStatus, NewMessage, codes,
};
use mock_llm::Scenario;

use crate::world::{World, in_org, offline, say, world};

fn streamed() -> Delivery {
    Delivery { stream: true, repeat: None }
}

async fn texts(world: &World, conversation: llm::ConversationId, whole_tree: bool) -> Vec<String> {
    let page = PageRequest::first(100, Order::Asc);
    let messages = world.facades().messages.list(&world.alice(), conversation, whole_tree, page).await.unwrap();
    messages.items.iter().map(|message| text(&message.parts)).collect()
}

fn text(parts: &[Part]) -> String {
    parts.iter().filter_map(|part| if let Part::Text { text } = part { Some(text.as_str()) } else { None }).collect()
}

fn code(error: &LlmError) -> &'static str {
    core_kernel::DomainError::code(error).code
}

on_every_engine! {
    setup = world;

    async fn a_conversation_is_held_stored_and_sent_along(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let draft = DraftConversation { system_prompt: Some("Be brief.".into()), ..DraftConversation::default() };
        let conversation = facades.conversations.create(&alice, draft).await.unwrap();
        let first = facades.messages.send(&alice, conversation.id, say("How do I bake bread?"), Delivery::default()).await.unwrap();
        let outcome = first.outcome().await.unwrap();
        let answer = outcome.assistant_message.clone().unwrap();
        assert_eq!((answer.role, answer.status, text(&answer.parts).as_str()), (Role::Assistant, MessageStatus::Complete, Scenario::TEXT));
        assert_eq!((answer.model.as_deref(), answer.finish_reason.as_deref()), (Some("mock/m"), Some("stop")));
        facades.messages.send(&alice, conversation.id, say("And rolls?"), streamed()).await.unwrap().outcome().await.unwrap();
        assert_eq!(texts(&world, conversation.id, false).await, ["How do I bake bread?", Scenario::TEXT, "And rolls?", Scenario::TEXT]);
        let sent = world.mock.requests().pop().unwrap();
        let turns: Vec<_> = sent.body["messages"].as_array().unwrap().iter()
            .map(|turn| (turn["role"].as_str().unwrap().to_owned(), turn["content"].as_str().unwrap().to_owned())).collect();
        let turns: Vec<_> = turns.iter().map(|(role, content)| (role.as_str(), content.as_str())).collect();
        assert_eq!(turns, [("system", "Be brief."), ("user", "How do I bake bread?"), ("assistant", Scenario::TEXT), ("user", "And rolls?")]);
        let now = facades.conversations.get(&alice, conversation.id).await.unwrap();
        assert_eq!(now.title.as_deref(), Some("How do I bake bread?"));
        assert!(now.version > conversation.version);
    }

    async fn a_stream_tells_the_story_in_order_and_the_message_is_streaming_until_its_end(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let gate = world.mock.new_gate();
        world.play(Scenario::StallMidStream);
        let mut viewer = facades.messages.send(&alice, conversation.id, say("Hi"), streamed()).await.unwrap();
        let mut names = Vec::new();
        let start = viewer.next().await.unwrap().event;
        let GenerationEvent::Start { conversation: told, user_message, assistant_message, .. } = &start else { panic!("{start:?}") };
        assert_eq!((*told, text(&user_message.as_ref().unwrap().parts).as_str()), (Some(conversation.id), "Hi"));
        let page = PageRequest::first(10, Order::Asc);
        let stored = facades.messages.list(&alice, conversation.id, false, page).await.unwrap().items;
        assert_eq!((Some(stored[1].id), stored[1].status), (*assistant_message, MessageStatus::Streaming));
        let busy = facades.messages.send(&alice, conversation.id, say("Impatient"), streamed()).await.unwrap_err();
        assert_eq!(code(&busy), "llm.generation_running");
        gate.open();
        while let Some(event) = viewer.next().await {
            if names.last() != Some(&event.event.name()) {
                names.push(event.event.name());
            }
            if let GenerationEvent::Done { assistant_message, .. } = event.event {
                assert_eq!(assistant_message.unwrap().status, MessageStatus::Complete);
            }
        }
        assert_eq!(names, ["delta", "usage", "done"]);
    }

    async fn the_answer_is_finished_and_stored_when_everybody_has_left(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let gate = world.mock.new_gate();
        world.play(Scenario::StallMidStream);
        let viewer = facades.messages.send(&alice, conversation.id, say("Hi"), streamed()).await.unwrap();
        let id = viewer.generation();
        gate.reached().await;
        drop(viewer);
        gate.open();
        let events = facades.generations.attach(&alice, id, None).await.unwrap().collect::<Vec<_>>().await;
        assert!(matches!(events.last().unwrap().event, GenerationEvent::Done { .. }));
        assert_eq!(texts(&world, conversation.id, false).await, ["Hi", Scenario::TEXT]);
    }

    async fn a_broken_answer_is_kept_as_partial_and_can_be_continued_from(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        world.play(Scenario::EndWithoutEvidence);
        let outcome = facades.messages.send(&alice, conversation.id, say("Hi"), streamed()).await.unwrap().outcome().await.unwrap();
        let message = outcome.assistant_message.clone().unwrap();
        assert_eq!((outcome.settlement.state, message.status), (GenerationState::Truncated, MessageStatus::Partial));
        assert_eq!(text(&message.parts), Scenario::PARTIAL);
        world.play(Scenario::Ok);
        facades.messages.send(&alice, conversation.id, say("Go on"), streamed()).await.unwrap().outcome().await.unwrap();
        assert_eq!(texts(&world, conversation.id, false).await, ["Hi", Scenario::PARTIAL, "Go on", Scenario::TEXT]);
    }

    async fn branches_share_their_beginning_and_deleting_takes_what_is_below(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let send = async |text: &str, parent: Option<MessageId>| {
            let message = NewMessage { parent, ..say(text) };
            let outcome = facades.messages.send(&alice, conversation.id, message, streamed()).await.unwrap().outcome().await.unwrap();
            (outcome.user_message.clone().unwrap().id, outcome.assistant_message.clone().unwrap().id)
        };
        let (_, one) = send("1", None).await;
        let (two, two_answer) = send("2", Some(one)).await;
        let (three, _) = send("2b", Some(one)).await;
        send("3b", None).await;
        let text = Scenario::TEXT;
        assert_eq!(texts(&world, conversation.id, false).await, ["1", text, "2b", text, "3b", text]);
        assert_eq!(texts(&world, conversation.id, true).await.len(), 8);
        let changes = Changes { active_leaf: Some(two_answer), ..Changes::default() };
        facades.conversations.update(&alice, conversation.id, changes, None).await.unwrap();
        assert_eq!(texts(&world, conversation.id, false).await, ["1", text, "2", text]);
        facades.messages.delete(&alice, conversation.id, three).await.unwrap();
        assert_eq!(texts(&world, conversation.id, true).await, ["1", text, "2", text]);
        facades.messages.delete(&alice, conversation.id, two).await.unwrap();
        assert_eq!(texts(&world, conversation.id, false).await, ["1", text]);
        send("2c", None).await;
        assert_eq!(texts(&world, conversation.id, false).await, ["1", text, "2c", text]);
        let gone = facades.messages.delete(&alice, conversation.id, two).await.unwrap_err();
        assert_eq!(code(&gone), "llm.message_not_found");
        let lost = facades.messages.send(&alice, conversation.id, NewMessage { parent: Some(two), ..say("x") }, streamed()).await;
        assert_eq!(code(&lost.unwrap_err()), "llm.invalid");
    }

    async fn pages_of_a_branch_follow_each_other_in_both_orders(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        for number in 0..4 {
            facades.messages.send(&alice, conversation.id, say(&number.to_string()), streamed()).await.unwrap().outcome().await.unwrap();
        }
        for order in [Order::Asc, Order::Desc] {
            let mut page = PageRequest::first(3, order);
            let mut found = Vec::new();
            loop {
                let part = facades.messages.list(&alice, conversation.id, false, page).await.unwrap();
                found.extend(part.items.iter().map(|message| message.place.depth));
                match part.next {
                    Some(key) => page.after = Some(key),
                    None => break,
                }
            }
            let mut expected: Vec<i64> = (0..8).collect();
            if order == Order::Desc {
                expected.reverse();
            }
            assert_eq!(found, expected);
        }
    }

    async fn private_things_are_the_creators_alone_and_open_ones_the_organisations(world) {
        let facades = world.facades();
        let (alice, bob) = (in_org(&world.alice(), 500), in_org(&world.person(0xB0B), 500));
        let private = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let open = DraftConversation { visibility: Visibility::Org, title: Some("50% off_er".into()), ..DraftConversation::default() };
        let open = facades.conversations.create(&alice, open).await.unwrap();
        assert_eq!(code(&facades.conversations.get(&bob, private.id).await.unwrap_err()), "llm.conversation_not_found");
        let outcome = facades.messages.send(&bob, open.id, say("Hi"), streamed()).await.unwrap().outcome().await.unwrap();
        assert!(facades.generations.get(&alice, outcome.generation).await.is_ok());
        let hidden = facades.messages.send(&alice, private.id, say("Hi"), streamed()).await.unwrap().outcome().await.unwrap();
        assert_eq!(code(&facades.generations.get(&bob, hidden.generation).await.unwrap_err()), "llm.generation_not_found");
        let list = async |query: &str| {
            let filter = ConversationFilter { query: Some(query.into()), archived: None };
            facades.conversations.list(&bob, filter, PageRequest::default()).await.unwrap().items.len()
        };
        assert_eq!((list("").await, list("OFF_ER 50%").await, list("offXer").await), (1, 1, 0));
        assert_eq!(code(&facades.conversations.delete(&bob, open.id, None).await.unwrap_err()), "llm.not_creator");
        let close = Changes { visibility: Some(Visibility::Private), ..Changes::default() };
        assert_eq!(code(&facades.conversations.update(&bob, open.id, close, None).await.unwrap_err()), "llm.not_creator");
        assert_eq!(code(&facades.conversations.get(&world.alice(), open.id).await.unwrap_err()), "llm.conversation_not_found");
    }

    async fn a_change_from_an_old_version_is_refused(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let made = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let rename = |title: &str| Changes { title: Some(Some(title.into())), ..Changes::default() };
        let renamed = facades.conversations.update(&alice, made.id, rename("a"), Some(made.version)).await.unwrap();
        let stale = facades.conversations.update(&alice, made.id, rename("b"), Some(made.version)).await.unwrap_err();
        assert_eq!(code(&stale), "llm.conversation_changed");
        assert_eq!(code(&facades.conversations.delete(&alice, made.id, Some(made.version)).await.unwrap_err()), "llm.conversation_changed");
        facades.conversations.delete(&alice, made.id, Some(renamed.version)).await.unwrap();
        assert_eq!(code(&facades.conversations.get(&alice, made.id).await.unwrap_err()), "llm.conversation_not_found");
    }

    async fn deleting_a_conversation_stops_what_is_written_there_and_takes_its_words(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        world.play(Scenario::StallMidStream);
        let viewer = facades.messages.send(&alice, conversation.id, say("Hi"), streamed()).await.unwrap();
        let id = viewer.generation();
        world.mock.gate().reached().await;
        facades.conversations.delete(&alice, conversation.id, None).await.unwrap();
        viewer.outcome().await.unwrap();
        let row = facades.generations.get(&alice, id).await.unwrap();
        assert_eq!(row.state, GenerationState::Cancelled);
        assert!(row.text.is_empty(), "words of a deleted conversation: {}", row.text);
    }
}

on_every_engine! {
    setup = world;

    async fn a_member_who_is_forgotten_leaves_open_conversations_without_a_name(world) {
        let facades = world.facades();
        let (alice, own) = (in_org(&world.alice(), 500), world.alice());
        let bob = in_org(&world.person(0xB0B), 500);
        let open = DraftConversation { visibility: Visibility::Org, ..DraftConversation::default() };
        let open = facades.conversations.create(&alice, open).await.unwrap();
        let private = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let personal = facades.conversations.create(&own, DraftConversation::default()).await.unwrap();
        let outcome = facades.messages.send(&alice, open.id, say("Hi"), streamed()).await.unwrap().outcome().await.unwrap();
        world.llm.forget_member(alice.subject).await.unwrap();
        assert_eq!(code(&facades.conversations.get(&alice, private.id).await.unwrap_err()), "llm.conversation_not_found");
        assert!(facades.conversations.get(&own, personal.id).await.is_ok());
        assert!(facades.conversations.get(&bob, open.id).await.unwrap().created_by.get().is_nil());
        assert_eq!(code(&facades.generations.get(&alice, outcome.generation).await.unwrap_err()), "llm.generation_not_found");
        let page = PageRequest::first(10, Order::Asc);
        let left = facades.messages.list(&bob, open.id, false, page).await.unwrap().items;
        assert!(left.len() == 2 && left.iter().all(|message| message.created_by.get().is_nil()));
    }

    async fn a_whole_answer_is_published_with_its_message(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let outcome = facades.messages.send(&alice, conversation.id, say("Hi"), streamed()).await.unwrap().outcome().await.unwrap();
        core_jobs::Runner::new(world.test.db.clone(), core_jobs::Registry::default(), core_jobs::RunnerConfig::default()).drain().await.unwrap();
        let events = core_jobs::events_after(&world.test.db, 0, &[alice.owner], 10).await.unwrap();
        let message = outcome.assistant_message.clone().unwrap();
        assert_eq!((events.len(), events[0].r#type.as_str(), events[0].subject), (1, "conversation.message.completed", message.id.get()));
        assert_eq!(events[0].data["generation_id"], outcome.generation.to_string());
        assert!(events[0].is_created_by(alice.subject) && !events[0].is_shared());
    }

    async fn members_of_an_organisation_hear_of_answers_in_what_is_shared(world) {
        let (alice, facades) = (in_org(&world.alice(), 500), world.facades());
        let shared = DraftConversation { visibility: Visibility::Org, ..DraftConversation::default() };
        let conversation = facades.conversations.create(&alice, shared).await.unwrap();
        facades.messages.send(&alice, conversation.id, say("Hi"), streamed()).await.unwrap().outcome().await.unwrap();
        core_jobs::Runner::new(world.test.db.clone(), core_jobs::Registry::default(), core_jobs::RunnerConfig::default()).drain().await.unwrap();
        let events = core_jobs::events_after(&world.test.db, 0, &[alice.owner], 10).await.unwrap();
        assert!(events.len() == 1 && events[0].is_shared());
    }
}

on_every_engine! {
    setup = offline;

    async fn without_a_provider_the_message_is_kept_and_the_problem_names_it(world) {
        let (alice, facades) = (world.alice(), world.facades());
        let conversation = facades.conversations.create(&alice, DraftConversation::default()).await.unwrap();
        let error = facades.messages.send(&alice, conversation.id, say("Is anybody there?"), streamed()).await.unwrap_err();
        assert_eq!(code(&error), codes::PROVIDER_NOT_CONFIGURED.code);
        let LlmError::Unanswered { user_message, generation, .. } = error else { panic!("{error}") };
        let page = PageRequest::first(10, Order::Asc);
        let stored = facades.messages.list(&alice, conversation.id, false, page).await.unwrap().items;
        assert_eq!((stored.len(), stored[0].id.get()), (1, user_message));
        let row = facades.generations.get(&alice, llm::GenerationId(generation)).await.unwrap();
        assert_eq!((row.state, row.failure.unwrap().code), (GenerationState::Failed, &codes::PROVIDER_NOT_CONFIGURED));
        assert_eq!(facades.conversations.get(&alice, conversation.id).await.unwrap().title.as_deref(), Some("Is anybody there?"));
    }
}
