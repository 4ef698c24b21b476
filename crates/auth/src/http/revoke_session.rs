use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{SessionId, Sessions, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/sessions/{id}", handle)
        .id("revoke_session")
        .summary("End one of the caller's sessions")
        .requires(&permissions::SELF)
        .no_content()
        .problems(&[&codes::PERSON_NEEDED])
}

async fn handle(caller: Caller, sessions: web::Data<dyn Sessions>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    sessions.revoke(&caller, SessionId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
