use std::sync::Arc;

use core_egress::{Egress, EgressConfig};
use core_kernel::{Actor, Owner, UserId};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use llm::chat::{Message, Part, Role};
use llm::provider::ProviderKind;
use llm::{Ask, Delivery, Deps, Facades, Llm, LlmConfig, NewMessage, Outcome, Ports, ProviderConfig, Tasks, Viewer, permissions};
use mock_llm::{MockLlm, Protocol, Scenario};
use uuid::Uuid;

/// The feature on a fresh database, with the mock as its only provider.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) llm: Arc<Llm>,
    pub(crate) mock: MockLlm,
    pub(crate) tasks: Tasks,
}

pub(crate) fn config(mock: &MockLlm, protocol: Protocol) -> LlmConfig {
    let kind = match protocol {
        Protocol::Gemini => ProviderKind::Gemini,
        Protocol::OpenAiChat => ProviderKind::Openai,
        Protocol::OpenAiResponses => ProviderKind::OpenaiResponses,
        Protocol::Anthropic => ProviderKind::Anthropic,
        Protocol::Ollama => ProviderKind::Ollama,
    };
    let mut provider = ProviderConfig::new(kind, "sk-canary-key");
    provider.base_url = Some(mock.base_url(protocol));
    provider.models = vec!["m".to_owned()];
    let mut config = LlmConfig::default();
    config.providers.insert("mock".to_owned(), provider);
    config.retry.base_ms = 1;
    config
}

pub(crate) async fn world_with(engine: &Engine, change: impl FnOnce(&MockLlm) -> LlmConfig) -> World {
    let test = TestDb::fresh(engine, vec![llm::ledger()]).await.unwrap();
    let mock = MockLlm::start().await.unwrap();
    let tasks = Tasks::here();
    let llm = feature(&test, change(&mock), tasks.clone());
    World { test, llm, mock, tasks }
}

pub(crate) fn feature(test: &TestDb, config: LlmConfig, tasks: Tasks) -> Arc<Llm> {
    Arc::new(Llm::new(deps(test, config, tasks)).unwrap())
}

pub(crate) fn deps(test: &TestDb, config: LlmConfig, tasks: Tasks) -> Deps {
    Deps::new(test.db.clone(), Egress::new(EgressConfig::default()).unwrap(), config, tasks)
}

/// The default with what other features answer.
pub(crate) async fn world_with_ports(engine: &Engine, ports: Ports) -> World {
    let mut world = world(engine).await;
    let config = config(&world.mock, Protocol::OpenAiChat);
    let deps = Deps { ports, ..deps(&world.test, config, world.tasks.clone()) };
    world.llm = Arc::new(Llm::new(deps).unwrap());
    world
}

/// The default: OpenAI chat, everything goes well.
pub(crate) async fn world(engine: &Engine) -> World {
    let world = world_with(engine, |mock| config(mock, Protocol::OpenAiChat)).await;
    world.mock.play(Protocol::OpenAiChat, Scenario::Ok);
    world
}

/// The default with changed settings. A call is tried once.
pub(crate) async fn once(engine: &Engine, change: impl FnOnce(&mut LlmConfig)) -> World {
    let world = world_with(engine, |mock| {
        let mut config = config(mock, Protocol::OpenAiChat);
        config.retry.attempts = 1;
        change(&mut config);
        config
    })
    .await;
    world.play(Scenario::Ok);
    world
}

pub(crate) async fn offline(engine: &Engine) -> World {
    world_with(engine, |_| LlmConfig::default()).await
}

impl World {
    pub(crate) fn facades(&self) -> &Facades {
        self.llm.facades()
    }

    pub(crate) fn play(&self, scenario: Scenario) {
        self.mock.play(Protocol::OpenAiChat, scenario);
    }

    pub(crate) fn alice(&self) -> Actor {
        self.person(0xA11CE)
    }

    pub(crate) fn person(&self, number: u128) -> Actor {
        let rights = [&permissions::CHAT, &permissions::READ];
        FixedActors::person(UserId(Uuid::from_u128(number)), &rights, self.test.db.ambient().now())
    }

    pub(crate) async fn ask(&self, stream: bool) -> Viewer {
        let delivery = Delivery { stream, repeat: None };
        self.facades().completions.send_prompt(&self.alice(), question(), delivery).await.unwrap()
    }

    pub(crate) async fn outcome(&self, stream: bool) -> Arc<Outcome> {
        self.ask(stream).await.outcome().await.unwrap()
    }
}

pub(crate) fn question() -> Ask {
    Ask { messages: vec![Message::text(Role::User, "Hi?")], temperature: Some(0.5), ..Ask::default() }
}

pub(crate) fn say(text: &str) -> NewMessage {
    NewMessage { parts: vec![Part::text(text)], ..NewMessage::default() }
}

pub(crate) fn in_org(actor: &Actor, org: u128) -> Actor {
    Actor { owner: Owner(Uuid::from_u128(org)), ..actor.clone() }
}
