use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::SecretEndpointView;
use crate::{Endpoints, NewEndpoint, codes, permissions};

/// A new endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateEndpoint {
    /// A public https address of at most 2048 bytes.
    #[schema(example = "https://example.com/hooks/brickwork")]
    url: String,
    /// Types, families such as `media.*`, or `*`; left out: everything. `GET /webhooks/event-types` lists what there is.
    #[schema(example = json!(["media.ready"]))]
    #[serde(default)]
    event_types: Option<Vec<String>>,
    /// What it is for: at most 500 characters.
    #[serde(default)]
    description: Option<String>,
    /// In an organisation: `private`, the default, is seen by its maker alone and gets what they may see; `org` is seen by all who manage
    /// webhooks and gets what everybody may see.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Option<Visibility>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/endpoints", handle)
        .id("create_webhook_endpoint")
        .summary("Have events sent to an address")
        .describe(
            "Events of the space are sent as POST with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` \
             (Standard Webhooks 1.0, `v1`). Only 2xx within the time is success; redirects are not followed. What fails is tried ten times over \
             75 hours. Each event comes at least once, in any order, with the same `webhook-id` each time. The secret is shown once.",
        )
        .requires(&permissions::WRITE)
        .body::<CreateEndpoint>()
        .answers::<SecretEndpointView>(201, "The endpoint, with its secret")
        .secret_answer()
        .problems(&[&codes::INVALID, &codes::TOO_MANY_ENDPOINTS])
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    Json(body): Json<CreateEndpoint>,
) -> Result<Created<SecretEndpointView>, Problem> {
    let new = NewEndpoint {
        url: body.url,
        description: body.description,
        events: body.event_types,
        visibility: body.visibility.unwrap_or_default(),
    };
    let (endpoint, secret) = endpoints.create(&caller, new).await?;
    let (location, version) = (format!("/api/v1/webhooks/endpoints/{}", endpoint.id), endpoint.version);
    Ok(Created::at(location, SecretEndpointView::new(endpoint, &secret)).version(version))
}
