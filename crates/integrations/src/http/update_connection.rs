use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Path, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::connection_body::{CredentialsBody, SettingsBody};
use super::view::ConnectionView;
use crate::{ConnectionChange, ConnectionId, Connections, codes, permissions};

/// What is to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateConnection {
    /// 1 to 100 characters.
    #[serde(default)]
    name: Option<String>,
    /// Replaces the ones of before.
    #[serde(default)]
    settings: Option<SettingsBody>,
    /// `private` or `org`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "org")]
    visibility: Option<Visibility>,
    /// Checked with the provider like those of a new connection.
    #[serde(default)]
    credentials: Option<CredentialsBody>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/connections/{id}", handle)
        .id("update_connection")
        .summary("Change a connection, or give it new credentials")
        .requires(&permissions::CONNECT)
        .body::<UpdateConnection>()
        .answers::<ConnectionView>(200, "The connection")
        .problems(&[
            &codes::INVALID,
            &codes::CHANGED,
            &codes::CREDENTIALS_REFUSED,
            &codes::CHOICE_NEEDED,
            &codes::PROVIDER_UNAVAILABLE,
        ])
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateConnection>,
) -> Result<Etagged<ConnectionView>, Problem> {
    let change = ConnectionChange {
        name: body.name,
        settings: body.settings.map(Into::into),
        visibility: body.visibility,
        credentials: body.credentials.map(Into::into),
    };
    let own = connections.update(&caller, ConnectionId(id), change, if_match.version()).await?;
    Ok(Etagged::new(own.version, ConnectionView::from(own)))
}
