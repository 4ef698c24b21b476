use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use utoipa::ToSchema;

use super::connection_body::{CredentialsBody, SettingsBody, provider};
use super::view::ConnectionView;
use crate::{Connections, NewConnection, codes, permissions};

/// An account to connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateConnection {
    /// `github`, `notion` or `jira`.
    #[schema(example = "github")]
    provider: String,
    credentials: CredentialsBody,
    #[serde(default)]
    settings: SettingsBody,
    /// 1 to 100 characters; absent: what the provider calls the account.
    #[serde(default)]
    name: Option<String>,
    /// `private` (default) or `org`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "private")]
    visibility: Visibility,
}

pub(super) fn operation() -> Operation {
    Operation::post("/connections", handle)
        .id("create_connection")
        .summary("Connect an account elsewhere by a token")
        .describe("The provider is asked whether it takes the credentials. They are sealed and never shown again.")
        .requires(&permissions::CONNECT)
        .body::<CreateConnection>()
        .answers::<ConnectionView>(201, "The connection")
        .problems(&[
            &codes::INVALID,
            &codes::CREDENTIALS_REFUSED,
            &codes::CHOICE_NEEDED,
            &codes::TOO_MANY_CONNECTIONS,
            &codes::PROVIDER_UNAVAILABLE,
            &codes::PROVIDER_LIMIT,
        ])
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Json(body): Json<CreateConnection>,
) -> Result<Created<ConnectionView>, Problem> {
    let new = NewConnection {
        provider: provider("/provider", &body.provider)?,
        credentials: body.credentials.into(),
        settings: body.settings.into(),
        name: body.name,
        visibility: body.visibility,
    };
    let made = connections.create(&caller, new).await?;
    Ok(Created::at(format!("/api/v1/integrations/connections/{}", made.id), ConnectionView::from(made)).version(1))
}
