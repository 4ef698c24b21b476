use core_kernel::Timestamp;
use serde_json::{Map, Value, json};

/// A field on the screen of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraField {
    /// Such as `customfield_10010`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// It must be filled in.
    pub required: bool,
    /// It has a value when nobody gives one.
    pub has_default: bool,
    /// The only values that it takes; empty: any.
    pub allowed: Vec<String>,
}

impl JiraField {
    /// A field that must be filled in and takes these values.
    pub fn required(id: &str, name: &str, allowed: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            required: true,
            has_default: false,
            allowed: allowed.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "fieldId": self.id, "key": self.id, "name": self.name, "required": self.required, "hasDefaultValue": self.has_default,
            "operations": ["set"], "schema": {"type": if self.allowed.is_empty() { "string" } else { "option" }},
        });
        if let (false, Some(members)) = (self.allowed.is_empty(), view.as_object_mut()) {
            let values: Vec<Value> =
                self.allowed.iter().enumerate().map(|(at, value)| json!({"id": (at + 1).to_string(), "value": value})).collect();
            members.insert("allowedValues".into(), Value::Array(values));
        }
        view
    }
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Such as `BRICK`.
    pub key: String,
    /// Its issue types: id and name.
    pub types: Vec<(String, String)>,
    /// Fields besides summary and description.
    pub fields: Vec<JiraField>,
}

impl Project {
    pub(crate) fn new(key: &str, fields: Vec<JiraField>) -> Self {
        let types = vec![("10001".to_owned(), "Task".to_owned()), ("10002".to_owned(), "Bug".to_owned())];
        Self { key: key.to_owned(), types, fields }
    }

    pub(crate) fn all_fields(&self) -> Vec<JiraField> {
        let own = |id: &str, name: &str, required: bool| JiraField {
            id: id.to_owned(),
            name: name.to_owned(),
            required,
            has_default: false,
            allowed: Vec::new(),
        };
        let mut fields = vec![
            own("summary", "Summary", true),
            own("description", "Description", false),
            own("project", "Project", true),
            own("issuetype", "Issue Type", true),
            own("labels", "Labels", false),
            JiraField { has_default: true, ..own("reporter", "Reporter", true) },
        ];
        fields.extend(self.fields.iter().cloned());
        fields
    }
}

/// An issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// Such as `BRICK-1`.
    pub key: String,
    /// Its number in the whole site.
    pub id: String,
    /// Every field that was sent.
    pub fields: Map<String, Value>,
    /// Entity properties by key.
    pub properties: Map<String, Value>,
    /// When it was made.
    pub created: Timestamp,
}

/// Everything that Jira holds.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) projects: Vec<Project>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) index_lag: i64,
    pub(crate) faults_in_messages: bool,
    pub(crate) more_sites: Vec<String>,
}
