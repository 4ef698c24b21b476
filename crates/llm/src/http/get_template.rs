use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::list_templates::TemplateView;
use crate::{Templates, codes, permissions};

/// Which version.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    /// The newest when absent.
    version: Option<i64>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/templates/{name}", handle)
        .id("get_template")
        .summary("A prompt template")
        .requires(&permissions::READ)
        .query::<VersionQuery>()
        .answers::<TemplateView>(200, "The version")
        .problems(&[&codes::TEMPLATE_NOT_FOUND])
}

async fn handle(
    caller: Caller,
    templates: web::Data<dyn Templates>,
    name: Path<String>,
    query: Query<VersionQuery>,
) -> Result<Json<TemplateView>, Problem> {
    Ok(Json(TemplateView::from(templates.get(&caller, &name.into_inner(), query.into_inner().version).await?)))
}
