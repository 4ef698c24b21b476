use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{Links, permissions};

/// The most bytes of a text.
const MAX_BODY_BYTES: usize = 1024 * 1024 + 4096;

/// A text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ParseLinks {
    /// Any text; code spans and fenced code are skipped.
    #[schema(example = "See https://github.com/ada/engine/blob/main/src/lib.rs#L10-L20 and BRICK-1.")]
    text: String,
}

/// The links of a text.
#[derive(Serialize, ToSchema)]
struct ParsedLinks {
    /// In order: `kind`, `provider`, `confidence`, `span` (bytes), and what the link names, at most 1000.
    #[schema(value_type = Vec<Object>)]
    links: Vec<Value>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/links/parse", handle)
        .id("parse_links")
        .summary("Find links to GitHub, Notion and Jira in a text")
        .describe(
            "No provider is asked. Look-alike hosts are no links. A branch may have slashes in its name: `candidates` lists the ways to read ref and \
             path. Shorthands (`owner/repo#1`) and keys in prose are of low confidence.",
        )
        .requires(&permissions::READ)
        .body::<ParseLinks>()
        .max_body_bytes(MAX_BODY_BYTES)
        .answers::<ParsedLinks>(200, "The links")
}

async fn handle(caller: Caller, links: web::Data<dyn Links>, Json(body): Json<ParseLinks>) -> Result<Json<ParsedLinks>, Problem> {
    let found = links.parse(&caller, &body.text).await?;
    Ok(Json(ParsedLinks { links: found.iter().map(|link| json!(link)).collect() }))
}
