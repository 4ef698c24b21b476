use std::sync::Arc;

use async_trait::async_trait;
use core_cluster::Cluster;
use core_db::{Db, DbError, Ledger};
use core_egress::Egress;
use core_feature::{ExportError, ExportSink, Feature, Template};
use core_jobs::{EventType, Handler, Schedule};
use core_kernel::{Owner, Permission, ProblemCode, UserId, Visibility};

use crate::completions::CompletionService;
use crate::config::LlmConfig;
use crate::conversations::ConversationService;
use crate::engine::{Engine, MESSAGE_COMPLETED, Tasks, completed_data};
use crate::error::codes;
use crate::generations::{self, GenerationService};
use crate::limits::PolicyService;
use crate::measuring::MeasuringService;
use crate::memory::{FactService, SummaryService, recall, rolling};
use crate::messages::MessageService;
use crate::models::ModelService;
use crate::ports::Ports;
use crate::provider::ChatModel;
use crate::routing::Router;
use crate::service::{Completions, Conversations, Generations, Measuring, Memories, Messages, Models, Policies, Templates};
use crate::store::privacy;
use crate::templates::{OWN, Offers, TemplateService};
use crate::{ConversationId, GenerationId, MessageId, migrations, permissions};

/// What the feature is built from.
#[derive(Debug)]
pub struct Deps {
    /// The database; time, ids and randomness come with it.
    pub db: Db,
    /// Outgoing HTTP.
    pub egress: Egress,
    /// Settings, validated.
    pub config: LlmConfig,
    /// Where generations run.
    pub tasks: Tasks,
    /// Adapters that the program brings, before the configured providers.
    pub own_models: Vec<Arc<dyn ChatModel>>,
    /// What features hand in: filled when all of them are built.
    pub offers: Offers,
    /// What other features answer.
    pub ports: Ports,
    /// What replicas share: requests and tokens a minute are counted there.
    pub cluster: Cluster,
}

impl Deps {
    /// What there must be; everything else as it is for a program with this feature alone.
    pub fn new(db: Db, egress: Egress, config: LlmConfig, tasks: Tasks) -> Self {
        let cluster = Cluster::in_memory(Arc::clone(&db.ambient().clock));
        Self { db, egress, config, tasks, own_models: Vec::new(), offers: Offers::default(), ports: Ports::default(), cluster }
    }
}

/// The facades, for handlers, other features' adapters and tests.
#[derive(Clone)]
pub struct Facades {
    /// Conversations.
    pub conversations: Arc<dyn Conversations>,
    /// Their messages.
    pub messages: Arc<dyn Messages>,
    /// Questions outside conversations.
    pub completions: Arc<dyn Completions>,
    /// The ledger.
    pub generations: Arc<dyn Generations>,
    /// What somebody may use, and what they used.
    pub policies: Arc<dyn Policies>,
    /// Remembered facts.
    pub memories: Arc<dyn Memories>,
    /// Prompt templates.
    pub templates: Arc<dyn Templates>,
    /// Vectors and counts.
    pub measuring: Arc<dyn Measuring>,
    /// What is configured.
    pub models: Arc<dyn Models>,
}

/// The feature.
pub struct Llm {
    facades: Facades,
    engine: Arc<Engine>,
    summaries: Arc<SummaryService>,
    /// How long an operation may wait for a whole answer.
    #[cfg(feature = "http")]
    pub(crate) patience: std::time::Duration,
}

/// What an operation may take beyond the model: reading, storing, answering.
#[cfg(feature = "http")]
const MARGIN: std::time::Duration = std::time::Duration::from_secs(10);

impl Llm {
    /// Sets it up. The error names the setting at fault; [`LlmConfig::validate`] finds all of them.
    pub fn new(deps: Deps) -> Result<Self, String> {
        let config = deps.config.clone();
        let router = Arc::new(Router::new(&config, deps.own_models.clone(), &deps.egress, deps.db.ambient())?);
        let engine = Engine::new(Arc::clone(&router), deps);
        let completions = Arc::new(CompletionService { engine: Arc::clone(&engine), router: Arc::clone(&router) });
        let summaries = Arc::new(SummaryService {
            engine: Arc::clone(&engine),
            router: Arc::clone(&router),
            completions: Arc::clone(&completions),
        });
        let messages = Arc::new(MessageService { engine: Arc::clone(&engine), router: Arc::clone(&router) });
        let facades = Facades {
            conversations: Arc::new(ConversationService { engine: Arc::clone(&engine), summaries: Arc::clone(&summaries) }),
            policies: Arc::new(PolicyService { engine: Arc::clone(&engine) }),
            memories: Arc::new(FactService { engine: Arc::clone(&engine) }),
            messages: Arc::clone(&messages) as Arc<dyn Messages>,
            completions,
            generations: Arc::new(GenerationService { engine: Arc::clone(&engine), messages }),
            templates: Arc::new(TemplateService { engine: Arc::clone(&engine) }),
            measuring: Arc::new(MeasuringService {
                engine: Arc::clone(&engine),
                router: Arc::clone(&router),
                embedding_model: config.embedding_model.clone(),
            }),
            models: Arc::new(ModelService { router }),
        };
        Ok(Self {
            facades,
            engine,
            summaries,
            #[cfg(feature = "http")]
            patience: config.timeouts.total() + MARGIN,
        })
    }

    /// The facades.
    pub fn facades(&self) -> &Facades {
        &self.facades
    }

    /// How many generations run in this process now.
    pub fn running(&self) -> usize {
        self.engine.running()
    }

    /// Settles generations whose process was killed; the schedule does it every minute. Gives how many there were.
    pub async fn settle_orphans(&self) -> Result<usize, DbError> {
        generations::settle_orphans(&self.engine).await
    }
}

impl std::fmt::Debug for Llm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Llm").finish_non_exhaustive()
    }
}

#[async_trait]
impl Feature for Llm {
    fn name(&self) -> &'static str {
        "llm"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        vec![
            generations::handler(Arc::clone(&self.engine)),
            rolling::handler(Arc::clone(&self.summaries)),
            recall::handler(Arc::clone(&self.engine)),
        ]
    }

    fn schedules(&self) -> Vec<Schedule> {
        generations::schedule().into_iter().collect()
    }

    fn events(&self) -> Vec<EventType> {
        let example = || {
            let id = |number: u128| uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number);
            let made = (UserId(id(4)), Visibility::Private);
            completed_data(ConversationId(id(1)), MessageId(id(2)), GenerationId(id(3)), made)
        };
        vec![EventType { name: MESSAGE_COMPLETED, version: 1, summary: "An assistant's message is whole.", example }]
    }

    fn templates(&self) -> Vec<Template> {
        OWN.to_vec()
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        privacy::export(&self.engine.db, owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        privacy::erase(&self.engine.db, owner).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        privacy::forget_member(&self.engine.db, user).await
    }
}
