#![doc = include_str!("../README.md")]

mod github;
mod grants;
mod jira;
mod limits;
mod notion;
mod server;
mod sign;
mod wire;

pub use github::{GitHub, GitHubApp, Pull, Repository};
pub use grants::{Grants, OauthRules};
pub use jira::{Issue, Jira, JiraField, Project, is_document};
pub use notion::{Notion, NotionPage, children_fault};
pub use server::{Fault, Mock};
pub use sign::{github_signature, jira_admin_signature, jira_dynamic_token, notion_signature};
pub use wire::{Recorded, Reply};

use std::io;
use std::sync::Arc;

use core_kernel::Clock;

/// GitHub on a socket.
pub type MockGitHub = Mock<GitHub>;
/// Notion on a socket.
pub type MockNotion = Mock<Notion>;
/// Jira Cloud (site and gateway) and Jira Data Center on one socket.
pub type MockJira = Mock<Jira>;

/// All three, on one clock.
#[derive(Debug)]
pub struct MockVendors {
    /// GitHub.
    pub github: MockGitHub,
    /// Notion.
    pub notion: MockNotion,
    /// Jira.
    pub jira: MockJira,
}

impl MockVendors {
    /// Listens on three free ports of this machine. Limits and lives of tokens are measured on `clock`.
    pub async fn start(clock: Arc<dyn Clock>) -> io::Result<Self> {
        Ok(Self {
            github: Mock::start(GitHub::new(Arc::clone(&clock))).await?,
            notion: Mock::start(Notion::new(Arc::clone(&clock))).await?,
            jira: Mock::start(Jira::new(clock)).await?,
        })
    }
}
