use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{SecondFactor, codes, permissions};

/// What an authenticator app needs.
#[derive(Serialize, ToSchema)]
struct EnrollmentBody {
    /// Base 32, for typing.
    secret: String,
    /// The same for apps on this device.
    otpauth_url: String,
    /// The same as a picture to scan.
    qr_svg: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/totp/enroll", handle)
        .id("enroll_totp")
        .summary("Begin to use an authenticator app")
        .describe("It is asked for at sign-in once POST /auth/totp/confirm has seen a code of it (RFC 6238: SHA-1, six digits, 30 seconds). Not for API keys.")
        .requires(&permissions::SELF)
        .dangerous()
        .answers::<EnrollmentBody>(200, "The secret, shown this once")
        .secret_answer()
        .problems(&[&codes::PERSON_NEEDED, &codes::TOTP_IN_USE])
}

async fn handle(caller: Caller, factors: web::Data<dyn SecondFactor>) -> Result<Json<EnrollmentBody>, Problem> {
    let enrollment = factors.enroll(&caller).await?;
    Ok(Json(EnrollmentBody {
        secret: enrollment.secret.expose().to_owned(),
        otpauth_url: enrollment.url.expose().to_owned(),
        qr_svg: enrollment.qr_svg.expose().to_owned(),
    }))
}
