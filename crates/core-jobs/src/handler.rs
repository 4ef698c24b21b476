use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use core_db::{Db, DbError};
use core_kernel::Owner;
use tokio_util::sync::CancellationToken;

use crate::{Job, JobId};

/// What a handler may know about the try it runs.
#[derive(Clone, Debug)]
pub struct JobContext {
    /// The job.
    pub id: JobId,
    /// 1 for the first try.
    pub attempt: i32,
    /// After this many tries it is dead.
    pub max_attempts: i32,
    /// For whom it runs.
    pub owner: Option<Owner>,
    /// Set when the job was called off or the server stops; long handlers check it.
    pub cancelled: CancellationToken,
    /// The database.
    pub db: Db,
}

impl JobContext {
    /// True on the try after which the job is dead.
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }
}

/// Why a try failed and what follows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobFailure {
    /// Try again after the usual backoff.
    #[error("{0}")]
    Retry(String),
    /// Try again after this long, as a provider asked.
    #[error("{1}")]
    RetryAfter(Duration, String),
    /// Trying again can't help: dead now.
    #[error("{0}")]
    Fatal(String),
}

impl JobFailure {
    /// Try again after the usual backoff.
    pub fn retry(reason: impl fmt::Display) -> Self {
        Self::Retry(reason.to_string())
    }

    /// Try again after `wait`.
    pub fn retry_after(wait: Duration, reason: impl fmt::Display) -> Self {
        Self::RetryAfter(wait, reason.to_string())
    }

    /// Trying again can't help.
    pub fn fatal(reason: impl fmt::Display) -> Self {
        Self::Fatal(reason.to_string())
    }
}

impl From<DbError> for JobFailure {
    fn from(error: DbError) -> Self {
        Self::retry(error)
    }
}

pub(crate) type Outcome = Pin<Box<dyn Future<Output = Result<(), JobFailure>> + Send>>;
type Run = dyn Fn(JobContext, Vec<u8>) -> Outcome + Send + Sync;

/// The code that runs one kind of job.
#[derive(Clone)]
pub struct Handler {
    pub(crate) name: String,
    pub(crate) run: Arc<Run>,
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Handler {
    /// The handler of jobs of type `J`. A payload that does not read as `J` is fatal, since trying again can't help.
    pub fn new<J, F, Fut>(run: F) -> Self
    where
        J: Job,
        F: Fn(JobContext, J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobFailure>> + Send + 'static,
    {
        Self::raw(J::NAME.to_owned(), move |context, payload: Vec<u8>| match serde_json::from_slice::<J>(&payload) {
            Ok(job) => Box::pin(run(context, job)),
            Err(error) => {
                let failure = JobFailure::fatal(format!("the payload is not readable: {error}"));
                Box::pin(std::future::ready(Err(failure)))
            }
        })
    }

    pub(crate) fn raw(name: String, run: impl Fn(JobContext, Vec<u8>) -> Outcome + Send + Sync + 'static) -> Self {
        Self { name, run: Arc::new(run) }
    }

    /// Which jobs it runs.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// All handlers and subscriptions of a process.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(crate) handlers: BTreeMap<String, Handler>,
    /// Event type to the names of its subscribers' handlers.
    pub(crate) subscribers: BTreeMap<String, Vec<String>>,
    pub(crate) schedules: Vec<crate::Schedule>,
}

/// Two things of a registry have the same name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two handlers are named `{0}`")]
pub struct RegistryError(pub String);

impl Registry {
    /// Adds a handler.
    pub fn handler(&mut self, handler: Handler) -> Result<(), RegistryError> {
        if self.handlers.contains_key(&handler.name) {
            return Err(RegistryError(handler.name));
        }
        self.handlers.insert(handler.name.clone(), handler);
        Ok(())
    }

    /// Adds a subscription.
    pub fn subscription(&mut self, subscription: crate::Subscription) -> Result<(), RegistryError> {
        let name = subscription.handler.name.clone();
        self.subscribers.entry(subscription.event_type.to_owned()).or_default().push(name);
        self.handler(subscription.handler)
    }

    /// Adds a schedule.
    pub fn schedule(&mut self, schedule: crate::Schedule) -> Result<(), RegistryError> {
        if self.schedules.iter().any(|other| other.name == schedule.name) {
            return Err(RegistryError(schedule.name.to_owned()));
        }
        self.schedules.push(schedule);
        Ok(())
    }

    /// Event types that somebody subscribes to.
    pub fn subscribed_types(&self) -> impl Iterator<Item = &str> {
        self.subscribers.keys().map(String::as_str)
    }
}
