//! The contract fixture: how the feature is built, planted and called by the suite of core-testing.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use core_egress::{Egress, EgressConfig};
use core_http::Installed;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use crate::provider::ProviderKind;
use crate::{
    Ask, Delivery, Deps, DraftConversation, Llm, LlmConfig, LlmError, NewMessage, ProviderConfig, Tasks, chat, chat::Part, ledger,
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
        config.providers.insert("demo".to_owned(), ProviderConfig::new(ProviderKind::Scripted, ""));
        config.default_model = Some("demo/hello".to_owned());
        let deps = Deps {
            db: world.db.clone(),
            egress: Egress::new(EgressConfig::default()).map_err(|error| error.to_string())?,
            config,
            tasks: Tasks::here(),
            own_models: Vec::new(),
        };
        Ok(Self { feature: Arc::new(Llm::new(deps)?), world })
    }

    async fn try_plant(&self, actor: &Actor) -> Result<Planted, LlmError> {
        let facades = self.feature.facades();
        let canary = format!("canary-{}", self.world.ambient.ids.next());
        let draft = DraftConversation { title: Some(canary.clone()), ..DraftConversation::default() };
        let conversation = facades.conversations.create(actor, draft).await?;
        let message = NewMessage {
            parts: vec![Part::text(format!("Hello, I am {canary}."))],
            parent: None,
            model: None,
            temperature: None,
            max_output_tokens: None,
        };
        let answering = facades.messages.send(actor, conversation.id, message, Delivery::default()).await?;
        let outcome = answering.outcome().await;
        let message = outcome.as_ref().and_then(|outcome| outcome.user_message.clone());
        let ask = Ask { messages: vec![chat::Message::text(chat::Role::User, canary.clone())], ..Ask::default() };
        let asking = facades.completions.send_prompt(actor, ask, Delivery::default()).await?;
        let generation = asking.generation();
        asking.outcome().await;
        let rows = BTreeMap::from([
            ("conversation", conversation.id.to_string()),
            ("message", message.map(|message| message.id.to_string()).unwrap_or_default()),
            ("generation", generation.to_string()),
        ]);
        let urls = vec![
            format!("/api/v1/llm/conversations/{}", conversation.id),
            format!("/api/v1/llm/conversations/{}/messages", conversation.id),
            format!("/api/v1/llm/generations/{generation}"),
        ];
        Ok(Planted { rows, urls, canary })
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
