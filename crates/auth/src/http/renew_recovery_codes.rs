use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::totp::RecoveryCodesBody;
use crate::{SecondFactor, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/recovery-codes", handle)
        .id("renew_recovery_codes")
        .summary("Make new recovery codes")
        .describe("Those of before end. Not for API keys.")
        .requires(&permissions::SELF)
        .dangerous()
        .answers::<RecoveryCodesBody>(200, "Recovery codes, shown this once")
        .secret_answer()
        .problems(&[&codes::PERSON_NEEDED, &codes::NO_SECOND_FACTOR])
}

async fn handle(caller: Caller, factors: web::Data<dyn SecondFactor>) -> Result<Json<RecoveryCodesBody>, Problem> {
    Ok(Json(factors.renew_recovery_codes(&caller).await?.into()))
}
