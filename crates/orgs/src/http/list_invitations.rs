use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Path, Problem};
use core_kernel::Order;
use uuid::Uuid;

use super::views::InvitationView;
use crate::{Invitations, OrgId, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}/invitations", handle)
        .id("list_invitations")
        .summary("The open invitations of an organisation")
        .requires(&permissions::MANAGE)
        .paged(Order::Desc)
        .answers::<PageResponse<InvitationView>>(200, "A page of invitations")
}

async fn handle(
    caller: Caller,
    invitations: web::Data<dyn Invitations>,
    id: Path<Uuid>,
    page: PageQuery,
) -> Result<PageResponse<InvitationView>, Problem> {
    let found = invitations.list(&caller, OrgId(id.into_inner()), &page).await?;
    Ok(page.answer(found).map(InvitationView::from))
}
