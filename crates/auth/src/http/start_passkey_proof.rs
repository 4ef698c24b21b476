use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};

use super::passkey::CeremonyBody;
use crate::{Passkeys, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/passkeys/reauthenticate/start", handle)
        .id("start_passkey_proof")
        .summary("Begin to prove again who you are with a passkey")
        .describe("Gives what `navigator.credentials.get` is to be called with; POST /auth/reauthenticate takes the answer as `credential`.")
        .requires(&permissions::SELF)
        .limit(LimitClass::Login)
        .answers::<CeremonyBody>(200, "The options")
        .problems(&[&codes::PERSON_NEEDED, &codes::NO_PASSKEY, &codes::PASSKEYS_NOT_CONFIGURED])
}

async fn handle(caller: Caller, passkeys: web::Data<dyn Passkeys>) -> Result<Json<CeremonyBody>, Problem> {
    Ok(Json(passkeys.begin_proof(&caller).await?.into()))
}
