use actix_web::{HttpResponse, web};
use core_http::{ClientInfo, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{AcceptedBody, SignedInBody};
use crate::{Accounts, Device, Registered, Registration, codes};

/// What somebody registers with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegisterRequest {
    /// An address that can get mail.
    #[schema(example = "ada@example.com", format = "email")]
    email: String,
    /// 15 to 128 characters; any will do.
    #[schema(min_length = 15, max_length = 128, example = "correct horse battery staple 42")]
    password: Secret,
    /// How to be called.
    #[schema(max_length = 100)]
    #[serde(default)]
    display_name: Option<String>,
    /// The token of an invitation: what follows `#token=` in the link of its mail. Its address is then verified.
    #[serde(default)]
    invitation: Option<Secret>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/register", handle)
        .id("register")
        .summary("Register")
        .describe(
            "Where addresses must be verified, the answer is always 202, so that nobody learns which addresses have accounts.",
        )
        .public()
        .limit(LimitClass::Login)
        .body::<RegisterRequest>()
        .answers::<SignedInBody>(201, "Registered and signed in")
        .answers::<AcceptedBody>(202, "A mail is on its way")
        .secret_answer()
        .problems(&[
            &codes::EMAIL_TAKEN,
            &codes::INVALID,
            &codes::REGISTRATION_CLOSED,
            &codes::INVITATION_NEEDED,
            &codes::INVALID_INVITATION,
            &codes::LEAK_CHECK_UNAVAILABLE,
            &codes::BUSY,
        ])
}

async fn handle(
    accounts: web::Data<dyn Accounts>,
    client: ClientInfo,
    Json(request): Json<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    let registration = Registration {
        email: request.email,
        password: request.password,
        display_name: request.display_name,
        invitation: request.invitation,
        device: Device::from_user_agent(client.user_agent.as_deref()),
    };
    let password = registration.password.clone();
    Ok(match accounts.register(registration).await? {
        Registered::SignedIn(account, tokens) => {
            let advice = accounts.advise(&password, account.email.as_str(), account.display_name.as_deref()).await;
            let body = SignedInBody::new(&account, tokens, advice);
            HttpResponse::Created().insert_header(("location", "/api/v1/users/me")).json(body)
        }
        Registered::CheckMail => HttpResponse::Accepted().json(AcceptedBody::check_mail()),
    })
}
