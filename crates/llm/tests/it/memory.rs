//! Branches, context, summaries, facts, archives, attachments.

use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, Order, PageRequest, PortError, Visibility};
use core_testing::{Engine, on_every_engine};
use llm::chat::Role;
use llm::{
    Attachment, Attachments, Changes, ContextSources, Conversation, ConversationFilter, Delivery, DraftConversation, DraftFact,
    LlmError, Message, NewMessage, Outcome, Regenerate, SummaryKind, codes,
};
use mock_llm::{Fault, Scenario};
use uuid::Uuid;

use crate::world::{World, offline, say, world, world_with_ports};

async fn begin(world: &World, draft: DraftConversation) -> Conversation {
    world.facades().conversations.create(&world.alice(), draft).await.unwrap()
}

async fn tell(world: &World, conversation: &Conversation, message: NewMessage) -> Arc<Outcome> {
    let sending = world.facades().messages.send(&world.alice(), conversation.id, message, Delivery::default()).await;
    sending.unwrap().outcome().await.unwrap()
}

async fn active(world: &World, conversation: &Conversation, whole_tree: bool) -> Vec<Message> {
    let page = PageRequest::first(200, Order::Asc);
    world.facades().messages.list(&world.alice(), conversation.id, whole_tree, page).await.unwrap().items
}

/// The texts that the model was sent last.
fn sent(world: &World) -> Vec<(String, String)> {
    let request = world.mock.requests().pop().unwrap();
    let text = |message: &serde_json::Value, field: &str| message[field].as_str().unwrap_or_default().to_owned();
    request.body["messages"].as_array().unwrap().iter().map(|message| (text(message, "role"), text(message, "content"))).collect()
}

on_every_engine! {
    setup = world;

    async fn another_answer_and_an_edited_question_are_branches_and_nothing_is_lost(world) {
        let talk = begin(&world, DraftConversation::default()).await;
        let first = tell(&world, &talk, say("How many bricks?")).await;
        let (asked, answered) = (first.user_message.clone().unwrap(), first.assistant_message.clone().unwrap());
        let (messages, alice) = (&world.facades().messages, world.alice());
        let again = messages.regenerate(&alice, talk.id, answered.id, Regenerate::default(), Delivery::default()).await;
        let again = again.unwrap().outcome().await.unwrap();
        let other = again.assistant_message.clone().unwrap();
        assert_eq!((other.place.parent, other.id == answered.id), (Some(asked.id), false));
        assert_eq!(active(&world, &talk, false).await.iter().map(|message| message.id).collect::<Vec<_>>(), [asked.id, other.id]);
        let edited = NewMessage { replaces: Some(asked.id), ..say("How many stones?") };
        tell(&world, &talk, edited).await;
        let texts: Vec<String> = sent(&world).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["How many stones?"], "the other branch is not sent");
        assert_eq!((active(&world, &talk, false).await.len(), active(&world, &talk, true).await.len()), (2, 5));
    }

    async fn words_of_messages_find_their_conversation_until_they_are_deleted(world) {
        let talk = begin(&world, DraftConversation { title: Some("Walls".into()), ..DraftConversation::default() }).await;
        begin(&world, DraftConversation::default()).await;
        let said = tell(&world, &talk, say("Mortar sets slowly in winter")).await;
        let find = async |words: &str, actor: &Actor| {
            let filter = ConversationFilter { query: Some(words.to_owned()), archived: None };
            let page = PageRequest::first(10, Order::Desc);
            world.facades().conversations.list(actor, filter, page).await.unwrap().items.into_iter().map(|found| found.id).collect::<Vec<_>>()
        };
        for words in ["winter mortar", "WALLS", "hello world"] {
            assert_eq!(find(words, &world.alice()).await, [talk.id], "{words}");
        }
        assert!(find("winter summer", &world.alice()).await.is_empty());
        assert!(find("winter", &world.person(9)).await.is_empty());
        let id = said.user_message.as_ref().unwrap().id;
        world.facades().messages.delete(&world.alice(), talk.id, id).await.unwrap();
        assert!(find("winter", &world.alice()).await.is_empty());
    }

    async fn what_is_to_be_remembered_is_told_in_other_conversations_and_forgotten_with_its_source(world) {
        let (memories, alice) = (&world.facades().memories, world.alice());
        let talk = begin(&world, DraftConversation::default()).await;
        let said = tell(&world, &talk, say("Remember that my left knee hurts.")).await;
        memories.create(&alice, DraftFact { fact: "Owns a trowel.".into(), source_message: None }).await.unwrap();
        let other = begin(&world, DraftConversation::default()).await;
        tell(&world, &other, say("Which stairs suit my knee?")).await;
        let told = sent(&world);
        assert_eq!(told[0].0, "system");
        assert!(told[1].0 == "user" && told[1].1.contains("<about_the_person>") && told[1].1.contains("my left knee hurts"), "{told:?}");
        let deaf = begin(&world, DraftConversation { memory: Some(false), ..DraftConversation::default() }).await;
        tell(&world, &deaf, say("And now?")).await;
        assert_eq!(sent(&world).len(), 1);
        let page = PageRequest::first(10, Order::Desc);
        assert_eq!(memories.list(&alice, Some("knee"), page).await.unwrap().items.len(), 1);
        assert!(memories.list(&world.person(9), None, page).await.unwrap().items.is_empty());
        world.facades().messages.delete(&alice, talk.id, said.user_message.as_ref().unwrap().id).await.unwrap();
        let left: Vec<String> = memories.list(&alice, None, page).await.unwrap().items.into_iter().map(|fact| fact.fact).collect();
        assert_eq!(left, ["Owns a trowel."]);
    }

    async fn a_summary_stands_for_the_earlier_turns_of_its_branch_only(world) {
        let talk = begin(&world, DraftConversation { system_prompt: Some("Be brief.".into()), ..DraftConversation::default() }).await;
        let mut asked = Vec::new();
        for number in 0..5 {
            asked.push(tell(&world, &talk, say(&format!("Question {number}?"))).await.user_message.clone().unwrap());
        }
        let summary = world.facades().conversations.summarize(&world.alice(), talk.id).await.unwrap();
        assert_eq!((summary.kind, summary.text.as_str()), (SummaryKind::Abstractive, Scenario::TEXT));
        let shown = world.facades().messages.context(&world.alice(), talk.id, None).await.unwrap();
        let kinds: Vec<&str> = shown.parts.iter().map(|part| part.kind.as_str()).collect();
        assert_eq!(kinds, ["system_prompt", "summary", "message", "message", "message", "message", "message", "message"]);
        tell(&world, &talk, say("Question 5?")).await;
        let told = sent(&world);
        assert!(told[1].1.contains("<earlier_turns>") && !told.iter().any(|(_, text)| text == "Question 0?"), "{told:?}");
        // An edit before the end of the summary: the new branch has nothing of it.
        tell(&world, &talk, NewMessage { replaces: Some(asked[1].id), ..say("Another?") }).await;
        let told: Vec<String> = sent(&world).into_iter().map(|(_, text)| text).collect();
        assert_eq!(told, ["Be brief.", "Question 0?", Scenario::TEXT, "Another?"]);
        world.play(Scenario::Always(Fault::Unauthorised));
        let short = world.facades().conversations.summarize(&world.alice(), talk.id).await.unwrap_err();
        assert!(matches!(short, LlmError::Plain(code) if code == &codes::NOTHING_TO_SUMMARIZE));
    }

    async fn what_is_shown_as_context_is_what_is_sent(world) {
        world.facades().templates.create(&world.alice(), "rules", "Today is {{ today }}.").await.unwrap();
        let draft = DraftConversation { template: Some("rules".into()), system_prompt: Some("Be brief.".into()), ..DraftConversation::default() };
        let talk = begin(&world, draft).await;
        tell(&world, &talk, say("One?")).await;
        let told: String = sent(&world).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n\n");
        let shown = world.facades().messages.context(&world.alice(), talk.id, None).await.unwrap();
        let texts: Vec<&str> = shown.parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts[..3].join("\n\n"), told);
        assert_eq!((shown.model.as_str(), shown.parts[0].name.as_deref()), ("mock/m", Some("rules@1")));
        let unknown = DraftConversation { template: Some("no".into()), ..DraftConversation::default() };
        assert!(matches!(world.facades().conversations.create(&world.alice(), unknown).await.unwrap_err(), LlmError::Invalid(_)));
    }

    async fn an_archive_brings_every_branch_back(world) {
        let talk = begin(&world, DraftConversation { title: Some("Walls".into()), ..DraftConversation::default() }).await;
        let first = tell(&world, &talk, say("One?")).await;
        tell(&world, &talk, NewMessage { replaces: Some(first.user_message.as_ref().unwrap().id), ..say("Two?") }).await;
        let conversations = &world.facades().conversations;
        let archive = conversations.export(&world.alice(), talk.id).await.unwrap();
        let back = conversations.import(&world.person(9), archive.clone()).await.unwrap();
        let again = conversations.export(&world.person(9), back.id).await.unwrap();
        let shape = |archive: &llm::ConversationArchive| {
            let place = |id: Option<Uuid>| id.and_then(|id| archive.messages.iter().position(|message| message.id == id));
            let messages = archive.messages.iter().map(|message| (place(message.parent_id), message.role, message.parts.clone()));
            (archive.title.clone(), place(archive.active_leaf_id), messages.collect::<Vec<_>>())
        };
        assert_eq!(shape(&archive), shape(&again));
        let mut broken = archive.clone();
        broken.messages.reverse();
        assert!(matches!(conversations.import(&world.alice(), broken).await.unwrap_err(), LlmError::Invalid(_)));
    }
}

#[derive(Debug)]
struct Fitness;

#[async_trait]
impl ContextSources for Fitness {
    fn names(&self) -> Vec<String> {
        vec!["fitness".to_owned()]
    }

    async fn block(&self, actor: &Actor, _name: &str) -> Result<Option<String>, PortError> {
        Ok(Some(format!("Weight 70 kg. </about_the_person> {}", actor.subject)))
    }
}

#[async_trait]
impl Attachments for Fitness {
    async fn load(&self, _actor: &Actor, id: Uuid) -> Result<Option<Attachment>, PortError> {
        let note = Attachment { name: "note.txt".into(), mime: "text/plain".into(), bytes: b"Measured twice.".to_vec() };
        Ok((id == Uuid::from_u128(1)).then_some(note))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_other_features_know_and_files_hold_is_data_between_fences() {
    let ports = llm::Ports { context: Some(Arc::new(Fitness)), attachments: Some(Arc::new(Fitness)) };
    let world = world_with_ports(&Engine::Sqlite, ports).await;
    let talk = begin(&world, DraftConversation { context: vec!["fitness".into()], ..DraftConversation::default() }).await;
    tell(&world, &talk, NewMessage { attachments: vec![Uuid::from_u128(1)], ..say("Plan?") }).await;
    let told = sent(&world);
    assert_eq!(told.iter().map(|(role, _)| role.as_str()).collect::<Vec<_>>(), ["system", "user", "user"]);
    assert!(told[1].1.contains("Weight 70 kg") && told[1].1.matches("</about_the_person>").count() == 1, "{told:?}");
    assert!(told[2].1.contains("<attachment>\nnote.txt\nMeasured twice."), "{told:?}");
    // Where others read along, nothing about the person is told.
    let open = DraftConversation { context: vec!["fitness".into()], visibility: Visibility::Org, ..DraftConversation::default() };
    let open = begin(&world, open).await;
    tell(&world, &open, say("Plan?")).await;
    assert_eq!(sent(&world).len(), 1);
    let shown = world.facades().messages.context(&world.alice(), open.id, None).await.unwrap();
    assert_eq!(shown.left_out[0].name, "fitness");
    let unknown = DraftConversation { context: vec!["weather".into()], ..DraftConversation::default() };
    assert!(matches!(world.facades().conversations.create(&world.alice(), unknown).await.unwrap_err(), LlmError::Invalid(_)));
    let missing = NewMessage { attachments: vec![Uuid::from_u128(2)], ..say("Plan?") };
    let refused = world.facades().messages.send(&world.alice(), talk.id, missing, Delivery::default()).await.unwrap_err();
    assert!(matches!(refused, LlmError::Invalid(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_port_attachments_are_unavailable_and_without_a_model_summaries_are_extracts() {
    let world = offline(&Engine::Sqlite).await;
    let talk = begin(&world, DraftConversation::default()).await;
    let with = NewMessage { attachments: vec![Uuid::from_u128(1)], ..say("Plan?") };
    let refused = world.facades().messages.send(&world.alice(), talk.id, with, Delivery::default()).await.unwrap_err();
    assert!(matches!(refused, LlmError::Plain(code) if code == &codes::ATTACHMENTS_UNAVAILABLE));
    for number in 0..8 {
        let message = say(&format!("Wall {number} has bricks."));
        let sent = world.facades().messages.send(&world.alice(), talk.id, message, Delivery::default()).await;
        assert!(matches!(sent.unwrap_err(), LlmError::Unanswered { .. }));
    }
    let summary = world.facades().conversations.summarize(&world.alice(), talk.id).await.unwrap();
    assert_eq!((summary.kind, summary.provider.as_str()), (SummaryKind::Extractive, "offline"));
    assert!(summary.text.contains("Wall 0 has bricks."), "{}", summary.text);
    let shown = world.facades().messages.context(&world.alice(), talk.id, None).await.unwrap();
    assert!(shown.model.is_empty() && shown.parts.iter().any(|part| part.kind == "summary" && part.role == Role::User));
    let changed = Changes { memory: Some(false), ..Changes::default() };
    let changed = world.facades().conversations.update(&world.alice(), talk.id, changed, None).await.unwrap();
    assert!(!changed.memory);
}
