use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::role::RoleBody;
use crate::{Roles, codes, permissions};

/// A new role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateRoleRequest {
    /// 1 to 50 of a-z, 0-9, _ and -.
    #[schema(example = "support")]
    name: String,
    /// Names of platform permissions that the caller has.
    #[schema(example = json!(["auth:audit_read_all"]))]
    permissions: Vec<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/roles", handle)
        .id("create_role")
        .summary("Make a role")
        .requires(&permissions::ROLES_MANAGE)
        .dangerous()
        .body::<CreateRoleRequest>()
        .answers::<RoleBody>(201, "The role")
        .problems(&[&codes::INVALID, &codes::ROLE_EXISTS, &codes::BEYOND_OWN_RIGHTS])
}

async fn handle(
    caller: Caller,
    roles: web::Data<dyn Roles>,
    Json(request): Json<CreateRoleRequest>,
) -> Result<Created<RoleBody>, Problem> {
    let role = roles.create(&caller, &request.name, &request.permissions).await?;
    let (location, version) = (format!("/api/v1/auth/roles/{}", role.name), role.version);
    Ok(Created::at(location, role.into()).version(version))
}
