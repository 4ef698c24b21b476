use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::role::WholeList;
use crate::{Identities, LinkedIdentity, permissions};

/// An identity elsewhere by which the caller signs in.
#[derive(Serialize, ToSchema)]
struct IdentityBody {
    id: Uuid,
    /// The provider's name.
    provider: String,
    /// The address there, when it was linked.
    email: Option<String>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl From<LinkedIdentity> for IdentityBody {
    fn from(identity: LinkedIdentity) -> Self {
        Self {
            id: identity.id.get(),
            provider: identity.provider,
            email: identity.email,
            created_at: identity.created_at,
            last_used_at: identity.last_used_at,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/identities", handle)
        .id("list_identities")
        .summary("Identities elsewhere by which the caller signs in")
        .requires(&permissions::SELF)
        .answers::<WholeList<IdentityBody>>(200, "All of them")
}

async fn handle(caller: Caller, identities: web::Data<dyn Identities>) -> Result<Json<WholeList<IdentityBody>>, Problem> {
    let all = identities.list(&caller).await?;
    Ok(Json(WholeList::of(all.into_iter().map(IdentityBody::from))))
}
