use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::ResourceView;
use crate::{ConnectionId, Connections, ResourceKind, codes, permissions};

/// What is looked for.
#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// `repository`, `page`, `project` or `issue_type`.
    #[param(value_type = String, example = "repository")]
    kind: ResourceKind,
    /// What its name holds; of issue types the key of their project.
    query: Option<String>,
}

/// What a connection can reach.
#[derive(Serialize, ToSchema)]
struct ResourceList {
    items: Vec<ResourceView>,
    next_cursor: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/connections/{id}/resources", handle)
        .id("list_connection_resources")
        .summary("What a connection can reach, to choose from")
        .requires(&permissions::READ)
        .query::<Wanted>()
        .answers::<ResourceList>(200, "At most 100 that fit")
        .problems(&[
            &codes::INVALID,
            &codes::RECONNECT_NEEDED,
            &codes::PROVIDER_UNAVAILABLE,
            &codes::PROVIDER_LIMIT,
            &codes::TARGET_NOT_FOUND,
        ])
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ResourceList>, Problem> {
    let query = wanted.query.unwrap_or_default();
    let found = connections.resources(&caller, ConnectionId(id), wanted.kind, &query).await?;
    Ok(Json(ResourceList { items: found.into_iter().map(ResourceView::from).collect(), next_cursor: None }))
}
