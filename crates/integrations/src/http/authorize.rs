use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::connection_body::provider;
use crate::{Authorizations, codes, permissions};

/// Where the browser goes at the end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AuthorizeConnection {
    /// An address of the settings (`integrations.redirect_uris`), or one below this server's own. It gets `connection_code` or `error`;
    /// the code is handed in at `POST /integrations/connections/{provider}/complete`.
    #[schema(example = "https://app.example/connected")]
    redirect_uri: String,
}

/// Where the browser has to go.
#[derive(Serialize, ToSchema)]
struct ConnectionAuthorization {
    /// The provider's page, where people agree; ten minutes long.
    authorize_url: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/connections/{provider}/authorize", handle)
        .id("authorize_connection")
        .summary("Begin to connect an account by OAuth")
        .requires(&permissions::CONNECT)
        .body::<AuthorizeConnection>()
        .answers::<ConnectionAuthorization>(200, "Where the browser has to go")
        .problems(&[&codes::INVALID, &codes::OAUTH_NOT_CONFIGURED])
        .secret_answer()
}

async fn handle(
    caller: Caller,
    authorizations: web::Data<dyn Authorizations>,
    Path(name): Path<String>,
    Json(body): Json<AuthorizeConnection>,
) -> Result<Json<ConnectionAuthorization>, Problem> {
    let provider = provider("/provider", &name).map_err(|_unknown| Problem::not_found())?;
    let authorize_url = authorizations.begin(&caller, provider, &body.redirect_uri).await?;
    Ok(Json(ConnectionAuthorization { authorize_url }))
}
