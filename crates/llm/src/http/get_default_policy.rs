use actix_web::web;
use core_http::{Caller, Etagged, Operation, Problem};
use uuid::Uuid;

use super::policy_views::PolicyView;
use crate::{Policies, PolicyScope, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/policies/default", handle)
        .id("get_llm_default_policy")
        .summary("The policy of everybody who has none of their own")
        .requires(&permissions::MANAGE)
        .answers::<PolicyView>(200, "The policy")
        .problems(&[&codes::POLICY_NOT_FOUND, &codes::INVALID])
}

async fn handle(caller: Caller, policies: web::Data<dyn Policies>) -> Result<Etagged<PolicyView>, Problem> {
    let (scope, id): (_, Uuid) = (PolicyScope::Default, Uuid::nil());
    let found = policies.get(&caller, scope, id).await?;
    Ok(Etagged::new(found.version, PolicyView::from(found)))
}
