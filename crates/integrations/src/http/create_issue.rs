use actix_web::web;
use core_http::{Caller, IdempotencyKey, Json, Operation, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::creation::{self, Answered, How, PlanView};
use crate::{ConnectionId, Creations, NewIssue, codes, permissions};

/// An issue to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateJiraIssue {
    /// Absent: the only connection to Jira.
    #[serde(default)]
    connection_id: Option<Uuid>,
    /// The key of the project.
    #[serde(default)]
    #[schema(example = "BRICK")]
    project: Option<String>,
    /// One line of at most 255 characters.
    #[schema(example = "The wall leans")]
    summary: String,
    /// CommonMark with GitHub's tables, tasks and alerts.
    description: String,
    /// Name or id; absent: `Task`, or the only one.
    #[serde(default)]
    issue_type: Option<String>,
    /// Further fields by id, such as `customfield_10010`. Values with a name may be given by it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
}

/// An issue that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct JiraIssue {
    #[schema(example = "BRICK-1")]
    key: String,
    url: String,
    operation_id: String,
}

impl From<Value> for JiraIssue {
    fn from(result: Value) -> Self {
        let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { key: text("key"), url: text("url"), operation_id: text("operation_id") }
    }
}

pub(super) fn operation() -> Operation {
    Operation::post("/jira/issues", handle)
        .id("create_jira_issue")
        .summary("Make an issue in Jira from Markdown")
        .describe(creation::DESCRIPTION)
        .requires(&permissions::WRITE)
        .query::<How>()
        .timeout(std::time::Duration::from_mins(1))
        .body::<CreateJiraIssue>()
        .answers::<JiraIssue>(201, "The issue")
        .answers::<PlanView>(200, "With `dry_run`: what would be sent")
        .problems(creation::PROBLEMS)
        .problems(&[&codes::CHOICE_NEEDED, &codes::FIELDS_REQUIRED])
}

async fn handle(
    caller: Caller,
    creations: web::Data<dyn Creations>,
    key: Option<IdempotencyKey>,
    Query(how): Query<How>,
    Json(body): Json<CreateJiraIssue>,
) -> Result<Answered<JiraIssue>, Problem> {
    let issue = NewIssue {
        connection: body.connection_id.map(ConnectionId),
        project: body.project,
        summary: body.summary,
        description: body.description,
        issue_type: body.issue_type,
        fields: body.fields.unwrap_or_default(),
    };
    if how.is_dry() {
        return Ok(Answered::Plan(creations.plan_jira_issue(&caller, issue).await?.into()));
    }
    Ok(Answered::made(creations.create_jira_issue(&caller, issue, creation::key(key)).await?))
}
