use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::{Order, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Sessions, permissions};

/// A device that is signed in.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    id: Uuid,
    /// How its client calls itself.
    device: Option<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    /// True for the session of this request.
    current: bool,
}

pub(super) fn operation() -> Operation {
    Operation::get("/sessions", handle)
        .id("list_sessions")
        .summary("Devices of the caller that are signed in")
        .requires(&permissions::SELF)
        .paged(Order::Desc)
        .answers::<PageResponse<SessionBody>>(200, "A page of sessions")
}

async fn handle(
    caller: Caller,
    sessions: web::Data<dyn Sessions>,
    page: PageQuery,
) -> Result<PageResponse<SessionBody>, Problem> {
    let found = sessions.list(&caller, &page).await?;
    let current = caller.session.map(|session| session.id);
    Ok(page.answer(found).map(|session| SessionBody {
        id: session.id.get(),
        device: session.device,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        current: current == Some(session.id.get()),
    }))
}
