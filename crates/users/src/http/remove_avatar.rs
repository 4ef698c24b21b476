use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Problem};

use crate::{Profiles, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/me/avatar", handle)
        .id("remove_own_avatar")
        .summary("Remove the caller's picture")
        .requires(&permissions::PROFILE_WRITE)
        .no_content()
}

async fn handle(caller: Caller, profiles: web::Data<dyn Profiles>) -> Result<HttpResponse, Problem> {
    profiles.remove_avatar(&caller).await?;
    Ok(HttpResponse::NoContent().finish())
}
