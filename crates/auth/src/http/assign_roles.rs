use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use core_kernel::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Roles, codes, permissions};

/// The roles that somebody is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignRolesRequest {
    /// Names; they take the place of those of now.
    #[schema(example = json!(["support"]))]
    roles: Vec<String>,
}

/// The roles that somebody has.
#[derive(Serialize, ToSchema)]
struct AssignedRolesBody {
    user_id: Uuid,
    roles: Vec<String>,
}

pub(super) fn operation() -> Operation {
    Operation::put("/users/{id}/roles", handle)
        .id("assign_roles")
        .summary("Give somebody roles")
        .describe("They have the new rights within a second, everywhere. The server always keeps an administrator.")
        .requires(&permissions::ROLES_MANAGE)
        .dangerous()
        .body::<AssignRolesRequest>()
        .answers::<AssignedRolesBody>(200, "The roles that they have now")
        .problems(&[&codes::INVALID, &codes::BEYOND_OWN_RIGHTS, &codes::LAST_ADMINISTRATOR])
}

async fn handle(
    caller: Caller,
    roles: web::Data<dyn Roles>,
    Path(id): Path<Uuid>,
    Json(request): Json<AssignRolesRequest>,
) -> Result<Json<AssignedRolesBody>, Problem> {
    let roles = roles.assign(&caller, UserId(id), &request.roles).await?;
    Ok(Json(AssignedRolesBody { user_id: id, roles }))
}
