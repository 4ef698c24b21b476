use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem, SessionCookie};

use super::signed_in::signed_out;
use crate::{Sessions, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/logout", handle)
        .id("logout")
        .summary("End this session")
        .describe("Its access token is refused everywhere within a second, its refresh token at once.")
        .requires(&permissions::SELF)
        .no_content()
}

async fn handle(caller: Caller, cookie: SessionCookie, sessions: web::Data<dyn Sessions>) -> Result<HttpResponse, Problem> {
    sessions.logout(&caller).await?;
    signed_out(&cookie)
}
