use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, Operation, Problem};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::passkey::PasskeyBody;
use crate::{Passkeys, codes, permissions};

/// The new passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FinishRegistrationRequest {
    /// What `navigator.credentials.create` gave, as `toJSON()` writes it (`RegistrationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
    /// To tell passkeys apart.
    #[schema(max_length = 100)]
    #[serde(default)]
    name: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/passkeys/register/finish", handle)
        .id("finish_passkey_registration")
        .summary("Add a passkey")
        .describe("In the session that began, within five minutes. The address is told.")
        .requires(&permissions::SELF)
        .body::<FinishRegistrationRequest>()
        .answers::<PasskeyBody>(201, "The passkey")
        .problems(&[
            &codes::PERSON_NEEDED,
            &codes::CEREMONY_OVER,
            &codes::INVALID,
            &codes::PASSKEY_KNOWN,
            &codes::TOO_MANY_PASSKEYS,
            &codes::PASSKEYS_NOT_CONFIGURED,
        ])
}

async fn handle(
    caller: Caller,
    passkeys: web::Data<dyn Passkeys>,
    Json(request): Json<FinishRegistrationRequest>,
) -> Result<HttpResponse, Problem> {
    let body = PasskeyBody::from(passkeys.add(&caller, &request.credential, request.name.as_deref()).await?);
    let location = format!("/api/v1/auth/passkeys/{}", body.id);
    Ok(HttpResponse::Created().insert_header(("location", location)).json(body))
}
