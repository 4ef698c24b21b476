use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem};
use uuid::Uuid;

use crate::{LlmError, Policies, PolicyScope, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/policies/default", handle)
        .id("delete_llm_default_policy")
        .summary("Take away the policy of everybody who has none of their own")
        .requires(&permissions::MANAGE)
        .no_content()
}

async fn handle(caller: Caller, policies: web::Data<dyn Policies>) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, Uuid) = (PolicyScope::Default, Uuid::nil());
    // There is one default or none: taking away what is not there leaves it as it was wanted.
    match policies.delete(&caller, scope, id).await {
        Err(LlmError::Plain(code)) if *code == codes::POLICY_NOT_FOUND => {}
        deleted => deleted?,
    }
    Ok(HttpResponse::NoContent().finish())
}
