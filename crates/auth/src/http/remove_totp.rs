use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem};

use crate::{SecondFactor, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/totp", handle)
        .id("remove_totp")
        .summary("Stop using the authenticator app")
        .describe("The recovery codes end with it. The address is told. Not for API keys.")
        .requires(&permissions::SELF)
        .dangerous()
        .no_content()
        .problems(&[&codes::PERSON_NEEDED])
}

async fn handle(caller: Caller, factors: web::Data<dyn SecondFactor>) -> Result<HttpResponse, Problem> {
    factors.remove(&caller).await?;
    Ok(HttpResponse::NoContent().finish())
}
