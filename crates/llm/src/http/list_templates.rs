use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{PromptTemplate, TemplateSource, Templates, permissions};

/// The templates, each in its newest version.
#[derive(Serialize, ToSchema)]
struct TemplateList {
    /// By name.
    templates: Vec<TemplateView>,
}

/// A version of a prompt template.
#[derive(Serialize, ToSchema)]
#[schema(as = PromptTemplate)]
pub(super) struct TemplateView {
    /// Those of features have the feature's name and a dot before it.
    #[schema(example = "fitness.coach")]
    name: String,
    /// From 1; a version never changes.
    version: i64,
    /// minijinja source.
    text: String,
    source: TemplateSource,
    created_at: Option<Timestamp>,
}

impl From<PromptTemplate> for TemplateView {
    fn from(found: PromptTemplate) -> Self {
        Self { name: found.name, version: found.version, text: found.text, source: found.source, created_at: found.created_at }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/templates", handle)
        .id("list_templates")
        .summary("The prompt templates of the features and of the space")
        .requires(&permissions::READ)
        .answers::<TemplateList>(200, "The templates")
}

async fn handle(caller: Caller, templates: web::Data<dyn Templates>) -> Result<Json<TemplateList>, Problem> {
    let found = templates.list(&caller).await?;
    Ok(Json(TemplateList { templates: found.into_iter().map(TemplateView::from).collect() }))
}
