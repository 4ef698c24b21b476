use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Authorizations, Provider, permissions};

/// Who can be connected to.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationProviderList)]
struct ProviderList {
    items: Vec<ProviderView>,
    next_cursor: Option<String>,
}

/// Somebody who can be connected to.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationProvider)]
struct ProviderView {
    /// What to send for it.
    #[schema(example = "github")]
    name: &'static str,
    /// What people call it.
    label: &'static str,
    /// People can connect by OAuth.
    oauth: bool,
    /// The credentials that it takes.
    credentials: Vec<&'static str>,
    /// What can be picked there.
    resources: Vec<&'static str>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/providers", handle)
        .id("list_integration_providers")
        .summary("Who can be connected to, and how")
        .requires(&permissions::READ)
        .answers::<ProviderList>(200, "The providers")
}

fn view(provider: Provider, oauth: bool) -> ProviderView {
    let (label, credentials, resources) = match provider {
        Provider::Github => ("GitHub", vec!["token", "app_id, private_key, installation_id?"], vec!["repository"]),
        Provider::Notion => ("Notion", vec!["token"], vec!["page"]),
        Provider::Jira => ("Jira", vec!["site, email, token", "site, token"], vec!["project", "issue_type"]),
    };
    ProviderView { name: provider.as_str(), label, oauth, credentials, resources }
}

async fn handle(caller: Caller, authorizations: web::Data<dyn Authorizations>) -> Result<Json<ProviderList>, Problem> {
    caller.require(&permissions::READ)?;
    let set_up = authorizations.providers();
    let items = Provider::ALL.into_iter().map(|provider| view(provider, set_up.contains(&provider))).collect();
    Ok(Json(ProviderList { items, next_cursor: None }))
}
