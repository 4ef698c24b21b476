use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::EndpointView;
use crate::{EndpointChange, EndpointId, Endpoints, codes, permissions};

/// What is to change; null removes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateEndpoint {
    /// A public https address of at most 2048 bytes. The secret stays.
    #[serde(default)]
    url: Option<String>,
    /// Types, families such as `media.*`, or `*`.
    #[serde(default)]
    event_types: Option<Vec<String>>,
    /// What it is for: at most 500 characters.
    #[serde(default)]
    description: Patch<String>,
    /// `private` or `org`.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Option<Visibility>,
    /// Whether events are sent. What comes while it is off is not sent later.
    #[serde(default)]
    enabled: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/endpoints/{id}", handle)
        .id("update_webhook_endpoint")
        .summary("Change a webhook endpoint")
        .requires(&permissions::WRITE)
        .body::<UpdateEndpoint>()
        .answers::<EndpointView>(200, "The endpoint")
        .problems(&[&codes::INVALID, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateEndpoint>,
) -> Result<Etagged<EndpointView>, Problem> {
    let change = EndpointChange {
        url: body.url,
        description: body.description.change(),
        events: body.event_types,
        visibility: body.visibility,
        enabled: body.enabled,
    };
    let endpoint = endpoints.update(&caller, EndpointId(id), change, if_match.version()).await?;
    Ok(Etagged::new(endpoint.version, EndpointView::from(endpoint)))
}
