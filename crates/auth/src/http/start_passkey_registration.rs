use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::passkey::CeremonyBody;
use crate::{Passkeys, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/passkeys/register/start", handle)
        .id("start_passkey_registration")
        .summary("Begin to add a passkey")
        .describe("Gives what `navigator.credentials.create` is to be called with. Not for API keys.")
        .requires(&permissions::SELF)
        .dangerous()
        .answers::<CeremonyBody>(200, "The options")
        .problems(&[&codes::PERSON_NEEDED, &codes::TOO_MANY_PASSKEYS, &codes::PASSKEYS_NOT_CONFIGURED])
}

async fn handle(caller: Caller, passkeys: web::Data<dyn Passkeys>) -> Result<Json<CeremonyBody>, Problem> {
    Ok(Json(passkeys.begin_adding(&caller).await?.into()))
}
