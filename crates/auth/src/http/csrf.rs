use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::signed_in::CookieBody;
use crate::{CookieSessions, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/csrf", handle)
        .id("get_csrf_token")
        .summary("The CSRF token of a session that is kept by a cookie")
        .describe("For pages that were loaded anew: it is the token that sign-in answered.")
        .requires(&permissions::SELF)
        .answers::<CookieBody>(200, "The token")
        .problems(&[&codes::NO_COOKIE])
}

async fn handle(caller: Caller, cookies: web::Data<dyn CookieSessions>) -> Result<Json<CookieBody>, Problem> {
    Ok(Json(CookieBody::from(&cookies.of_caller(&caller).await?)))
}
