use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest, Secret};

use crate::links::Link;
use crate::{
    Connection, ConnectionChange, ConnectionId, IntegrationsError, Made, NewConnection, NewFile, NewIssue, NewPage, Operation,
    OperationId, OperationKey, OperationState, Plan, Provider, ResolvedLink, Resource, ResourceKind,
};

/// Connected accounts of the space that the actor acts for.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Connects an account by what somebody gives. The provider is asked whether it takes it; then it is sealed and never shown again.
    async fn create(&self, actor: &Actor, new: NewConnection) -> Result<Connection, IntegrationsError>;
    /// Those that the actor may use.
    async fn list(
        &self,
        actor: &Actor,
        provider: Option<Provider>,
        page: &PageRequest,
    ) -> Result<Page<Connection>, IntegrationsError>;
    /// One that the actor may use.
    async fn get(&self, actor: &Actor, id: ConnectionId) -> Result<Connection, IntegrationsError>;
    /// Changes one. With `version`, only while it has that version.
    async fn update(
        &self,
        actor: &Actor,
        id: ConnectionId,
        change: ConnectionChange,
        version: Option<i64>,
    ) -> Result<Connection, IntegrationsError>;
    /// Removes one. With `version`, only while it has that version.
    async fn delete(&self, actor: &Actor, id: ConnectionId, version: Option<i64>) -> Result<(), IntegrationsError>;
    /// Asks the provider whether it still takes the credentials.
    async fn test(&self, actor: &Actor, id: ConnectionId) -> Result<Connection, IntegrationsError>;
    /// What a connection can reach, for people to choose from: at most 100.
    async fn resources(
        &self,
        actor: &Actor,
        id: ConnectionId,
        kind: ResourceKind,
        query: &str,
    ) -> Result<Vec<Resource>, IntegrationsError>;
}

/// Connecting by OAuth.
#[async_trait]
pub trait Authorizations: Send + Sync {
    /// Providers for which it is set up.
    fn providers(&self) -> Vec<Provider>;
    /// Where the browser has to go. At the end it comes to `redirect_uri`.
    async fn begin(&self, actor: &Actor, provider: Provider, redirect_uri: &str) -> Result<String, IntegrationsError>;
    /// The browser comes back from the provider, with a code or with an error. Gives where it goes next, with `connection_code` or `error`.
    async fn finish(&self, provider: Provider, state: &str, outcome: Result<Secret, String>)
    -> Result<String, IntegrationsError>;
    /// Whoever began hands in the `connection_code` that their browser came back with: the account is theirs. It works once.
    async fn complete(&self, actor: &Actor, provider: Provider, code: &Secret) -> Result<Connection, IntegrationsError>;
}

/// What is made through connections. With a key it is made once, however often it is asked for.
#[async_trait]
pub trait Creations: Send + Sync {
    /// Writes a file to a repository of GitHub.
    async fn create_github_file(
        &self,
        actor: &Actor,
        file: NewFile,
        key: Option<OperationKey>,
    ) -> Result<Made, IntegrationsError>;
    /// Makes a page in Notion.
    async fn create_notion_page(
        &self,
        actor: &Actor,
        page: NewPage,
        key: Option<OperationKey>,
    ) -> Result<Made, IntegrationsError>;
    /// Makes an issue in Jira.
    async fn create_jira_issue(
        &self,
        actor: &Actor,
        issue: NewIssue,
        key: Option<OperationKey>,
    ) -> Result<Made, IntegrationsError>;
    /// What [`Creations::create_github_file`] would send.
    async fn plan_github_file(&self, actor: &Actor, file: NewFile) -> Result<Plan, IntegrationsError>;
    /// What [`Creations::create_notion_page`] would send.
    async fn plan_notion_page(&self, actor: &Actor, page: NewPage) -> Result<Plan, IntegrationsError>;
    /// What [`Creations::create_jira_issue`] would send.
    async fn plan_jira_issue(&self, actor: &Actor, issue: NewIssue) -> Result<Plan, IntegrationsError>;
}

/// The ledger of what the actor made.
#[async_trait]
pub trait Operations: Send + Sync {
    /// The actor's own.
    async fn list(
        &self,
        actor: &Actor,
        state: Option<OperationState>,
        page: &PageRequest,
    ) -> Result<Page<Operation>, IntegrationsError>;
    /// One of the actor's own.
    async fn get(&self, actor: &Actor, id: OperationId) -> Result<Operation, IntegrationsError>;
}

/// Links to providers, in any text.
#[async_trait]
pub trait Links: Send + Sync {
    /// The links of a text. No provider is asked; the hosts are those that the settings and the actor's connections name.
    async fn parse(&self, actor: &Actor, text: &str) -> Result<Vec<Link>, IntegrationsError>;
    /// The first links of a text, at most 10, with what they lead to, read through the named connection or the only one that leads there.
    async fn resolve(
        &self,
        actor: &Actor,
        text: &str,
        connection: Option<ConnectionId>,
    ) -> Result<Vec<ResolvedLink>, IntegrationsError>;
}
