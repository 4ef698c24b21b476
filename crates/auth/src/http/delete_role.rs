use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};

use crate::{Roles, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/roles/{name}", handle)
        .id("delete_role")
        .summary("Remove a role that nobody has")
        .requires(&permissions::ROLES_MANAGE)
        .dangerous()
        .no_content()
        .problems(&[&codes::ROLE_BUILT_IN, &codes::ROLE_IN_USE])
}

async fn handle(caller: Caller, roles: web::Data<dyn Roles>, Path(name): Path<String>) -> Result<HttpResponse, Problem> {
    roles.delete(&caller, &name).await?;
    Ok(HttpResponse::NoContent().finish())
}
