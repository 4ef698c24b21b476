use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use core_kernel::DomainError as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ConnectionId, Links, ResolvedLink, codes, permissions};

/// A text with links.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolveLinks {
    /// Any text; its first 10 links are read.
    #[schema(example = "https://github.com/ada/engine/blob/main/src/lib.rs#L10-L20")]
    text: String,
    /// Absent: the only connection that leads there.
    #[serde(default)]
    connection_id: Option<Uuid>,
}

/// The links of a text, and what they lead to.
#[derive(Serialize, ToSchema)]
struct ResolvedLinks {
    /// Each as `POST /integrations/links/parse` has it, with `resolved` (`title`, `text`, `code`, `state`, `author`, `truncated`,
    /// `provenance`) or `problem` (`code`, `detail`).
    #[schema(value_type = Vec<Object>)]
    links: Vec<Value>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/links/resolve", handle)
        .id("resolve_links")
        .summary("Read what links lead to")
        .describe(
            "Title, text or code, read through a connection, with where it is from. A link is read through a connection to its own host alone. \
             At most 64 KiB of each are given.",
        )
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .body::<ResolveLinks>()
        .answers::<ResolvedLinks>(200, "What they lead to")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    links: web::Data<dyn Links>,
    Json(body): Json<ResolveLinks>,
) -> Result<Json<ResolvedLinks>, Problem> {
    let resolved = links.resolve(&caller, &body.text, body.connection_id.map(ConnectionId)).await?;
    Ok(Json(ResolvedLinks { links: resolved.iter().map(view).collect() }))
}

fn view(resolved: &ResolvedLink) -> Value {
    let mut view = json!(resolved.link);
    let (name, value) = match &resolved.found {
        Ok(found) => ("resolved", json!(found)),
        Err(error) => {
            let mut problem = error.extensions();
            problem.insert("code".to_owned(), json!(error.code().code));
            problem.insert("detail".to_owned(), json!(error.detail()));
            ("problem", Value::Object(problem))
        }
    };
    if let Some(members) = view.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    view
}
