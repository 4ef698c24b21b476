use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::AcceptedBody;
use crate::{EmailChanges, codes, permissions};

/// The address that the account is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmailChangeRequest {
    /// An address that can get mail.
    #[schema(example = "ada@example.org", format = "email")]
    email: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/email/change", handle)
        .id("request_email_change")
        .summary("Ask for another address")
        .describe("Both the address of now and the new one get a link, and both have to confirm within a day. Whether the new address has an account is not told. A change that waits already ends.")
        .requires(&permissions::SELF)
        .dangerous()
        .limit(LimitClass::Login)
        .body::<EmailChangeRequest>()
        .answers::<AcceptedBody>(202, "Links are on their way")
        .problems(&[&codes::INVALID, &codes::PERSON_NEEDED, &codes::SESSION_ENDED])
}

async fn handle(
    caller: Caller,
    changes: web::Data<dyn EmailChanges>,
    Json(request): Json<EmailChangeRequest>,
) -> Result<HttpResponse, Problem> {
    changes.request(&caller, &request.email).await?;
    Ok(HttpResponse::Accepted().json(AcceptedBody::check_mail()))
}
