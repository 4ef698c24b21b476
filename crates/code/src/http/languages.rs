use core_http::{Caller, Json, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Language, permissions};

/// The languages of this server.
#[derive(Serialize, ToSchema)]
struct Languages {
    items: Vec<LanguageView>,
    /// Always null: they are few.
    next_cursor: Option<String>,
}

/// A language.
#[derive(Serialize, ToSchema)]
struct LanguageView {
    #[schema(example = "rust")]
    name: &'static str,
    /// Endings of file names.
    extensions: &'static [&'static str],
}

pub(super) fn operation() -> Operation {
    Operation::get("/languages", handle)
        .id("list_code_languages")
        .summary("The languages that are read here")
        .requires(&permissions::READ)
        .answers::<Languages>(200, "The languages")
}

async fn handle(caller: Caller) -> Result<Json<Languages>, Problem> {
    caller.require(&permissions::READ)?;
    let view = |language: &Language| LanguageView { name: language.as_str(), extensions: language.endings() };
    Ok(Json(Languages { items: Language::ALL.iter().map(view).collect(), next_cursor: None }))
}
