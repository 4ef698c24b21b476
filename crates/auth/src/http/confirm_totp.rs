use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};

use super::totp::{CodeRequest, RecoveryCodesBody};
use crate::{SecondFactor, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/totp/confirm", handle)
        .id("confirm_totp")
        .summary("Show that the authenticator app works")
        .describe("From now on it is asked for at sign-in. The address is told. Not for API keys.")
        .requires(&permissions::SELF)
        .limit(LimitClass::Login)
        .body::<CodeRequest>()
        .answers::<RecoveryCodesBody>(200, "Recovery codes, shown this once")
        .secret_answer()
        .problems(&[&codes::INVALID, &codes::PERSON_NEEDED])
}

async fn handle(
    caller: Caller,
    factors: web::Data<dyn SecondFactor>,
    Json(request): Json<CodeRequest>,
) -> Result<Json<RecoveryCodesBody>, Problem> {
    Ok(Json(factors.confirm(&caller, &request.code).await?.into()))
}
