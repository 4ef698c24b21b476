use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Problem};
use uuid::Uuid;

use super::policy_views::{PolicyView, PutPolicy};
use crate::{Policies, PolicyScope, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::put("/policies/default", handle)
        .id("put_llm_default_policy")
        .summary("Set the policy of everybody who has none of their own")
        .requires(&permissions::MANAGE)
        .body::<PutPolicy>()
        .answers::<PolicyView>(200, "The policy")
        .problems(&[&codes::POLICY_CHANGED, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    policies: web::Data<dyn Policies>,
    if_match: IfMatch,
    Json(body): Json<PutPolicy>,
) -> Result<Etagged<PolicyView>, Problem> {
    let (scope, id): (_, Uuid) = (PolicyScope::Default, Uuid::nil());
    let found = policies.put(&caller, scope, id, body.into(), if_match.version()).await?;
    Ok(Etagged::new(found.version, PolicyView::from(found)))
}
