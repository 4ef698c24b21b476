use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::role::{RoleBody, WholeList};
use crate::{Roles, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/roles", handle)
        .id("list_roles")
        .summary("Every role, and what it allows")
        .requires(&permissions::ROLES_MANAGE)
        .answers::<WholeList<RoleBody>>(200, "All of them")
}

async fn handle(caller: Caller, roles: web::Data<dyn Roles>) -> Result<Json<WholeList<RoleBody>>, Problem> {
    let all = roles.list(&caller).await?;
    Ok(Json(WholeList::of(all.into_iter().map(RoleBody::from))))
}
