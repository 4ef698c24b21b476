//! What a project wants to know of an issue.

use core_kernel::FieldError;
use moka::sync::Cache;
use serde_json::{Map, Value, json};

use crate::IntegrationsError;
use crate::error::Choice;
use crate::vendor::{CallError, Session, paths};

/// What was read of projects, for a while.
pub(crate) type Metadata = Cache<String, Value>;

/// Pages of a list that are read.
const PAGES: usize = 10;
/// The most values that a message names.
const NAMED_VALUES: usize = 20;

/// The API's version for a connection: Data Center has the second alone.
pub(crate) fn version(session: &Session) -> u8 {
    if session.connection.told("mode") == Some("data_center") { 2 } else { 3 }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A list of create metadata, all pages of it.
async fn read(session: &Session, metadata: &Metadata, path: &str, names: [&str; 2]) -> Result<Vec<Value>, CallError> {
    let key = format!("{}:{}:{path}", session.connection.id, session.connection.credentials_version);
    if let Some(known) = metadata.get(&key) {
        return Ok(known.as_array().cloned().unwrap_or_default());
    }
    let mut all: Vec<Value> = Vec::new();
    for _ in 0..PAGES {
        let answer = session.get(path, &[("startAt", &all.len().to_string()), ("maxResults", "100")]).await?;
        let page = names.iter().find_map(|name| answer.body.get(name)).and_then(Value::as_array).cloned().unwrap_or_default();
        let total = answer.body.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
        let empty = page.is_empty();
        all.extend(page);
        if empty || all.len() >= total {
            break;
        }
    }
    metadata.insert(key, Value::Array(all.clone()));
    Ok(all)
}

/// The id of the issue type.
pub(crate) async fn issue_type(
    session: &Session,
    metadata: &Metadata,
    project: &str,
    wanted: Option<&str>,
) -> Result<String, IntegrationsError> {
    let path = format!("/rest/api/{}/issue/createmeta/{}/issuetypes", version(session), paths::segment(project));
    let types = match read(session, metadata, &path, ["issueTypes", "values"]).await {
        Ok(types) => types,
        Err(error) if matches!(error.status(), Some(400 | 404)) => {
            return Err(IntegrationsError::TargetNotFound(format!(
                "The connection sees no project {project}, or may make no issues in it."
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let whole: Vec<&Value> = types.iter().filter(|own| own.get("subtask").and_then(Value::as_bool) != Some(true)).collect();
    let named = |name: &str| types.iter().find(|own| text(own, "id") == name || text(own, "name").eq_ignore_ascii_case(name));
    let found = match (wanted, whole.as_slice()) {
        (Some(wanted), _) => named(wanted),
        (None, [only]) => Some(*only),
        (None, _) => named("Task"),
    };
    found.map(|own| text(own, "id").to_owned()).ok_or_else(|| {
        let choices =
            whole.iter().map(|own| Choice { id: text(own, "id").to_owned(), name: text(own, "name").to_owned() }).collect();
        let what = match wanted {
            Some(wanted) => format!("The project has no issue type `{wanted}`: send another `issue_type`."),
            None => "The project has several issue types: send one as `issue_type`.".to_owned(),
        };
        IntegrationsError::ChoiceNeeded { what, choices }
    })
}

/// The fields of an issue type, as the create metadata describes them.
pub(crate) async fn fields(
    session: &Session,
    metadata: &Metadata,
    project: &str,
    kind: &str,
) -> Result<Vec<Value>, IntegrationsError> {
    let path = format!(
        "/rest/api/{}/issue/createmeta/{}/issuetypes/{}",
        version(session),
        paths::segment(project),
        paths::segment(kind)
    );
    Ok(read(session, metadata, &path, ["fields", "values"]).await?)
}

/// The id of a field.
fn id(field: &Value) -> &str {
    ["fieldId", "key"].into_iter().map(|name| text(field, name)).find(|id| !id.is_empty()).unwrap_or_default()
}

/// What people call an allowed value.
fn label(value: &Value) -> &str {
    ["value", "name", "key", "id"].into_iter().map(|name| text(value, name)).find(|label| !label.is_empty()).unwrap_or_default()
}

fn allowed(field: &Value) -> &[Value] {
    field.get("allowedValues").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn values_of(field: &Value) -> String {
    let labels: Vec<&str> = allowed(field).iter().map(label).collect();
    let more = labels.len().saturating_sub(NAMED_VALUES);
    let named = labels.into_iter().take(NAMED_VALUES).collect::<Vec<_>>().join(", ");
    match (named.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("; one of: {named}"),
        (false, more) => format!("; one of: {named} and {more} more"),
    }
}

/// One value as Jira wants it: a label becomes the id of what is called so. None: there is no such value.
fn chosen(field: &Value, given: &Value) -> Option<Value> {
    let named = |wanted: &str| {
        let fits = |own: &&Value| ["id", "value", "name", "key"].iter().any(|name| text(own, name).eq_ignore_ascii_case(wanted));
        allowed(field).iter().find(fits).map(|own| json!({"id": text(own, "id")}))
    };
    match given {
        Value::String(wanted) => named(wanted),
        Value::Object(members) => {
            let wanted = ["id", "value", "name", "key"].iter().find_map(|name| members.get(*name).and_then(Value::as_str))?;
            named(wanted).map(|_| given.clone())
        }
        _ => None,
    }
}

/// Checks what is given against what the project wants, and puts values into its form. Every fault is named.
pub(crate) fn check(known: &[Value], given: &mut Map<String, Value>, has_description: bool) -> Result<(), IntegrationsError> {
    let mut faults = Vec::new();
    for (name, value) in given.iter_mut() {
        let pointer = format!("/fields/{name}");
        let Some(field) = known.iter().find(|field| id(field) == name) else {
            faults.push(FieldError::new(pointer, "unknown_field", "is not on the project's screen"));
            continue;
        };
        if allowed(field).is_empty() {
            continue;
        }
        let fitting = match &*value {
            Value::Array(items) => items.iter().map(|item| chosen(field, item)).collect::<Option<Vec<_>>>().map(Value::Array),
            single => chosen(field, single),
        };
        match fitting {
            Some(fitting) => *value = fitting,
            None => faults.push(FieldError::new(
                pointer,
                "invalid_choice",
                format!("not a value of {}{}", text(field, "name"), values_of(field)),
            )),
        }
    }
    let always = ["project", "issuetype", "summary"];
    for field in known {
        let name = id(field);
        let yes = |key: &str| field.get(key).and_then(Value::as_bool) == Some(true);
        let there = given.contains_key(name) || always.contains(&name) || (name == "description" && has_description);
        if yes("required") && !yes("hasDefaultValue") && !there {
            let pointer = if name == "description" { "/description".to_owned() } else { format!("/fields/{name}") };
            faults.push(FieldError::new(pointer, "required", format!("{} is required{}", text(field, "name"), values_of(field))));
        }
    }
    if has_description && !known.iter().any(|field| id(field) == "description") {
        faults.push(FieldError::new("/description", "unknown_field", "the project has no description on its screen"));
    }
    if faults.is_empty() { Ok(()) } else { Err(IntegrationsError::FieldsRequired(faults)) }
}
