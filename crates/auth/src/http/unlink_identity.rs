use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{Identities, IdentityId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/identities/{id}", handle)
        .id("unlink_identity")
        .summary("Remove an identity by which the caller signs in")
        .describe("The last way to sign in can't be removed. Not for API keys.")
        .requires(&permissions::SELF)
        .dangerous()
        .no_content()
        .problems(&[&codes::LAST_WAY_IN, &codes::PERSON_NEEDED])
}

async fn handle(caller: Caller, identities: web::Data<dyn Identities>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    identities.unlink(&caller, IdentityId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
