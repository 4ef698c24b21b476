use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};

use crate::{PasskeyId, Passkeys, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/passkeys/{id}", handle)
        .id("remove_passkey")
        .summary("Remove a passkey")
        .describe("Unless it is the last way to sign in. The address is told. Not for API keys.")
        .requires(&permissions::SELF)
        .dangerous()
        .no_content()
        .problems(&[&codes::PERSON_NEEDED, &codes::LAST_WAY_IN])
}

async fn handle(caller: Caller, passkeys: web::Data<dyn Passkeys>, id: Path<PasskeyId>) -> Result<HttpResponse, Problem> {
    passkeys.remove(&caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
