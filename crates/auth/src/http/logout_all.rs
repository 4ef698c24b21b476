use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem, SessionCookie};

use super::signed_in::signed_out;
use crate::{Sessions, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/logout-all", handle)
        .id("logout_all")
        .summary("End all sessions of the caller")
        .requires(&permissions::SELF)
        .no_content()
        .problems(&[&codes::PERSON_NEEDED])
}

async fn handle(caller: Caller, cookie: SessionCookie, sessions: web::Data<dyn Sessions>) -> Result<HttpResponse, Problem> {
    sessions.logout_all(&caller).await?;
    signed_out(&cookie)
}
