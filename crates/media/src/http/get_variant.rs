use actix_web::{HttpRequest, HttpResponse, web};
use core_db::DbError;
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use super::serving::{accepts, documented, serve};
use crate::{Content, MediaError, MediaId, VariantName, permissions};

pub(super) fn operation() -> Operation {
    documented(Operation::get("/{id}/variants/{name}", handle))
        .id("get_media_variant")
        .summary("The bytes of one size of a picture")
        .describe("`thumb`, `small`, `medium` and `large` have long sides of 320, 640, 1280 and 2048 pixels. No picture is made larger.")
        .requires(&permissions::READ)
}

async fn handle(
    caller: Caller,
    content: web::Data<dyn Content>,
    Path((id, name)): Path<(Uuid, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // An unknown name costs nothing.
    let name = VariantName::parse(&name).ok_or(MediaError::Db(DbError::NotFound))?;
    let picked = content.pick(&caller, MediaId(id), name, accepts(&request)).await?;
    serve(content.as_ref(), &request, picked).await
}
