use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_egress::Method;
use core_kernel::{FieldError, Timestamp};
use serde_json::{Map, Value, json};

use super::jira_fields::{self, Metadata};
use super::{Failure, Finding, Ledger, Look, Maker, NewIssue, Outcome, Plan, line_fault, refuse, text_fault};
use crate::error::Choice;
use crate::markdown::{self, adf, wiki};
use crate::store::operations;
use crate::vendor::{Call, CallError, Refusal, Session};
use crate::{Connection, IntegrationsError, Operation, OperationId, Settings};

/// The entity property by which an issue is found again.
const PROPERTY: &str = "brickwork.operation";
/// The most characters of a description, by Jira's default for long texts.
const MAX_DESCRIPTION: usize = 32_767;
/// Clocks differ.
const SLACK: Duration = Duration::from_mins(2);

/// Makes one issue.
pub(crate) struct IssueMaker {
    project: String,
    summary: String,
    description: Vec<markdown::Block>,
    issue_type: Option<String>,
    fields: Map<String, Value>,
    pub(crate) metadata: Metadata,
}

fn project_fault(project: &str) -> Option<FieldError> {
    let fits = (1..=100).contains(&project.len()) && project.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!fits).then(|| FieldError::new("/project", "invalid_project", "the key of a project, such as BRICK"))
}

impl IssueMaker {
    /// Puts a request and the settings together.
    pub(crate) fn new(issue: NewIssue, settings: &Settings, metadata: Metadata) -> Result<Self, IntegrationsError> {
        let project = issue.project.or_else(|| settings.project.clone()).unwrap_or_default();
        let issue_type = issue.issue_type.or_else(|| settings.issue_type.clone());
        let mut faults: Vec<FieldError> = project_fault(&project).into_iter().collect();
        faults.extend(line_fault("/summary", Some(&issue.summary), 255));
        faults.extend(line_fault("/issue_type", issue_type.as_deref(), 100));
        faults.extend(text_fault("/description", &issue.description, 4 * MAX_DESCRIPTION));
        if core_kernel::members_hold_nul(&issue.fields) {
            faults.push(FieldError::new("/fields", "invalid_text", "U+0000 is not taken"));
        }
        let own = ["project", "issuetype", "summary", "description"];
        let reserved = issue.fields.keys().filter(|name| own.contains(&name.as_str()));
        faults.extend(reserved.map(|name| FieldError::new(format!("/fields/{name}"), "reserved", "has a member of its own")));
        refuse(faults)?;
        let description = markdown::parse(&issue.description);
        let length = adf::text_of(&adf::document(&description)).chars().count();
        if length > MAX_DESCRIPTION {
            let rule = format!("at most {MAX_DESCRIPTION} characters as Jira shows them; it has {length}");
            return Err(IntegrationsError::field("/description", "too_long", rule));
        }
        let mut fields = settings.fields.clone();
        fields.extend(issue.fields);
        Ok(Self { project, summary: issue.summary.trim().to_owned(), description, issue_type, fields, metadata })
    }

    /// What is looked for when the answer was lost.
    pub(crate) fn to_value(&self) -> Value {
        json!({"project": self.project, "summary": self.summary})
    }

    /// The request, after the project was asked what it wants.
    async fn prepare(&self, session: &Session, operation: Option<OperationId>) -> Result<Call, IntegrationsError> {
        needs_site(&session.connection)?;
        let kind = jira_fields::issue_type(session, &self.metadata, &self.project, self.issue_type.as_deref()).await?;
        let known = jira_fields::fields(session, &self.metadata, &self.project, &kind).await?;
        let mut fields = self.fields.clone();
        jira_fields::check(&known, &mut fields, !self.description.is_empty())?;
        fields.insert("project".to_owned(), json!({"key": self.project}));
        fields.insert("issuetype".to_owned(), json!({"id": kind}));
        fields.insert("summary".to_owned(), json!(self.summary));
        let version = jira_fields::version(session);
        if !self.description.is_empty() {
            let description =
                if version == 2 { json!(wiki::markup(&self.description)) } else { adf::document(&self.description) };
            fields.insert("description".to_owned(), description);
        }
        let id = operation.map_or_else(|| json!("{operation}"), |id| json!(id));
        let body = json!({"fields": fields, "properties": [{"key": PROPERTY, "value": {"id": id}}]});
        Ok(session.call(Method::POST, &format!("/rest/api/{version}/issue"))?.with_body(body))
    }

    /// What would be sent.
    pub(crate) async fn plan(&self, session: &Session) -> Result<Plan, IntegrationsError> {
        let call = self.prepare(session, None).await?;
        let mut findings = Vec::new();
        if jira_fields::version(session) == 2 && !self.description.is_empty() {
            findings.push(Finding::note("wiki_markup", "The description goes out as wiki markup, which Data Center takes."));
        }
        Ok(Plan { requests: vec![call.planned()], findings })
    }
}

/// An account of OAuth with several sites must have chosen one.
fn needs_site(connection: &Connection) -> Result<(), IntegrationsError> {
    if connection.told("mode") != Some("gateway") || connection.told("cloud_id").is_some() {
        return Ok(());
    }
    let text = |site: &Value, name: &str| site.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let sites = connection.account.get("sites").and_then(Value::as_array).cloned().unwrap_or_default();
    let choices = sites.iter().map(|site| Choice { id: text(site, "id"), name: text(site, "name") }).collect();
    let what = "The account has several sites: set `settings.site` of the connection.".to_owned();
    Err(IntegrationsError::ChoiceNeeded { what, choices })
}

fn outcome(session: &Session, operation: &Operation, key: &str) -> Outcome {
    let site = session.connection.told("site").unwrap_or_default().trim_end_matches('/');
    let result = json!({"key": key, "url": format!("{site}/browse/{key}"), "operation_id": operation.id});
    Outcome { result, external_id: key.to_owned() }
}

/// Faults that Jira names by field, as pointers into the request.
fn explained(refusal: &Refusal) -> IntegrationsError {
    let pointer = |field: &str| match field {
        "summary" | "description" | "project" => format!("/{field}"),
        "issuetype" => "/issue_type".to_owned(),
        other => format!("/fields/{other}"),
    };
    let errors = refusal.body.get("errors").and_then(Value::as_object);
    let fields = errors.into_iter().flatten().map(|(name, text)| {
        FieldError::new(pointer(name), "refused", text.as_str().unwrap_or_default().chars().take(300).collect::<String>())
    });
    IntegrationsError::Refused { message: refusal.message.clone(), fields: fields.collect() }
}

#[async_trait]
impl Maker for IssueMaker {
    fn repeats_safely(&self) -> bool {
        false
    }

    async fn make(&self, session: &Session, operation: &mut Operation, ledger: &Ledger) -> Result<Outcome, Failure> {
        let call = self.prepare(session, Some(operation.id)).await?;
        ledger.sent(operation).await?;
        match session.send(&call).await {
            Ok(answer) => match answer.text("/key") {
                Some(key) => Ok(outcome(session, operation, key)),
                None => Err(Failure::Lost("the answer has no key".to_owned())),
            },
            Err(CallError::Refused(refusal)) if refusal.status == 400 => Err(explained(&refusal).into()),
            Err(error) => Err(Failure::of_write(error)),
        }
    }
}

/// Looks for the issue that carries this operation's id. Where searches tell no properties, as in old Data Centers, one with the same summary
/// counts that was made since and that no other operation made.
pub(crate) async fn look(session: &Session, operation: &Operation, db: &Db) -> Result<Look, IntegrationsError> {
    let text = |name: &str| operation.target.get(name).and_then(Value::as_str).unwrap_or_default();
    let since = operation.sent_at.unwrap_or(operation.created_at).minus(SLACK);
    let minutes = db.ambient().now().since(since).as_secs() / 60 + 5;
    let jql = format!("project = \"{}\" AND created >= -{minutes}m ORDER BY created DESC", text("project"));
    let version = jira_fields::version(session);
    let path = if version == 2 { "/rest/api/2/search" } else { "/rest/api/3/search/jql" };
    let body = json!({"jql": jql, "fields": ["summary", "created"], "properties": [PROPERTY], "maxResults": 100});
    let answer = session.send(&session.call(Method::POST, path)?.with_body(body)).await?;
    let own = json!(operation.id);
    for issue in answer.list("/issues") {
        let Some(key) = issue.get("key").and_then(Value::as_str) else { continue };
        let marked = issue.pointer(&format!("/properties/{PROPERTY}/id"));
        let same = match (marked, version) {
            (Some(id), _) => *id == own,
            (None, 2) => {
                let made = issue.pointer("/fields/created").and_then(Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
                let summary = issue.pointer("/fields/summary").and_then(Value::as_str);
                let alike = summary == Some(text("summary")) && made.is_none_or(|made| made >= since);
                alike && !operations::is_claimed(db.read(), operation.connection, key, operation.id).await?
            }
            (None, _) => false,
        };
        if same {
            return Ok(Look::Found(outcome(session, operation, key)));
        }
    }
    Ok(Look::Absent)
}
