use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use super::policy_views::subject;
use crate::{Policies, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/policies/{scope}/{id}", handle)
        .id("delete_llm_policy")
        .summary("Take away the policy of a person, an organisation or an API key")
        .requires(&permissions::MANAGE)
        .no_content()
        .problems(&[&codes::POLICY_NOT_FOUND, &codes::INVALID])
}

async fn handle(caller: Caller, policies: web::Data<dyn Policies>, path: Path<(String, Uuid)>) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, Uuid) = subject(path.into_inner())?;
    policies.delete(&caller, scope, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
