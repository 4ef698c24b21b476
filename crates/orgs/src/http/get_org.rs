use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::views::OrgView;
use crate::{OrgId, Organisations, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}", handle)
        .id("get_org")
        .summary("An organisation")
        .requires(&permissions::READ)
        .answers::<OrgView>(200, "The organisation")
}

async fn handle(
    caller: Caller,
    organisations: web::Data<dyn Organisations>,
    id: Path<Uuid>,
) -> Result<Etagged<OrgView>, Problem> {
    let found = organisations.get(&caller, OrgId(id.into_inner())).await?;
    Ok(Etagged::new(found.org.version, OrgView::from(found.org)))
}
