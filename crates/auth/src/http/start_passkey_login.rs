use actix_web::web;
use core_http::{Json, LimitClass, Operation, Problem};

use super::passkey::CeremonyBody;
use crate::{Passkeys, codes};

pub(super) fn operation() -> Operation {
    Operation::post("/passkeys/login/start", handle)
        .id("start_passkey_login")
        .summary("Begin to sign in with a passkey")
        .describe("Gives what `navigator.credentials.get` is to be called with. Nobody has to say who they are: the browser offers what it has for this site.")
        .public()
        .limit(LimitClass::Login)
        .answers::<CeremonyBody>(200, "The options")
        .problems(&[&codes::PASSKEYS_NOT_CONFIGURED])
}

async fn handle(passkeys: web::Data<dyn Passkeys>) -> Result<Json<CeremonyBody>, Problem> {
    Ok(Json(passkeys.begin_sign_in().await?.into()))
}
