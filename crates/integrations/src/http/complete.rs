use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Path, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::connection_body::provider;
use super::view::ConnectionView;
use crate::{Authorizations, codes, permissions};

/// What the browser came back with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompleteConnection {
    /// `connection_code` of the address that the browser came to. It works once, for five minutes, for whoever began.
    #[schema(value_type = String)]
    code: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/connections/{provider}/complete", handle)
        .id("complete_connection")
        .summary("End connecting an account by OAuth")
        .describe("Only who began can end it, so that nobody connects the account of somebody who was sent a link.")
        .requires(&permissions::CONNECT)
        .body::<CompleteConnection>()
        .answers::<ConnectionView>(201, "The connection")
        .problems(&[
            &codes::INVALID_STATE,
            &codes::CREDENTIALS_REFUSED,
            &codes::TOO_MANY_CONNECTIONS,
            &codes::PROVIDER_UNAVAILABLE,
            &codes::PROVIDER_LIMIT,
        ])
}

async fn handle(
    caller: Caller,
    authorizations: web::Data<dyn Authorizations>,
    Path(name): Path<String>,
    Json(body): Json<CompleteConnection>,
) -> Result<Created<ConnectionView>, Problem> {
    let provider = provider("/provider", &name).map_err(|_unknown| Problem::not_found())?;
    let made = authorizations.complete(&caller, provider, &body.code).await?;
    Ok(Created::at(format!("/api/v1/integrations/connections/{}", made.id), ConnectionView::from(made)).version(1))
}
