use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::source::source;
use crate::{DetectedBy, Import, Language, Symbol, Understanding, codes, permissions};

/// Source: `code`, or a file of a workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContextRequest {
    #[serde(default)]
    #[schema(example = "pub fn double(x: i32) -> i32 { x * 2 }")]
    code: Option<String>,
    #[serde(default)]
    workspace_id: Option<Uuid>,
    /// The file, or what the source's file is called.
    #[serde(default)]
    #[schema(example = "src/lib.rs")]
    path: Option<String>,
    /// Told by name or content where it is absent.
    #[serde(default)]
    language: Option<String>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
struct CodeContext {
    path: Option<String>,
    language: Language,
    detected_by: DetectedBy,
    imports: Vec<Import>,
    /// Names that others may use.
    exports: Vec<String>,
    symbols: Vec<Symbol>,
    /// Lines of the source.
    lines: u32,
    /// Of the source.
    sha256: String,
    /// Places that are no valid source.
    errors: u32,
    /// There may be more: the time was up or a limit reached.
    truncated: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/context", handle)
        .id("extract_code_context")
        .summary("Language, symbols, imports and exports of source")
        .requires(&permissions::READ)
        .body::<ContextRequest>()
        .answers::<CodeContext>(200, "What was found")
        .problems(&[
            &codes::INVALID,
            &codes::UNKNOWN_LANGUAGE,
            &codes::TOO_LARGE,
            &codes::TOO_SLOW,
            &codes::NOT_FOUND,
            &codes::NOT_TEXT,
        ])
}

async fn handle(
    caller: Caller,
    understanding: web::Data<dyn Understanding>,
    Json(body): Json<ContextRequest>,
) -> Result<Json<CodeContext>, Problem> {
    let source = source(body.code, body.workspace_id, body.path, body.language)?;
    let found = understanding.extract_code_context(&caller, source).await?;
    let extract = found.extract.as_ref().clone();
    Ok(Json(CodeContext {
        path: found.path,
        language: extract.language,
        detected_by: found.detected_by,
        imports: extract.imports,
        exports: extract.exports,
        symbols: extract.symbols,
        lines: extract.lines,
        sha256: found.sha256,
        errors: extract.errors,
        truncated: extract.truncated,
    }))
}
