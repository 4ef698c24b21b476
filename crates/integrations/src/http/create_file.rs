use actix_web::web;
use core_http::{Caller, IdempotencyKey, Json, Operation, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::creation::{self, Answered, How, PlanView};
use crate::{ConnectionId, Creations, NewFile, codes, permissions};

/// A file to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateGithubFile {
    /// Absent: the only connection to GitHub.
    #[serde(default)]
    connection_id: Option<Uuid>,
    /// `owner/name`.
    #[serde(default)]
    #[schema(example = "ada/engine")]
    repository: Option<String>,
    #[schema(example = "docs/notes.md")]
    path: String,
    /// Text, at most 1.5 MB.
    content: String,
    #[serde(default)]
    branch: Option<String>,
    /// Where a new branch begins and a pull request leads.
    #[serde(default)]
    base_branch: Option<String>,
    /// Open a pull request.
    #[serde(default)]
    pull_request: Option<bool>,
    /// The commit's message.
    #[serde(default)]
    message: Option<String>,
    /// The blob that the change is based on: another one there is `integrations.file_changed`.
    #[serde(default)]
    sha: Option<String>,
}

/// A file that is there.
#[derive(Serialize, ToSchema)]
pub(super) struct GithubFile {
    url: Option<String>,
    /// The id of its blob.
    sha: String,
    branch: String,
    /// Absent where nothing had to be written.
    commit_url: Option<String>,
    pull_request_url: Option<String>,
    /// True: there was no file.
    created: bool,
    /// True: it was there with this content, and nothing was written.
    unchanged: bool,
    operation_id: String,
}

impl From<Value> for GithubFile {
    fn from(result: Value) -> Self {
        let text = |name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
        let yes = |name: &str| result.get(name).and_then(Value::as_bool) == Some(true);
        Self {
            url: text("url"),
            sha: text("sha").unwrap_or_default(),
            branch: text("branch").unwrap_or_default(),
            commit_url: text("commit_url"),
            pull_request_url: text("pull_request_url"),
            created: yes("created"),
            unchanged: yes("unchanged"),
            operation_id: text("operation_id").unwrap_or_default(),
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::post("/github/files", handle)
        .id("create_github_file")
        .summary("Write a file to a repository of GitHub")
        .describe(creation::DESCRIPTION)
        .requires(&permissions::WRITE)
        .query::<How>()
        .timeout(std::time::Duration::from_mins(1))
        .body::<CreateGithubFile>()
        .max_body_bytes(2 * 1024 * 1024)
        .answers::<GithubFile>(201, "The file")
        .answers::<PlanView>(200, "With `dry_run`: what would be sent")
        .problems(creation::PROBLEMS)
        .problems(&[&codes::FILE_CHANGED, &codes::NOT_A_FILE, &codes::BLOCKED_BY_RULE])
}

async fn handle(
    caller: Caller,
    creations: web::Data<dyn Creations>,
    key: Option<IdempotencyKey>,
    Query(how): Query<How>,
    Json(body): Json<CreateGithubFile>,
) -> Result<Answered<GithubFile>, Problem> {
    let file = NewFile {
        connection: body.connection_id.map(ConnectionId),
        repository: body.repository,
        path: body.path,
        content: body.content,
        branch: body.branch,
        base_branch: body.base_branch,
        pull_request: body.pull_request,
        message: body.message,
        sha: body.sha,
    };
    if how.is_dry() {
        return Ok(Answered::Plan(creations.plan_github_file(&caller, file).await?.into()));
    }
    Ok(Answered::made(creations.create_github_file(&caller, file, creation::key(key)).await?))
}
