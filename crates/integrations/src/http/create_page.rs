use actix_web::web;
use core_http::{Caller, IdempotencyKey, Json, Operation, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::creation::{self, Answered, How, PlanView};
use crate::{ConnectionId, Creations, NewPage, codes, permissions};

/// A page to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateNotionPage {
    /// Absent: the only connection to Notion.
    #[serde(default)]
    connection_id: Option<Uuid>,
    /// The id or address of a page, data source or database.
    #[serde(default)]
    parent: Option<String>,
    /// Absent: the first heading.
    #[serde(default)]
    title: Option<String>,
    /// CommonMark with GitHub's tables, tasks and alerts, and math. At most 700,000 characters.
    #[schema(example = "# Notes\n\nBricks.")]
    markdown: String,
}

/// A page that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct NotionPage {
    id: String,
    url: String,
    /// What looks otherwise than in Markdown.
    notes: Vec<String>,
    operation_id: String,
}

impl From<Value> for NotionPage {
    fn from(result: Value) -> Self {
        let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let notes = result.get("notes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        Self { id: text("id"), url: text("url"), notes: notes.map(str::to_owned).collect(), operation_id: text("operation_id") }
    }
}

pub(super) fn operation() -> Operation {
    Operation::post("/notion/pages", handle)
        .id("create_notion_page")
        .summary("Make a page in Notion from Markdown")
        .describe(creation::DESCRIPTION)
        .requires(&permissions::WRITE)
        .query::<How>()
        .body::<CreateNotionPage>()
        .max_body_bytes(1024 * 1024)
        .timeout(std::time::Duration::from_mins(2))
        .answers::<NotionPage>(201, "The page")
        .answers::<PlanView>(200, "With `dry_run`: what would be sent")
        .problems(creation::PROBLEMS)
        .problems(&[&codes::CHOICE_NEEDED, &codes::PAGE_INCOMPLETE])
}

async fn handle(
    caller: Caller,
    creations: web::Data<dyn Creations>,
    key: Option<IdempotencyKey>,
    Query(how): Query<How>,
    Json(body): Json<CreateNotionPage>,
) -> Result<Answered<NotionPage>, Problem> {
    let page = NewPage {
        connection: body.connection_id.map(ConnectionId),
        parent: body.parent,
        title: body.title,
        markdown: body.markdown,
    };
    if how.is_dry() {
        return Ok(Answered::Plan(creations.plan_notion_page(&caller, page).await?.into()));
    }
    Ok(Answered::made(creations.create_notion_page(&caller, page, creation::key(key)).await?))
}
