use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::policy_views::{PolicyView, PutPolicy, subject};
use crate::{Policies, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::put("/policies/{scope}/{id}", handle)
        .id("put_llm_policy")
        .summary("Set the policy of a person, an organisation or an API key")
        .requires(&permissions::MANAGE)
        .body::<PutPolicy>()
        .answers::<PolicyView>(200, "The policy")
        .problems(&[&codes::POLICY_CHANGED, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    policies: web::Data<dyn Policies>,
    path: Path<(String, Uuid)>,
    if_match: IfMatch,
    Json(body): Json<PutPolicy>,
) -> Result<Etagged<PolicyView>, Problem> {
    let (scope, id): (_, Uuid) = subject(path.into_inner())?;
    let found = policies.put(&caller, scope, id, body.into(), if_match.version()).await?;
    Ok(Etagged::new(found.version, PolicyView::from(found)))
}
