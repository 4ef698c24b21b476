use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Path, Problem};
use core_kernel::Order;
use uuid::Uuid;

use super::views::DomainView;
use crate::{Domains, OrgId, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}/domains", handle)
        .id("list_domains")
        .summary("The domains that an organisation claims")
        .requires(&permissions::MANAGE)
        .paged(Order::Desc)
        .answers::<PageResponse<DomainView>>(200, "A page of domains")
}

async fn handle(
    caller: Caller,
    domains: web::Data<dyn Domains>,
    id: Path<Uuid>,
    page: PageQuery,
) -> Result<PageResponse<DomainView>, Problem> {
    let found = domains.list(&caller, OrgId(id.into_inner()), &page).await?;
    Ok(page.answer(found).map(DomainView::from))
}
