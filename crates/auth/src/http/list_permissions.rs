use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::{OrgRole, Permission};
use serde::Serialize;
use utoipa::ToSchema;

use super::role::WholeList;
use crate::{Roles, permissions};

/// A right; its name is also a scope of API keys.
#[derive(Serialize, ToSchema)]
struct PermissionBody {
    #[schema(example = "llm:chat")]
    name: &'static str,
    summary: &'static str,
    /// Everybody has it in their own space.
    personal: bool,
    /// Only roles give it.
    platform: bool,
    /// The least role in an organisation that has it there: `viewer`, `member`, `admin` or `owner`.
    #[schema(value_type = Option<String>)]
    min_org_role: Option<OrgRole>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/permissions", handle)
        .id("list_permissions")
        .summary("Every permission of this server")
        .requires(&permissions::ROLES_MANAGE)
        .answers::<WholeList<PermissionBody>>(200, "All of them")
}

async fn handle(caller: Caller, roles: web::Data<dyn Roles>) -> Result<Json<WholeList<PermissionBody>>, Problem> {
    let all = roles.permissions(&caller).await?;
    Ok(Json(WholeList::of(all.into_iter().map(PermissionBody::from))))
}

impl From<&'static Permission> for PermissionBody {
    fn from(permission: &'static Permission) -> Self {
        let Permission { name, summary, personal, platform, min_org_role } = permission;
        Self { name, summary, personal: *personal, platform: *platform, min_org_role: *min_org_role }
    }
}
