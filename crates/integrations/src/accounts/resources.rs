use core_egress::Method;
use serde_json::{Value, json};

use crate::vendor::{Answer, Session, paths};
use crate::{IntegrationsError, Provider, Resource, ResourceKind};

/// The most that is shown.
const MOST: usize = 100;
/// Pages of repositories that are looked through for what fits.
const PAGES: usize = 5;

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What a connection can reach.
pub(crate) async fn find(session: &Session, kind: ResourceKind, query: &str) -> Result<Vec<Resource>, IntegrationsError> {
    let mut found = match (session.connection.provider, kind) {
        (Provider::Github, ResourceKind::Repository) => repositories(session, query).await?,
        (Provider::Notion, ResourceKind::Page) => notion(session, query).await?,
        (Provider::Jira, ResourceKind::Project) => projects(session, query).await?,
        (Provider::Jira, ResourceKind::IssueType) => issue_types(session, query).await?,
        _ => return Err(IntegrationsError::field("/kind", "invalid_choice", "this provider has none")),
    };
    found.truncate(MOST);
    Ok(found)
}

async fn repositories(session: &Session, query: &str) -> Result<Vec<Resource>, IntegrationsError> {
    let installed = session.connection.auth == crate::AuthKind::App || session.connection.told("login").is_none();
    let (path, list) = if installed { ("/installation/repositories", "/repositories") } else { ("/user/repos", "") };
    let wanted = query.to_lowercase();
    let mut found = Vec::new();
    for page in 1..=PAGES {
        let answer = session.get(path, &[("per_page", "100"), ("page", &page.to_string())]).await?;
        let all = answer.list(list);
        let fits = all.iter().filter(|own| text(own, "/full_name").to_lowercase().contains(&wanted));
        found.extend(fits.map(|own| {
            let name = text(own, "/full_name");
            Resource { id: name.clone(), name, url: Some(text(own, "/html_url")) }
        }));
        if all.len() < 100 || found.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

/// Pages and data sources.
async fn notion(session: &Session, query: &str) -> Result<Vec<Resource>, IntegrationsError> {
    let mut found = Vec::new();
    for kind in ["page", "data_source"] {
        let body = json!({"query": query, "filter": {"property": "object", "value": kind}, "page_size": 50});
        let call = session.call(Method::POST, "/v1/search")?.with_body(body);
        let answer = session.send(&call).await?;
        found.extend(answer.list("/results").iter().map(|own| Resource {
            id: text(own, "/id"),
            name: title(own),
            url: own.get("url").and_then(Value::as_str).map(str::to_owned),
        }));
    }
    Ok(found)
}

/// The plain title of a page or data source.
fn title(own: &Value) -> String {
    let of_source = own.get("title").and_then(Value::as_array);
    let of_page = || {
        let properties = own.get("properties")?.as_object()?;
        properties.values().find_map(|property| property.get("title")?.as_array())
    };
    let items = of_source.or_else(of_page).map(Vec::as_slice).unwrap_or_default();
    let plain: String = items.iter().map(|item| text(item, "/plain_text")).collect();
    if plain.is_empty() { "Untitled".to_owned() } else { plain }
}

async fn projects(session: &Session, query: &str) -> Result<Vec<Resource>, IntegrationsError> {
    let site = session.connection.told("site").unwrap_or_default().to_owned();
    let resource = |own: &Value| {
        let key = text(own, "/key");
        let url = Some(format!("{site}/browse/{key}"));
        Resource { name: text(own, "/name"), id: key, url }
    };
    if session.connection.told("mode") == Some("data_center") {
        let answer = session.get("/rest/api/2/project", &[]).await?;
        let wanted = query.to_lowercase();
        let fits = |own: &&Value| {
            text(own, "/key").to_lowercase().contains(&wanted) || text(own, "/name").to_lowercase().contains(&wanted)
        };
        return Ok(answer.list("").iter().filter(fits).map(resource).collect());
    }
    let answer = session.get("/rest/api/3/project/search", &[("query", query), ("maxResults", "100")]).await?;
    Ok(answer.list("/values").iter().map(resource).collect())
}

async fn issue_types(session: &Session, query: &str) -> Result<Vec<Resource>, IntegrationsError> {
    let project = if query.is_empty() { session.connection.settings.project.as_deref().unwrap_or_default() } else { query };
    if project.is_empty() {
        return Err(IntegrationsError::field("/query", "missing_field", "the key of a project"));
    }
    let version = if session.connection.told("mode") == Some("data_center") { 2 } else { 3 };
    let path = format!("/rest/api/{version}/issue/createmeta/{}/issuetypes", paths::segment(project));
    let answer: Answer = session.get(&path, &[("maxResults", "100")]).await?;
    let one = |own: &Value| Resource { id: text(own, "/id"), name: text(own, "/name"), url: None };
    // Data Center calls the list `values`.
    let list = if answer.body.get("issueTypes").is_some() { "/issueTypes" } else { "/values" };
    Ok(answer.list(list).iter().map(one).collect())
}
