use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::role::RoleBody;
use crate::{Roles, codes, permissions};

/// What the role is to allow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateRoleRequest {
    /// Names of platform permissions that the caller has; they take the place of those of now.
    permissions: Vec<String>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/roles/{name}", handle)
        .id("update_role")
        .summary("Change what a role allows")
        .describe("Whoever has the role has the new rights within a second, everywhere. With If-Match, only the version that it names is changed.")
        .requires(&permissions::ROLES_MANAGE)
        .dangerous()
        .body::<UpdateRoleRequest>()
        .answers::<RoleBody>(200, "The role as it is now")
        .problems(&[&codes::INVALID, &codes::ROLE_BUILT_IN, &codes::BEYOND_OWN_RIGHTS, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    roles: web::Data<dyn Roles>,
    Path(name): Path<String>,
    if_match: IfMatch,
    Json(request): Json<UpdateRoleRequest>,
) -> Result<Etagged<RoleBody>, Problem> {
    let role = roles.update(&caller, &name, &request.permissions, if_match.version()).await?;
    Ok(Etagged::new(role.version, role.into()))
}
