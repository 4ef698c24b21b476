use actix_web::{HttpResponse, web};
use core_http::{ClientInfo, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::SignedInBody;
use crate::{Accounts, Device, Registration, codes};

/// The code of the claim link, and the account to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimRequest {
    /// What follows `#token=` in the link that the server printed.
    token: Secret,
    /// The administrator's address.
    #[schema(format = "email")]
    email: String,
    /// 15 to 128 characters.
    #[schema(min_length = 15, max_length = 128)]
    password: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/claim", handle)
        .id("claim_server")
        .summary("Become the first administrator")
        .describe("The link is printed when the server starts and nobody has claimed it; it works once, for half an hour.")
        .public()
        .limit(LimitClass::Login)
        .body::<ClaimRequest>()
        .answers::<SignedInBody>(201, "The administrator, signed in")
        .secret_answer()
        .problems(&[
            &codes::INVALID_CODE,
            &codes::ALREADY_CLAIMED,
            &codes::EMAIL_TAKEN,
            &codes::INVALID,
            &codes::LEAK_CHECK_UNAVAILABLE,
            &codes::BUSY,
        ])
}

async fn handle(
    accounts: web::Data<dyn Accounts>,
    client: ClientInfo,
    Json(request): Json<ClaimRequest>,
) -> Result<HttpResponse, Problem> {
    let registration = Registration {
        email: request.email,
        password: request.password,
        display_name: None,
        invitation: None,
        device: Device::from_user_agent(client.user_agent.as_deref()),
    };
    let password = registration.password.clone();
    let (account, tokens) = accounts.claim(&request.token, registration).await?;
    let advice = accounts.advise(&password, account.email.as_str(), None).await;
    let body = SignedInBody::new(&account, tokens, advice);
    Ok(HttpResponse::Created().insert_header(("location", "/api/v1/users/me")).json(body))
}
