use std::sync::Arc;
use std::time::Duration;

use core_db::{DbError, Tx};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, enqueue_with};
use core_kernel::{Actor, Owner, UserId};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rolling::in_place_of;
use crate::chat::{ChatRequest, Message, Role};
use crate::engine::Engine;
use crate::error::LlmError;
use crate::guard::Redaction;
use crate::measuring::MeasuringService;
use crate::routing::Target;
use crate::service::Embed;
use crate::store::facts::{self, Recalled};

/// How long an answer waits for the vector of what is being said.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many facts are sent at a time, and how often in one job: more than a person may have.
const BATCH: u64 = 64;
const ROUNDS: usize = 40;
/// The most numbers of a vector that is kept.
const DIMENSIONS: usize = 8_192;

/// How facts are found again.
#[derive(Debug)]
pub(crate) struct Recall {
    /// The configured embedding model.
    model: Option<String>,
    /// Vectors of what was said a moment ago, by person and text, so that a look at the context costs nothing more.
    asked: Cache<(Uuid, String), Arc<Vec<f32>>>,
}

/// What facts are weighed by.
#[derive(Clone, Debug)]
pub(super) enum Nearness {
    /// Vectors of what is being said and of the facts, by this model.
    Meaning(String, Arc<Vec<f32>>),
    /// The words that they share.
    Words,
}

impl Nearness {
    pub(super) fn why(&self) -> String {
        let by = match self {
            Self::Meaning(model, _) => format!("by vectors of `{model}`"),
            Self::Words => "by the words they share".to_owned(),
        };
        format!("remembered facts, the nearest to what is being said first, {by}")
    }
}

impl Recall {
    pub(crate) fn new(model: Option<String>) -> Self {
        Self { model, asked: Cache::builder().max_capacity(1_000).time_to_live(Duration::from_mins(10)).build() }
    }
}

fn measuring(engine: &Arc<Engine>) -> MeasuringService {
    let embedding_model = engine.recall.model.clone();
    MeasuringService { engine: Arc::clone(engine), router: Arc::clone(&engine.router), embedding_model }
}

/// The embedding model, where one is configured and known: its target and full name.
fn model(engine: &Arc<Engine>) -> Option<(Target, String)> {
    let target = measuring(engine).target(None).ok().flatten()?;
    let name = format!("{}/{}", target.provider.provider(), target.model);
    Some((target, name))
}

/// The full name of the embedding model.
pub(super) fn model_name(engine: &Arc<Engine>) -> Option<String> {
    model(engine).map(|(_, name)| name)
}

/// What facts are weighed by. Words do where no model is configured, where it does not answer soon, and where no fact has a vector yet.
pub(super) async fn nearness(engine: &Arc<Engine>, actor: &Actor, about: &str, all: &[Recalled]) -> Nearness {
    let Some((target, name)) = model(engine) else { return Nearness::Words };
    if all.iter().any(|known| known.vector.is_none()) {
        let (owner, person) = (actor.owner, actor.author());
        if let Err(error) = engine.db.write(|tx| async move { enqueue(engine, &tx, owner, person).await }).await {
            tracing::warn!(%error, "facts without vectors could not be queued");
        }
    }
    if about.trim().is_empty() || all.iter().all(|known| known.vector.is_none()) {
        return Nearness::Words;
    }
    let key = (actor.author().get(), format!("{name}\n{about}"));
    if let Some(known) = engine.recall.asked.get(&key) {
        return Nearness::Meaning(name, known);
    }
    let (asking, actor, about) = (Arc::clone(engine), actor.clone(), about.to_owned());
    // It ends by itself, so that its row in the ledger has an end, whoever waits.
    let asked = engine.spawn(async move {
        let found = vectors(&asking, &actor, target, vec![about]).await?;
        let vector = found.into_iter().next().map(Arc::new);
        if let Some(vector) = &vector {
            asking.recall.asked.insert(key, Arc::clone(vector));
        }
        Ok::<_, LlmError>(vector)
    });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(Ok(Some(vector)))) => Nearness::Meaning(name, vector),
        other => {
            tracing::warn!(model = name, outcome = ?other, "facts are found by their words: the embedding model gave no vector");
            Nearness::Words
        }
    }
}

/// Vectors of texts, without what must not reach a provider. Refused phrases are sent to nobody.
async fn vectors(engine: &Arc<Engine>, actor: &Actor, target: Target, texts: Vec<String>) -> Result<Vec<Vec<f32>>, LlmError> {
    let messages = texts.into_iter().map(|text| Message::text(Role::User, text)).collect();
    let mut request = ChatRequest { messages, ..ChatRequest::default() };
    if engine.guard.denied(&request).is_some() {
        return Ok(Vec::new());
    }
    Redaction::of(&engine.guard, &mut request);
    let texts = request.messages.iter().map(Message::joined_text).collect();
    let found = measuring(engine).by_model(actor, target, Embed { texts, model: None, dimensions: None }).await?;
    let fits = found.vectors.iter().all(|vector| vector.len() <= DIMENSIONS);
    Ok(if fits { found.vectors } else { Vec::new() })
}

/// Gives a person's facts the vectors that they lack, or that another model made.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EmbedFacts {
    owner: Uuid,
    person: Uuid,
}

impl Job for EmbedFacts {
    const NAME: &'static str = "llm.embed_facts";
    const MAX_ATTEMPTS: i32 = 4;
    const TIMEOUT: Duration = Duration::from_mins(10);
}

/// Queues the vectors of a person's facts, where a model makes any.
pub(crate) async fn enqueue(engine: &Arc<Engine>, tx: &Tx, owner: Owner, person: UserId) -> Result<(), DbError> {
    if model(engine).is_none() {
        return Ok(());
    }
    let job = EmbedFacts { owner: owner.get(), person: person.get() };
    let unique_key = Some(format!("{owner} {person}"));
    let options = EnqueueOptions { owner: Some(owner), unique_key, ..EnqueueOptions::default() };
    enqueue_with(tx, &job, options).await.map(drop)
}

pub(crate) fn handler(engine: Arc<Engine>) -> Handler {
    Handler::new::<EmbedFacts, _, _>(move |_context, job| {
        let engine = Arc::clone(&engine);
        async move { embed(&engine, Owner(job.owner), UserId(job.person)).await }
    })
}

async fn embed(engine: &Arc<Engine>, owner: Owner, person: UserId) -> Result<(), JobFailure> {
    let actor = in_place_of(owner, person);
    for _ in 0..ROUNDS {
        let Some((target, name)) = model(engine) else { return Ok(()) };
        let missing = facts::without_vector(engine.db.read(), owner, person, &name, BATCH).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let texts = missing.iter().map(|fact| fact.fact.clone()).collect();
        let found = match vectors(engine, &actor, target, texts).await {
            Ok(found) if found.len() == missing.len() => found,
            Err(error @ (LlmError::Model(_) | LlmError::Db(_))) => return Err(JobFailure::retry(error)),
            // The policy or the guard does not want it: words do.
            _ => return Ok(()),
        };
        let (missing, found, name) = (&missing, &found, name.as_str());
        let stored = engine.db.write(|tx| async move {
            for (fact, vector) in missing.iter().zip(found) {
                facts::set_vector(&tx, fact, name, vector).await?;
            }
            Ok::<_, DbError>(())
        });
        stored.await?;
    }
    Ok(())
}
