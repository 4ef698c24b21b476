use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem};

use crate::{Profiles, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/me", handle)
        .id("close_own_account")
        .summary("Close the caller's account")
        .describe("Every session ends at once; everything that the person holds is erased soon after. It can't be undone.")
        .requires(&permissions::PROFILE_WRITE)
        .dangerous()
        .no_content()
        .problems(&[&codes::NOT_IN_PERSON])
}

async fn handle(caller: Caller, profiles: web::Data<dyn Profiles>) -> Result<HttpResponse, Problem> {
    profiles.close(&caller).await?;
    Ok(HttpResponse::NoContent().finish())
}
