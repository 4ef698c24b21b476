use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::list_templates::TemplateView;
use crate::{Templates, codes, permissions};

/// A new version of a template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateTemplate {
    /// Small letters, digits, `_` and `-`, at most 64. A name that is there gets its next version.
    #[schema(example = "greeting")]
    name: String,
    /// minijinja source, at most 64 KiB.
    #[schema(example = "Greet {{ name }} in {{ language }}.")]
    text: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/templates", handle)
        .id("create_template")
        .summary("Add a template, or the next version of one")
        .requires(&permissions::CHAT)
        .body::<CreateTemplate>()
        .answers::<TemplateView>(201, "The version")
        .problems(&[&codes::INVALID, &codes::TEMPLATE_BROKEN, &codes::TOO_MANY])
}

async fn handle(
    caller: Caller,
    templates: web::Data<dyn Templates>,
    Json(body): Json<CreateTemplate>,
) -> Result<Created<TemplateView>, Problem> {
    let made = templates.create(&caller, &body.name, &body.text).await?;
    let location = format!("/api/v1/llm/templates/{}?version={}", made.name, made.version);
    Ok(Created::at(location, TemplateView::from(made)))
}
