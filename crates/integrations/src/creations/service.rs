use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest;
use core_cluster::Cluster;
use core_db::{Db, DbError};
use core_kernel::{Actor, DomainError as _, ErrorKind, Page, PageRequest, hex};
use serde::Serialize;

use super::github::FileMaker;
use super::github_target::FileTarget;
use super::jira::IssueMaker;
use super::jira_fields::Metadata;
use super::ledger::{Begun, NewEntry};
use super::notion::PageMaker;
use super::{Failure, Finding, Ledger, Look, Made, Maker, NewFile, NewIssue, NewPage, Outcome, Plan, reconcile};
use crate::accounts::Vault;
use crate::error::Choice;
use crate::service::{Creations, Operations};
use crate::store::{connections, operations};
use crate::vendor::Session;
use crate::{
    ConnectionId, IntegrationsError, Operation, OperationId, OperationKey, OperationKind, OperationState, Provider, permissions,
};

/// [`Creations`] over the providers and the ledger.
#[derive(Clone)]
pub(crate) struct CreationService {
    pub(crate) ledger: Ledger,
    pub(crate) vault: Vault,
    pub(crate) cluster: Cluster,
    pub(crate) metadata: Metadata,
}

#[async_trait]
impl Creations for CreationService {
    async fn create_github_file(
        &self,
        actor: &Actor,
        file: NewFile,
        key: Option<OperationKey>,
    ) -> Result<Made, IntegrationsError> {
        let session = self.session(actor, Provider::Github, file.connection).await?;
        let fingerprint = fingerprint(&file)?;
        let target = FileTarget::new(file, &session.connection.settings)?;
        let entry = NewEntry { kind: OperationKind::GithubFile, target: target.to_value(), fingerprint };
        let maker = FileMaker { target, cluster: self.cluster.clone() };
        self.carry_out(actor, &session, entry, key.as_ref(), &maker).await
    }

    async fn create_notion_page(
        &self,
        actor: &Actor,
        page: NewPage,
        key: Option<OperationKey>,
    ) -> Result<Made, IntegrationsError> {
        let session = self.session(actor, Provider::Notion, page.connection).await?;
        let fingerprint = fingerprint(&page)?;
        let maker = PageMaker::new(page, &session.connection.settings)?;
        let entry = NewEntry { kind: OperationKind::NotionPage, target: maker.to_value(), fingerprint };
        self.carry_out(actor, &session, entry, key.as_ref(), &maker).await
    }

    async fn create_jira_issue(
        &self,
        actor: &Actor,
        issue: NewIssue,
        key: Option<OperationKey>,
    ) -> Result<Made, IntegrationsError> {
        let session = self.session(actor, Provider::Jira, issue.connection).await?;
        let fingerprint = fingerprint(&issue)?;
        let maker = IssueMaker::new(issue, &session.connection.settings, self.metadata.clone())?;
        let entry = NewEntry { kind: OperationKind::JiraIssue, target: maker.to_value(), fingerprint };
        self.carry_out(actor, &session, entry, key.as_ref(), &maker).await
    }

    async fn plan_github_file(&self, actor: &Actor, file: NewFile) -> Result<Plan, IntegrationsError> {
        let session = self.session(actor, Provider::Github, file.connection).await?;
        let target = FileTarget::new(file, &session.connection.settings)?;
        found(FileMaker { target, cluster: self.cluster.clone() }.plan(&session).await)
    }

    async fn plan_notion_page(&self, actor: &Actor, page: NewPage) -> Result<Plan, IntegrationsError> {
        let session = self.session(actor, Provider::Notion, page.connection).await?;
        found(PageMaker::new(page, &session.connection.settings)?.plan(&session).await)
    }

    async fn plan_jira_issue(&self, actor: &Actor, issue: NewIssue) -> Result<Plan, IntegrationsError> {
        let session = self.session(actor, Provider::Jira, issue.connection).await?;
        found(IssueMaker::new(issue, &session.connection.settings, self.metadata.clone())?.plan(&session).await)
    }
}

/// A plan that can't be sent says why; only what is nobody's decision is an error.
fn found(plan: Result<Plan, IntegrationsError>) -> Result<Plan, IntegrationsError> {
    plan.or_else(|error| {
        let decides = matches!(error.code().kind, ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::Forbidden);
        if decides { Ok(Plan { requests: Vec::new(), findings: vec![Finding::error(&error)] }) } else { Err(error) }
    })
}

/// What a request is, whatever order its members came in.
fn fingerprint<T: Serialize>(request: &T) -> Result<String, IntegrationsError> {
    let value = serde_json::to_value(request).map_err(|error| IntegrationsError::Internal(error.to_string()))?;
    Ok(hex(digest::digest(&digest::SHA256, value.to_string().as_bytes()).as_ref()))
}

impl CreationService {
    /// The connection that the request names, or the only one to the provider.
    async fn session(&self, actor: &Actor, provider: Provider, id: Option<ConnectionId>) -> Result<Session, IntegrationsError> {
        actor.require(&permissions::WRITE)?;
        let db = self.ledger.db.read();
        let connection = match id {
            Some(id) => {
                let wrong = || IntegrationsError::field("/connection_id", "not_found", "no connection of yours to this provider");
                let found = connections::find(db, actor, id).await?;
                found.filter(|connection| connection.provider == provider).ok_or_else(wrong)?
            }
            None => {
                let mut all = connections::of_provider(db, actor, provider).await?;
                if all.len() > 1 {
                    let choice = |own: &crate::Connection| Choice { id: own.id.to_string(), name: own.name.clone() };
                    return Err(IntegrationsError::AmbiguousConnection(all.iter().map(choice).collect()));
                }
                all.pop().ok_or(IntegrationsError::NoConnection(provider.as_str()))?
            }
        };
        Ok(Session::new(connection, self.vault.clone()))
    }

    /// Makes something once: what the ledger knows is answered, what was sent before is looked for, and only then it is sent.
    async fn carry_out(
        &self,
        actor: &Actor,
        session: &Session,
        entry: NewEntry,
        key: Option<&OperationKey>,
        maker: &dyn Maker,
    ) -> Result<Made, IntegrationsError> {
        let mut operation = match self.ledger.begin(actor, &session.connection, entry, key).await? {
            Begun::Done(operation) => return Ok(made(operation)),
            Begun::Go(operation) => operation,
        };
        let sent_before = matches!(operation.state, OperationState::Sent | OperationState::Unknown);
        if sent_before && let Some(made) = self.look_first(session, &mut operation, maker, "an earlier try was cut").await? {
            return Ok(made);
        }
        match maker.make(session, &mut operation, &self.ledger).await {
            Ok(outcome) => self.confirm(operation, &outcome).await,
            Err(Failure::Refused(error)) => {
                self.ledger.refused(&mut operation, &error).await;
                Err(error)
            }
            Err(Failure::Partial(error)) => {
                self.ledger.partial(&mut operation, &error).await;
                Err(error)
            }
            Err(Failure::Lost(cause)) => self.after_loss(session, operation, maker, &cause).await,
        }
    }

    /// The answer was lost. What is there already is confirmed; what can be repeated without harm is, once.
    async fn after_loss(
        &self,
        session: &Session,
        mut operation: Operation,
        maker: &dyn Maker,
        cause: &str,
    ) -> Result<Made, IntegrationsError> {
        tracing::info!(operation = %operation.id, cause, "the answer of a provider was lost");
        if let Some(made) = self.look_first(session, &mut operation, maker, cause).await? {
            return Ok(made);
        }
        match maker.make(session, &mut operation, &self.ledger).await {
            Ok(outcome) => self.confirm(operation, &outcome).await,
            Err(Failure::Refused(error)) => {
                self.ledger.refused(&mut operation, &error).await;
                Err(error)
            }
            Err(Failure::Partial(error)) => {
                self.ledger.partial(&mut operation, &error).await;
                Err(error)
            }
            Err(Failure::Lost(cause)) => Err(self.give_up(&mut operation, &cause).await),
        }
    }

    /// Looks for what was sent before. None: it may be sent (again), or go on from its progress.
    async fn look_first(
        &self,
        session: &Session,
        operation: &mut Operation,
        maker: &dyn Maker,
        cause: &str,
    ) -> Result<Option<Made>, IntegrationsError> {
        match reconcile::look(session, operation, &self.ledger.db).await {
            Ok(Look::Found(outcome)) => Ok(Some(self.confirm(operation.clone(), &outcome).await?)),
            Ok(Look::Begun(progress)) => {
                operation.progress = Some(progress);
                Ok(None)
            }
            Ok(Look::Absent) if maker.repeats_safely() || self.wait_left(operation).is_zero() => Ok(None),
            Ok(Look::Absent) => Err(self.give_up(operation, cause).await),
            Err(error) => {
                tracing::info!(operation = %operation.id, %error, "an operation could not be looked for");
                Err(self.give_up(operation, cause).await)
            }
        }
    }

    /// How long a search that finds nothing is not yet to be believed.
    fn wait_left(&self, operation: &Operation) -> Duration {
        let sent = operation.sent_at.unwrap_or(operation.created_at);
        sent.plus(self.ledger.settle).since(self.ledger.db.ambient().now())
    }

    async fn give_up(&self, operation: &mut Operation, cause: &str) -> IntegrationsError {
        let retry_after = self.wait_left(operation).max(Duration::from_secs(1));
        let error = IntegrationsError::OutcomeUnknown { operation: operation.id, retry_after, cause: cause.to_owned() };
        self.ledger.unknown(operation, error.code().code).await;
        error
    }

    async fn confirm(&self, mut operation: Operation, outcome: &Outcome) -> Result<Made, IntegrationsError> {
        self.ledger.confirmed(&mut operation, outcome).await?;
        Ok(made(operation))
    }
}

fn made(operation: Operation) -> Made {
    Made { operation: operation.id, result: operation.result.unwrap_or_default() }
}

/// [`Operations`] over the table.
pub(crate) struct OperationService {
    pub(crate) db: Db,
}

#[async_trait]
impl Operations for OperationService {
    async fn list(
        &self,
        actor: &Actor,
        state: Option<OperationState>,
        page: &PageRequest,
    ) -> Result<Page<Operation>, IntegrationsError> {
        actor.require(&permissions::READ)?;
        Ok(operations::list(self.db.read(), actor, state, page).await?)
    }

    async fn get(&self, actor: &Actor, id: OperationId) -> Result<Operation, IntegrationsError> {
        actor.require(&permissions::READ)?;
        Ok(operations::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?)
    }
}
