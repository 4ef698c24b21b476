use core_kernel::{FieldError, Secret, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{IntegrationsError, NewCredentials, OnConflict, PageBody, Provider, Settings};

/// What proves an account; which fields are needed depends on the provider. GitHub: `token`, or `app_id` and `private_key`. Notion:
/// `token`. Jira Cloud: `site`, `email`, `token`. Jira Data Center: `site`, `token`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IntegrationCredentials)]
pub(super) struct CredentialsBody {
    /// A token made by hand.
    #[serde(default)]
    token: Option<Secret>,
    /// GitHub App: its id or client id.
    #[serde(default)]
    app_id: Option<String>,
    /// GitHub App: its private key (PEM).
    #[serde(default)]
    private_key: Option<Secret>,
    /// GitHub App: its installation; absent: the only one.
    #[serde(default)]
    installation_id: Option<u64>,
    /// Jira: the site, such as `https://acme.atlassian.net`.
    #[serde(default)]
    site: Option<String>,
    /// Jira Cloud: whose token it is.
    #[serde(default)]
    email: Option<String>,
    /// When the token ends.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl From<CredentialsBody> for NewCredentials {
    fn from(body: CredentialsBody) -> Self {
        Self {
            token: body.token,
            app_id: body.app_id,
            private_key: body.private_key,
            installation_id: body.installation_id,
            site: body.site,
            email: body.email,
            expires_at: body.expires_at,
        }
    }
}

/// What requests need not say. GitHub: `repository`, `branch`, `base_branch`, `pull_request`, `on_conflict`. Notion: `parent`, `body`. Jira:
/// `project`, `issue_type`, `fields`, `site`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = IntegrationSettings)]
pub(super) struct SettingsBody {
    /// `owner/name`.
    #[schema(example = "ada/engine")]
    repository: Option<String>,
    branch: Option<String>,
    base_branch: Option<String>,
    pull_request: Option<bool>,
    /// `fail` or `overwrite`.
    #[schema(value_type = Option<String>, example = "fail")]
    on_conflict: Option<OnConflict>,
    /// The id or address of a page, data source or database.
    parent: Option<String>,
    /// `blocks` or `markdown`.
    #[schema(value_type = Option<String>, example = "blocks")]
    body: Option<PageBody>,
    /// The key of a project.
    #[schema(example = "BRICK")]
    project: Option<String>,
    issue_type: Option<String>,
    /// Fields of every issue, by id.
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
    /// The cloud id of the site, where an account of OAuth has several.
    site: Option<String>,
}

impl From<SettingsBody> for Settings {
    fn from(body: SettingsBody) -> Self {
        Self {
            repository: body.repository,
            branch: body.branch,
            base_branch: body.base_branch,
            pull_request: body.pull_request,
            on_conflict: body.on_conflict,
            parent: body.parent,
            body: body.body,
            project: body.project,
            issue_type: body.issue_type,
            fields: body.fields.unwrap_or_default(),
            site: body.site,
        }
    }
}

/// A provider by its name.
pub(super) fn provider(pointer: &str, name: &str) -> Result<Provider, IntegrationsError> {
    let fault = || FieldError::new(pointer, "invalid_choice", "`github`, `notion` or `jira`");
    Provider::parse(name).ok_or_else(|| IntegrationsError::Invalid(vec![fault()]))
}
