use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::policy_views::{PolicyView, subject};
use crate::{Policies, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/policies/{scope}/{id}", handle)
        .id("get_llm_policy")
        .summary("The policy of a person, an organisation or an API key")
        .requires(&permissions::MANAGE)
        .answers::<PolicyView>(200, "The policy")
        .problems(&[&codes::POLICY_NOT_FOUND, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    policies: web::Data<dyn Policies>,
    path: Path<(String, Uuid)>,
) -> Result<Etagged<PolicyView>, Problem> {
    let (scope, id): (_, Uuid) = subject(path.into_inner())?;
    let found = policies.get(&caller, scope, id).await?;
    Ok(Etagged::new(found.version, PolicyView::from(found)))
}
