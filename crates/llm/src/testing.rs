//! The contract fixture: how the feature is built, planted and called by the suite of core-testing.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use core_egress::{Egress, EgressConfig};
use core_feature::{Effect, Tool};
use core_http::Installed;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use crate::permissions;
use crate::provider::{Line, ProviderKind, default_scripts};
use crate::{
    ArchivedMessage, Ask, ConversationArchive, Delivery, Deps, DraftConversation, DraftFact, Llm, LlmConfig, LlmError,
    MessageStatus, NewMessage, ProviderConfig, Tasks, chat, chat::Part, ledger,
};

/// The feature with a scripted provider that says `Hello, world!`.
#[derive(Debug)]
pub struct LlmFixture {
    feature: Arc<Llm>,
    world: World,
}

impl LlmFixture {
    /// Builds it on a world. Call it in the runtime that generations are to run on.
    ///
    /// # Errors
    /// When the tables can't be made.
    pub async fn new(world: World) -> Result<Self, String> {
        core_db::migrate(&world.db, &[ledger()]).await.map_err(|error| error.to_string())?;
        let mut config = LlmConfig::default();
        let mut demo = ProviderConfig::new(ProviderKind::Scripted, "");
        demo.scripts = default_scripts();
        let call = Line::ToolCall { name: "demo__note".to_owned(), arguments: json!({ "text": "Bricks" }) };
        demo.scripts.insert("noting".to_owned(), vec![call]);
        config.providers.insert("demo".to_owned(), demo);
        config.default_model = Some("demo/hello".to_owned());
        let egress = Egress::new(EgressConfig::default()).map_err(|error| error.to_string())?;
        let deps = Deps::new(world.db.clone(), egress, config, Tasks::here());
        deps.offers.fill(Vec::new(), vec![note_tool()]);
        Ok(Self { feature: Arc::new(Llm::new(deps)?), world })
    }

    async fn try_plant(&self, actor: &Actor) -> Result<Planted, LlmError> {
        let facades = self.feature.facades();
        let canary = format!("canary-{}", self.world.ambient.ids.next());
        let draft = DraftConversation { title: Some(canary.clone()), ..DraftConversation::default() };
        let conversation = facades.conversations.create(actor, draft).await?;
        let message = NewMessage { parts: vec![Part::text(format!("Hello, I am {canary}."))], ..NewMessage::default() };
        let answering = facades.messages.send(actor, conversation.id, message, Delivery::default()).await?;
        let outcome = answering.outcome().await;
        let message = outcome.as_ref().and_then(|outcome| outcome.user_message.clone());
        let ask = Ask { messages: vec![chat::Message::text(chat::Role::User, canary.clone())], ..Ask::default() };
        let asking = facades.completions.send_prompt(actor, ask, Delivery::default()).await?;
        let generation = asking.generation();
        asking.outcome().await;
        let draft = DraftFact { fact: format!("Is called {canary}."), ..DraftFact::default() };
        let fact = facades.memories.create(actor, draft).await?;
        let turns = (0..8).map(|number| ArchivedMessage {
            id: self.world.ambient.ids.next(),
            parent_id: None,
            role: chat::Role::User,
            parts: vec![Part::text(format!("Turn {number} of {canary}."))],
            status: MessageStatus::Complete,
            model: None,
        });
        let mut turns: Vec<ArchivedMessage> = turns.collect();
        let parents: Vec<_> = turns.iter().map(|turn| turn.id).collect();
        turns.iter_mut().skip(1).zip(parents).for_each(|(turn, parent)| turn.parent_id = Some(parent));
        let archive = ConversationArchive {
            format: "brickwork.conversation/1".to_owned(),
            title: None,
            system_prompt: None,
            model: None,
            metadata: None,
            active_leaf_id: None,
            messages: turns,
        };
        let long = facades.conversations.import(actor, archive).await?;
        facades.conversations.summarize(actor, long.id).await?;
        facades.templates.create(actor, "planted", "Hello.").await?;
        let draft = DraftConversation {
            model: Some("demo/noting".to_owned()),
            tools: vec!["demo.note".to_owned()],
            ..DraftConversation::default()
        };
        let noting = facades.conversations.create(actor, draft).await?;
        let asking = NewMessage { parts: vec![Part::text("Note it.")], ..NewMessage::default() };
        let waiting = facades.messages.send(actor, noting.id, asking, Delivery::default()).await?.outcome().await;
        let waiting = waiting.ok_or(LlmError::Plain(&crate::codes::INTERRUPTED))?;
        let asked = waiting.settlement.confirmations.first();
        let (call, token) = asked.map(|asked| (asked.call_id.clone(), asked.token.clone())).unwrap_or_default();
        let rows = BTreeMap::from([
            ("waiting", waiting.generation.to_string()),
            ("token", token),
            ("call", call),
            ("conversation", conversation.id.to_string()),
            ("message", message.map(|message| message.id.to_string()).unwrap_or_default()),
            ("generation", generation.to_string()),
            ("fact", fact.id.to_string()),
            ("long", long.id.to_string()),
        ]);
        let urls = vec![
            format!("/api/v1/llm/conversations/{}", conversation.id),
            format!("/api/v1/llm/conversations/{}/messages", conversation.id),
            format!("/api/v1/llm/generations/{generation}"),
            format!("/api/v1/llm/conversations/{}/export", long.id),
        ];
        Ok(Planted { rows, urls, canary })
    }
}

/// A tool that changes something, as a feature would hand it in.
fn note_tool() -> Tool {
    Tool {
        name: "demo.note",
        description: "Notes a text.",
        schema: || json!({ "type": "object", "properties": { "text": { "type": "string" } } }),
        permission: &permissions::CHAT,
        effect: Effect::Write,
        call: Arc::new(|_actor, arguments| Box::pin(async move { Ok(json!({ "noted": arguments })) })),
    }
}

#[async_trait]
impl Fixture for LlmFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        Arc::clone(&self.feature) as Arc<dyn Installed>
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        self.try_plant(actor).await.expect("rows can be planted through the facades")
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let conversation = || Sample::new().path("id", planted.row("conversation"));
        let generation = || Sample::new().path("id", planted.row("generation"));
        Some(match operation_id {
            "list_models" | "list_providers" | "list_conversations" => Sample::new(),
            "send_prompt" => Sample::new().json(json!({ "prompt": "Hello?" })),
            "chat_session" => Sample::new().json(json!({ "messages": [{ "role": "user", "content": "Hello?" }] })),
            "send_code_prompt" => Sample::new().json(json!({ "code": "fn main() {}", "context": "explain this code" })),
            "translate_instruction_to_code_prompt" => Sample::new().json(json!({ "instruction": "explain this code" })),
            "extract_json" => Sample::new().json(json!({ "text": "Here: {\"a\": 1}", "schema": { "type": "object" } })),
            "regenerate_message" => conversation().path("message_id", planted.row("message")).json(json!({ "temperature": 0.1 })),
            "conversation_context" | "export_conversation" => conversation(),
            "summarize_conversation" => Sample::new().path("id", planted.row("long")),
            "import_conversation" => Sample::new().json(json!({ "format": "brickwork.conversation/1", "messages": [] })),
            "list_memories" => Sample::new(),
            "create_memory" => Sample::new().json(json!({ "fact": "Likes walls." })),
            "update_memory" => Sample::new().path("id", planted.row("fact")).json(json!({ "fact": "Likes arches." })),
            "delete_memory" => Sample::new().path("id", planted.row("fact")),
            "decide_tool_call" => Sample::new()
                .path("id", planted.row("waiting"))
                .path("call_id", planted.row("call"))
                .json(json!({ "decision": "approve", "token": planted.row("token") })),
            "list_templates" => Sample::new(),
            "create_template" => Sample::new().json(json!({ "name": "greeting", "text": "Hello {{ name }}" })),
            "get_template" => Sample::new().path("name", "planted"),
            "render_template" => Sample::new().path("name", "planted").json(json!({ "variables": {} })),
            "create_embeddings" => Sample::new().json(json!({ "input": ["Bricks", "Mortar"] })),
            "count_tokens" => Sample::new().json(json!({ "text": "How many?" })),
            "summarize" => Sample::new().json(json!({ "text": "One thing. Another thing.", "max_sentences": 1 })),
            "create_conversation" => Sample::new().json(json!({ "title": "A title", "metadata": { "a": 1 } })),
            "get_conversation" | "delete_conversation" | "list_messages" => conversation(),
            "update_conversation" => conversation().json(json!({ "title": "Another title", "pinned": true })),
            "send_message" => conversation().json(json!({ "content": "And now?" })),
            "delete_message" => conversation().path("message_id", planted.row("message")),
            "get_generation" | "stop_generation" | "generation_events" => generation(),
            _ => return None,
        })
    }
}
