use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{Templates, codes, permissions};

/// What is filled in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenderRequest {
    /// The newest when absent.
    #[serde(default)]
    version: Option<i64>,
    /// By name; a name that the template asks for and that is not here is an error.
    #[schema(value_type = Object)]
    #[serde(default)]
    variables: Map<String, Value>,
}

/// A text.
#[derive(Serialize, ToSchema)]
struct RenderedTemplate {
    name: String,
    version: i64,
    text: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/templates/{name}/render", handle)
        .id("render_template")
        .summary("Fill a template in")
        .requires(&permissions::READ)
        .body::<RenderRequest>()
        .answers::<RenderedTemplate>(200, "The text")
        .problems(&[&codes::TEMPLATE_NOT_FOUND, &codes::TEMPLATE_BROKEN])
}

async fn handle(
    caller: Caller,
    templates: web::Data<dyn Templates>,
    name: Path<String>,
    Json(body): Json<RenderRequest>,
) -> Result<Json<RenderedTemplate>, Problem> {
    let variables = Value::Object(body.variables);
    let (template, text) = templates.render(&caller, &name.into_inner(), body.version, &variables).await?;
    Ok(Json(RenderedTemplate { name: template.name, version: template.version, text }))
}
