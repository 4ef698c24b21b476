use std::time::Duration;

use core_db::{Db, DbError};
use core_jobs::{EnqueueOptions, NewEvent, enqueue_with, publish};
use core_kernel::{Actor, DomainError as _, hex};
use serde_json::{Value, json};

use super::{CONFIRMED, Outcome, Reconcile};
use crate::store::operations;
use crate::{Connection, IntegrationsError, Operation, OperationKey, OperationKind, OperationState};

/// What keys are hashed for.
const PURPOSE: &str = "integrations-operation";
/// How long a try may be silent before another one may take over.
const LEASE: Duration = Duration::from_mins(2);

/// An operation to enter.
pub(crate) struct NewEntry {
    pub(crate) kind: OperationKind,
    pub(crate) target: Value,
    /// What the request is, as a hash.
    pub(crate) fingerprint: String,
}

/// What a key says when a request with it begins.
pub(crate) enum Begun {
    /// Go on.
    Go(Operation),
    /// It was made before.
    Done(Operation),
}

/// The ledger of operations. Every state is stored before what it announces is done.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) db: Db,
    pub(crate) settle: Duration,
}

impl Ledger {
    /// Enters an operation, or takes up the one that has this key.
    pub(crate) async fn begin(
        &self,
        actor: &Actor,
        connection: &Connection,
        new: NewEntry,
        key: Option<&OperationKey>,
    ) -> Result<Begun, IntegrationsError> {
        let (ambient, now) = (self.db.ambient(), self.db.ambient().now());
        let operation = Operation {
            id: ambient.id(),
            owner: actor.owner,
            created_by: actor.author(),
            connection: connection.id,
            kind: new.kind,
            state: OperationState::Planned,
            target: new.target,
            progress: None,
            result: None,
            problem: None,
            attempts: 1,
            sent_at: None,
            busy_until: now.plus(LEASE),
            fingerprint: new.fingerprint,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let tag = self.tag(&operation, key);
        let (fresh, tag) = (&operation, tag.as_str());
        let begun = |tx| async move {
            if operations::insert(&tx, fresh, tag).await? {
                return Ok(Begun::Go(fresh.clone()));
            }
            let known = operations::by_key(&tx, tag).await?.ok_or(DbError::NotFound)?;
            let taken = take_up(known, fresh)?;
            if let Begun::Go(operation) = &taken
                && !operations::move_on(&tx, operation, None).await?
            {
                return Err(IntegrationsError::OperationRunning(operation.id));
            }
            Ok(taken)
        };
        self.db.write(begun).await
    }

    fn tag(&self, operation: &Operation, key: Option<&OperationKey>) -> String {
        let message = match key {
            Some(key) => format!("{}:{}:{}{}", operation.kind.as_str(), key.scope.len(), key.scope, key.key),
            None => operation.id.to_string(),
        };
        hex(&self.db.keyring().sign(PURPOSE, message.as_bytes()))
    }

    /// A request that can't be taken back goes out now. Should nobody ever tell how it ended, a job looks.
    pub(crate) async fn sent(&self, operation: &mut Operation) -> Result<(), IntegrationsError> {
        let now = self.db.ambient().now();
        operation.state = OperationState::Sent;
        operation.sent_at = Some(now);
        operation.busy_until = now.plus(LEASE);
        self.store(operation, None, Some(Reconcile { operation: operation.id }), now.plus(LEASE + self.settle)).await
    }

    /// How far it came.
    pub(crate) async fn progressed(
        &self,
        operation: &mut Operation,
        progress: Value,
        external_id: Option<&str>,
    ) -> Result<(), IntegrationsError> {
        let now = self.db.ambient().now();
        operation.progress = Some(progress);
        operation.busy_until = now.plus(LEASE);
        self.store(operation, external_id, None, now).await
    }

    /// Nothing was made of it; the next try may send it.
    pub(crate) async fn refused(&self, operation: &mut Operation, error: &IntegrationsError) {
        operation.state = OperationState::Planned;
        operation.problem = Some(error.code().code.to_owned());
        self.release(operation).await;
    }

    /// Its answer was lost. A job looks for it when what was made must have shown.
    pub(crate) async fn unknown(&self, operation: &mut Operation, problem: &str) {
        operation.state = OperationState::Unknown;
        operation.problem = Some(problem.to_owned());
        self.release(operation).await;
    }

    /// It was made in part; the next try goes on.
    pub(crate) async fn partial(&self, operation: &mut Operation, error: &IntegrationsError) {
        operation.state = OperationState::Sent;
        operation.problem = Some(error.code().code.to_owned());
        self.release(operation).await;
    }

    /// A part of it was found; the next try may go on from there.
    pub(crate) async fn begun(&self, operation: &mut Operation, progress: Value) -> Result<(), IntegrationsError> {
        let now = self.db.ambient().now();
        operation.state = OperationState::Sent;
        operation.progress = Some(progress);
        operation.busy_until = now;
        self.store(operation, None, None, now).await
    }

    /// It was looked for long enough, and is not there: the next try may send it.
    pub(crate) async fn absent(&self, operation: &mut Operation) -> Result<(), IntegrationsError> {
        let now = self.db.ambient().now();
        operation.state = OperationState::Planned;
        operation.busy_until = now;
        self.store(operation, None, None, now).await
    }

    async fn release(&self, operation: &mut Operation) {
        let now = self.db.ambient().now();
        operation.busy_until = now;
        let look = (operation.state == OperationState::Unknown).then_some(Reconcile { operation: operation.id });
        // The answer to the caller matters more; the lease ends by itself.
        if let Err(error) = self.store(operation, None, look, now.plus(self.settle)).await {
            tracing::warn!(%error, operation = %operation.id, "the state of an operation was not stored");
        }
    }

    /// It was made.
    pub(crate) async fn confirmed(&self, operation: &mut Operation, outcome: &Outcome) -> Result<(), IntegrationsError> {
        let now = self.db.ambient().now();
        operation.state = OperationState::Confirmed;
        operation.result = Some(outcome.result.clone());
        operation.progress = None;
        operation.problem = None;
        operation.busy_until = now;
        operation.version += 1;
        let (operation, id) = (&*operation, outcome.external_id.as_str());
        let stored = |tx| async move {
            if !operations::move_on(&tx, operation, Some(id)).await? {
                return Err(IntegrationsError::OperationRunning(operation.id));
            }
            publish(&tx, event(operation)).await?;
            Ok(())
        };
        self.db.write(stored).await
    }

    async fn store(
        &self,
        operation: &mut Operation,
        external_id: Option<&str>,
        look: Option<Reconcile>,
        at: core_kernel::Timestamp,
    ) -> Result<(), IntegrationsError> {
        operation.version += 1;
        let (operation, look) = (&*operation, &look);
        let stored = |tx| async move {
            if !operations::move_on(&tx, operation, external_id).await? {
                return Err(IntegrationsError::OperationRunning(operation.id));
            }
            if let Some(look) = look {
                let options = EnqueueOptions { run_at: Some(at), owner: Some(operation.owner), ..EnqueueOptions::default() };
                enqueue_with(&tx, look, options).await?;
            }
            Ok(())
        };
        self.db.write(stored).await
    }
}

/// What becomes of an operation whose key comes again.
fn take_up(mut known: Operation, fresh: &Operation) -> Result<Begun, IntegrationsError> {
    if known.fingerprint != fresh.fingerprint {
        return Err(IntegrationsError::KeyReused);
    }
    if known.state == OperationState::Confirmed {
        return Ok(Begun::Done(known));
    }
    if known.busy_until > fresh.created_at {
        return Err(IntegrationsError::OperationRunning(known.id));
    }
    if known.state == OperationState::Planned {
        known.target = fresh.target.clone();
        known.connection = fresh.connection;
    }
    known.attempts += 1;
    known.busy_until = fresh.busy_until;
    known.version += 1;
    Ok(Begun::Go(known))
}

fn event(operation: &Operation) -> NewEvent {
    let url = operation.result.as_ref().and_then(|result| result.get("url")).cloned().unwrap_or_default();
    NewEvent {
        r#type: CONFIRMED,
        version: 1,
        owner: operation.owner,
        subject: operation.id.get(),
        data: confirmed_data(operation.kind, operation.created_by.get(), &url),
    }
}

/// The payload of [`CONFIRMED`].
pub(crate) fn confirmed_data(kind: OperationKind, by: uuid::Uuid, url: &Value) -> Value {
    json!({"kind": kind, "provider": kind.provider(), "created_by": by, "url": url})
}
