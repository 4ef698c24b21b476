use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use core_kernel::UserId;
use uuid::Uuid;

use crate::{Sessions, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/users/{id}/sessions", handle)
        .id("end_user_sessions")
        .summary("Sign somebody out everywhere")
        .describe("Their access tokens are refused everywhere within a second. Their API keys go on working.")
        .requires(&permissions::USERS_MANAGE)
        .dangerous()
        .no_content()
}

async fn handle(caller: Caller, sessions: web::Data<dyn Sessions>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    sessions.end_of(&caller, UserId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
