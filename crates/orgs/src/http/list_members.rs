use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Path, Problem};
use core_kernel::Order;
use uuid::Uuid;

use super::views::MemberView;
use crate::{Memberships, OrgId, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}/members", handle)
        .id("list_members")
        .summary("The members of an organisation")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<MemberView>>(200, "A page of members")
}

async fn handle(
    caller: Caller,
    memberships: web::Data<dyn Memberships>,
    id: Path<Uuid>,
    page: PageQuery,
) -> Result<PageResponse<MemberView>, Problem> {
    let found = memberships.list(&caller, OrgId(id.into_inner()), &page).await?;
    Ok(page.answer(found).map(MemberView::from))
}
