use core_kernel::Timestamp;
use serde_json::{Map, Value, json};

use super::adf;
use super::state::{Issue, JiraField, Project, World};
use crate::wire::{Recorded, Reply};

fn refused(messages: &[&str], errors: Value) -> Reply {
    Reply::json(400, &json!({"errorMessages": messages, "errors": errors}))
}

fn not_found() -> Reply {
    let message = "Issue does not exist or you do not have permission to see it.";
    Reply::json(404, &json!({"errorMessages": [message], "errors": {}}))
}

impl World {
    /// Answers what is asked below `/rest/api/{version}`.
    pub(crate) fn answer(&mut self, base: &str, request: &Recorded, version: &str, rest: &[&str], now: Timestamp) -> Reply {
        let body = request.json();
        match (request.method.as_str(), rest) {
            ("GET", ["myself"]) => Reply::json(
                200,
                &json!({"accountId": "ada", "displayName": "Ada", "emailAddress": "ada@example.com", "self": format!("{base}/x")}),
            ),
            ("GET", ["project", "search"]) => self.projects(request),
            ("GET", ["project"]) => Reply::json(200, &Value::Array(self.projects.iter().map(project_view).collect())),
            ("GET", ["project", key]) => match self.project(&json!({"key": key})) {
                Some(project) => Reply::json(200, &project_view(project)),
                None => not_found(),
            },
            ("GET", ["issue", "createmeta", key, "issuetypes"]) => self.types(key),
            ("GET", ["issue", "createmeta", key, "issuetypes", kind]) => self.fields(key, kind),
            ("POST", ["issue"]) => self.create(base, version, &body, now),
            ("GET", ["issue", key]) => match self.issues.iter().find(|issue| issue.key == *key) {
                Some(issue) => Reply::json(200, &issue_view(base, issue)),
                None => not_found(),
            },
            ("POST" | "GET", ["search"]) if version == "3" => {
                Reply::json(410, &json!({"errorMessages": ["The requested API has been removed."], "errors": {}}))
            }
            ("POST", ["search"] | ["search", "jql"]) => self.search(base, &body, now),
            _ => Reply::html(404),
        }
    }

    fn project(&self, wanted: &Value) -> Option<&Project> {
        let key = wanted.get("key").or_else(|| wanted.get("id")).and_then(Value::as_str)?;
        self.projects.iter().find(|project| project.key.eq_ignore_ascii_case(key))
    }

    fn projects(&self, request: &Recorded) -> Reply {
        let query = request.parameter("query").unwrap_or_default().to_ascii_lowercase();
        let fits = |project: &&Project| project.key.to_ascii_lowercase().contains(&query);
        let values: Vec<Value> = self.projects.iter().filter(fits).map(project_view).collect();
        Reply::json(200, &json!({"values": values, "isLast": true, "total": values.len(), "startAt": 0, "maxResults": 50}))
    }

    fn types(&self, key: &str) -> Reply {
        let Some(project) = self.project(&json!({"key": key})) else { return not_found() };
        let types: Vec<Value> =
            project.types.iter().map(|(id, name)| json!({"id": id, "name": name, "subtask": false})).collect();
        Reply::json(200, &json!({"issueTypes": types, "maxResults": 50, "startAt": 0, "total": types.len()}))
    }

    fn fields(&self, key: &str, kind: &str) -> Reply {
        let project = self.project(&json!({"key": key})).filter(|project| project.types.iter().any(|(id, _)| id == kind));
        let Some(project) = project else { return not_found() };
        let fields: Vec<Value> = project.all_fields().iter().map(JiraField::view).collect();
        Reply::json(200, &json!({"fields": fields, "maxResults": 50, "startAt": 0, "total": fields.len()}))
    }

    fn create(&mut self, base: &str, version: &str, body: &Value, now: Timestamp) -> Reply {
        let fields = body.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
        let Some(project) = fields.get("project").and_then(|wanted| self.project(wanted)).cloned() else {
            return refused(&[], json!({"project": "Specify a valid project ID or key"}));
        };
        if let Some(fault) = faults(&project, version, &fields) {
            return self.tell(fault);
        }
        let number = self.issues.iter().filter(|issue| issue.key.starts_with(&format!("{}-", project.key))).count() + 1;
        let (key, id) = (format!("{}-{number}", project.key), (10_000 + self.issues.len()).to_string());
        let named = |property: &Value| Some((property.get("key")?.as_str()?.to_owned(), property.get("value")?.clone()));
        let properties = body.get("properties").and_then(Value::as_array).into_iter().flatten().filter_map(named).collect();
        self.issues.push(Issue { key: key.clone(), id: id.clone(), fields, properties, created: now });
        Reply::json(201, &json!({"id": id, "key": key, "self": format!("{base}/rest/api/{version}/issue/{id}")}))
    }

    /// Puts faults of fields where this site puts them.
    fn tell(&self, fault: Fault) -> Reply {
        match fault {
            Fault::Structure => refused(&["INVALID_INPUT"], json!({})),
            Fault::Field(id, text) if !self.faults_in_messages => refused(&[], json!({id: text})),
            Fault::Field(_, text) => refused(&[text.as_str()], json!({})),
        }
    }

    fn search(&self, base: &str, body: &Value, now: Timestamp) -> Reply {
        let jql = body.get("jql").and_then(Value::as_str).unwrap_or_default();
        let project =
            jql.split_once("project = ").and_then(|(_, rest)| rest.split([' ', ')']).next()).map(|key| key.trim_matches('"'));
        let names: Vec<&str> =
            body.get("properties").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let found = self.issues.iter().rev().filter(|issue| {
            let indexed = now.millis() - issue.created.millis() >= self.index_lag;
            indexed && project.is_none_or(|key| issue.key.starts_with(&format!("{key}-")))
        });
        let view = |issue: &Issue| {
            let mut view = issue_view(base, issue);
            let own: Map<String, Value> = issue
                .properties
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if let Some(members) = view.as_object_mut() {
                members.insert("properties".into(), Value::Object(own));
            }
            view
        };
        let issues: Vec<Value> = found.take(100).map(view).collect();
        Reply::json(200, &json!({"issues": issues, "isLast": true}))
    }
}

enum Fault {
    Structure,
    Field(String, String),
}

fn faults(project: &Project, version: &str, fields: &Map<String, Value>) -> Option<Fault> {
    let field = |id: &str, text: &str| Some(Fault::Field(id.to_owned(), text.to_owned()));
    let kind = fields.get("issuetype").cloned().unwrap_or_default();
    let named = |key: &str| kind.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if !project.types.iter().any(|(id, name)| *id == named("id") || *name == named("name")) {
        return field("issuetype", "Specify a valid issue type");
    }
    match fields.get("summary").and_then(Value::as_str) {
        None => return field("summary", "Operation value must be a string"),
        Some(text) if text.trim().is_empty() => return field("summary", "You must specify a summary of the issue."),
        Some(text) if text.contains('\n') => {
            return field("summary", "The summary is invalid because it contains newline characters.");
        }
        Some(text) if text.chars().count() > 255 => return field("summary", "Summary must be less than 255 characters."),
        Some(_) => {}
    }
    match (version, fields.get("description")) {
        (_, None | Some(Value::Null)) => {}
        ("3", Some(Value::String(_))) => {
            let text = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
            return field("description", text);
        }
        ("3", Some(document)) if !adf::is_document(document) => return Some(Fault::Structure),
        ("2", Some(other)) if !other.is_string() => return field("description", "Operation value must be a string"),
        _ => {}
    }
    let known = project.all_fields();
    for id in fields.keys() {
        if !known.iter().any(|own| own.id == *id) {
            return field(id, &format!("Field '{id}' cannot be set. It is not on the appropriate screen, or unknown."));
        }
    }
    known.iter().find_map(|own| {
        let given = fields.get(&own.id).filter(|value| !value.is_null());
        match given {
            None if own.required && !own.has_default => field(&own.id, &format!("{} is required.", own.name)),
            Some(value) if !own.allowed.is_empty() => {
                let chosen = value.get("value").and_then(Value::as_str).unwrap_or_default();
                let by_id = value.get("id").and_then(Value::as_str).and_then(|id| id.parse::<usize>().ok());
                let good = own.allowed.iter().any(|allowed| allowed == chosen)
                    || by_id.is_some_and(|id| (1..=own.allowed.len()).contains(&id));
                if good { None } else { field(&own.id, &format!("Option value '{chosen}' is not valid")) }
            }
            _ => None,
        }
    })
}

fn project_view(project: &Project) -> Value {
    json!({"id": project.key, "key": project.key, "name": format!("Project {}", project.key)})
}

fn issue_view(base: &str, issue: &Issue) -> Value {
    let fields = json!({
        "summary": issue.fields.get("summary"), "description": issue.fields.get("description"), "created": issue.created,
        "status": {"name": "To Do"},
    });
    json!({"id": issue.id, "key": issue.key, "self": format!("{base}/rest/api/3/issue/{}", issue.id), "fields": fields})
}
