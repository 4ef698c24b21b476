use actix_web::{HttpResponse, web};
use core_http::{Json, LimitClass, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::AcceptedBody;
use crate::MagicLinks;

/// Where the link goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MagicLinkRequest {
    /// The address of the account. A text that is no address is answered like one without an account.
    email: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/magic-link", handle)
        .id("request_magic_link")
        .summary("Send a link that signs in")
        .describe("The answer and the work are the same whether or not the address has an account. The link works once, for ten minutes; the ones before end.")
        .public()
        .limit(LimitClass::Login)
        .body::<MagicLinkRequest>()
        .answers::<AcceptedBody>(202, "If the address has an account, a link is on its way")
}

async fn handle(links: web::Data<dyn MagicLinks>, Json(request): Json<MagicLinkRequest>) -> Result<HttpResponse, Problem> {
    links.request(&request.email).await?;
    Ok(HttpResponse::Accepted().json(AcceptedBody::check_mail()))
}
