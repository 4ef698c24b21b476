use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::{Actor, ActorKind, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Sessions, permissions};

/// Who the caller is, now.
#[derive(Serialize, ToSchema)]
struct MeBody {
    user_id: Uuid,
    /// The organisation acted for; none in the personal space.
    org_id: Option<Uuid>,
    /// `user`, `api_key` or `impersonated`.
    kind: &'static str,
    roles: Vec<String>,
    permissions: Vec<String>,
    session_id: Option<Uuid>,
    api_key_id: Option<Uuid>,
    /// The administrator who acts in the caller's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonated_by: Option<Uuid>,
    /// How the caller proved who they are (RFC 8176).
    amr: Vec<String>,
    /// When.
    auth_time: Option<Timestamp>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/me", handle)
        .id("get_caller")
        .summary("Who the caller is, and what they may do")
        .requires(&permissions::SELF)
        .answers::<MeBody>(200, "The caller")
}

async fn handle(caller: Caller, sessions: web::Data<dyn Sessions>) -> Result<Json<MeBody>, Problem> {
    Ok(Json(sessions.who_am_i(&caller).await?.into()))
}

impl From<Actor> for MeBody {
    fn from(caller: Actor) -> Self {
        let (kind, api_key_id) = match caller.kind {
            ActorKind::User => ("user", None),
            ActorKind::ApiKey { key } => ("api_key", Some(key)),
            ActorKind::Impersonated { .. } => ("impersonated", None),
            ActorKind::System { .. } => ("system", None),
        };
        let impersonated_by = match caller.kind {
            ActorKind::Impersonated { by } => Some(by.get()),
            _ => None,
        };
        Self {
            impersonated_by,
            user_id: caller.subject.get(),
            org_id: (caller.owner != caller.personal_space()).then(|| caller.owner.get()),
            kind,
            permissions: caller.permissions.names().map(str::to_owned).collect(),
            session_id: caller.session.map(|session| session.id),
            api_key_id,
            auth_time: caller.session.map(|session| session.auth_time),
            roles: caller.roles,
            amr: caller.amr,
        }
    }
}
