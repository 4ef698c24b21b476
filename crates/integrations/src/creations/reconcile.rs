use core_db::Db;
use core_jobs::{Handler, Job, JobContext, JobFailure};
use serde::{Deserialize, Serialize};

use super::{Ledger, Look, github, jira, notion};
use crate::accounts::Vault;
use crate::store::{connections, operations};
use crate::vendor::Session;
use crate::{IntegrationsError, Operation, OperationId, OperationKind, OperationState};

/// Looks how an operation ended whose answer was lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reconcile {
    pub(crate) operation: OperationId,
}

impl Job for Reconcile {
    const NAME: &'static str = "integrations.reconcile";
    const MAX_ATTEMPTS: i32 = 6;
}

/// Looks for what an earlier try has made.
pub(crate) async fn look(session: &Session, operation: &Operation, db: &Db) -> Result<Look, IntegrationsError> {
    match operation.kind {
        OperationKind::GithubFile => github::look(session, operation).await,
        OperationKind::NotionPage => notion::look(session, operation, db).await,
        OperationKind::JiraIssue => jira::look(session, operation, db).await,
    }
}

/// Runs [`Reconcile`].
#[derive(Clone)]
pub(crate) struct Reconciler {
    pub(crate) ledger: Ledger,
    pub(crate) vault: Vault,
}

impl Reconciler {
    pub(crate) fn handler(&self) -> Handler {
        let own = self.clone();
        Handler::new::<Reconcile, _, _>(move |_context: JobContext, job: Reconcile| {
            let own = own.clone();
            async move { own.run(job.operation).await }
        })
    }

    async fn run(&self, id: OperationId) -> Result<(), JobFailure> {
        let db = &self.ledger.db;
        let Some(mut operation) = operations::by_id(db.read(), id).await? else { return Ok(()) };
        let open = matches!(operation.state, OperationState::Sent | OperationState::Unknown);
        let now = db.ambient().now();
        if !open {
            return Ok(());
        }
        if operation.busy_until > now {
            return Err(JobFailure::retry_after(operation.busy_until.since(now), "somebody works on it"));
        }
        let Some(stored) = connections::stored(db.read(), operation.connection).await? else { return Ok(()) };
        let session = Session::new(stored.connection, self.vault.clone());
        match look(&session, &operation, db).await {
            Ok(Look::Found(outcome)) => self.ledger.confirmed(&mut operation, &outcome).await.map_err(JobFailure::retry),
            // The rest of it is not kept here: who asked for it has it.
            Ok(Look::Begun(progress)) => self.ledger.begun(&mut operation, progress).await.map_err(JobFailure::retry),
            Ok(Look::Absent) => {
                let settled = operation.sent_at.is_none_or(|sent| now.since(sent) >= self.ledger.settle);
                if !settled {
                    return Err(JobFailure::retry_after(self.ledger.settle, "it may still show"));
                }
                self.ledger.absent(&mut operation).await.map_err(JobFailure::retry)
            }
            Err(error) => Err(JobFailure::retry(error)),
        }
    }
}
