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
    ArchivedMessage, Ask, ConversationArchive, ConversationId, Delivery, Deps, DraftConversation, DraftFact, GenerationId, Llm,
    LlmConfig, LlmError, MessageStatus, NewMessage, PolicyRules, PolicyScope, ProviderConfig, Tasks, chat, chat::Part, ledger,
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

    /// A conversation that is long enough to be summarised.
    async fn plant_long(&self, actor: &Actor, canary: &str) -> Result<ConversationId, LlmError> {
        let facades = self.feature.facades();
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
        Ok(long.id)
    }

    /// A tool call that waits: its generation, its id, its token.
    async fn plant_waiting(&self, actor: &Actor) -> Result<(GenerationId, String, String), LlmError> {
        let facades = self.feature.facades();
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
        Ok((waiting.generation, call, token))
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
        let long = self.plant_long(actor, &canary).await?;
        facades.templates.create(actor, "planted", "Hello.").await?;
        let (waiting, call, token) = self.plant_waiting(actor).await?;
        let root = Actor::system("llm", actor.owner);
        let subject = self.world.ambient.ids.next();
        facades.policies.put(&root, PolicyScope::User, subject, PolicyRules::default(), None).await?;
        facades.policies.put(&root, PolicyScope::Default, uuid::Uuid::nil(), PolicyRules::default(), None).await?;
        let rows = BTreeMap::from([
            ("planted_for", subject.to_string()),
            ("waiting", waiting.to_string()),
            ("token", token),
            ("call", call),
            ("conversation", conversation.id.to_string()),
            ("message", message.map(|message| message.id.to_string()).unwrap_or_default()),
            ("generation", generation.to_string()),
            ("fact", fact.id.to_string()),
            ("long", long.to_string()),
        ]);
        let urls = vec![
            format!("/api/v1/llm/conversations/{}", conversation.id),
            format!("/api/v1/llm/conversations/{}/messages", conversation.id),
            format!("/api/v1/llm/generations/{generation}"),
            format!("/api/v1/llm/conversations/{long}/export"),
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
        let policy = || Sample::new().path("scope", "user").path("id", planted.row("planted_for"));
        let generation = || Sample::new().path("id", planted.row("generation"));
        Some(match operation_id {
            "list_models"
            | "list_providers"
            | "list_conversations"
            | "list_memories"
            | "list_templates"
            | "openai_list_models"
            | "get_llm_default_policy"
            | "delete_llm_default_policy" => Sample::new(),
            "send_prompt" => Sample::new().json(json!({ "prompt": "Hello?" })),
            "chat_session" => Sample::new().json(json!({ "messages": [{ "role": "user", "content": "Hello?" }] })),
            "send_code_prompt" => Sample::new().json(json!({ "code": "fn main() {}", "context": "explain this code" })),
            "translate_instruction_to_code_prompt" => Sample::new().json(json!({ "instruction": "explain this code" })),
            "extract_json" => Sample::new().json(json!({ "text": "Here: {\"a\": 1}", "schema": { "type": "object" } })),
            "regenerate_message" => conversation().path("message_id", planted.row("message")).json(json!({ "temperature": 0.1 })),
            "summarize_conversation" => Sample::new().path("id", planted.row("long")),
            "import_conversation" => Sample::new().json(json!({ "format": "brickwork.conversation/1", "messages": [] })),
            "create_memory" => Sample::new().json(json!({ "fact": "Likes walls." })),
            "update_memory" => Sample::new().path("id", planted.row("fact")).json(json!({ "fact": "Likes arches." })),
            "delete_memory" => Sample::new().path("id", planted.row("fact")),
            "put_llm_default_policy" => Sample::new().json(json!({ "rpm": 1000 })),
            "get_llm_policy" | "delete_llm_policy" => policy(),
            "put_llm_policy" => policy().json(json!({ "budget_micros": 1_000_000, "period": "day" })),
            "llm_usage" => Sample::new().query("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&group_by=model"),
            "openai_get_model" => Sample::new().path("model", "demo/hello"),
            "openai_chat_completions" => {
                Sample::new().json(json!({ "model": "default", "messages": [{ "role": "user", "content": "Hello?" }] }))
            }
            "openai_responses" => Sample::new().json(json!({ "model": "default", "input": "Hello?" })),
            "openai_embeddings" => Sample::new().json(json!({ "model": "default", "input": "Bricks" })),
            "decide_tool_call" => Sample::new()
                .path("id", planted.row("waiting"))
                .path("call_id", planted.row("call"))
                .json(json!({ "decision": "approve", "token": planted.row("token") })),
            "create_template" => Sample::new().json(json!({ "name": "greeting", "text": "Hello {{ name }}" })),
            "get_template" => Sample::new().path("name", "planted"),
            "render_template" => Sample::new().path("name", "planted").json(json!({ "variables": {} })),
            "create_embeddings" => Sample::new().json(json!({ "input": ["Bricks", "Mortar"] })),
            "count_tokens" => Sample::new().json(json!({ "text": "How many?" })),
            "summarize" => Sample::new().json(json!({ "text": "One thing. Another thing.", "max_sentences": 1 })),
            "create_conversation" => Sample::new().json(json!({ "title": "A title", "metadata": { "a": 1 } })),
            "get_conversation" | "delete_conversation" | "list_messages" | "conversation_context" | "export_conversation" => {
                conversation()
            }
            "update_conversation" => conversation().json(json!({ "title": "Another title", "pinned": true })),
            "send_message" => conversation().json(json!({ "content": "And now?" })),
            "delete_message" => conversation().path("message_id", planted.row("message")),
            "get_generation" | "stop_generation" | "generation_events" => generation(),
            _ => return None,
        })
    }
}
