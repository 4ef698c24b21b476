use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use super::serving::{accepts, documented, serve};
use crate::{Content, MediaId, VariantName, permissions};

pub(super) fn operation() -> Operation {
    documented(Operation::get("/{id}/content", handle))
        .id("get_media_content")
        .summary("The bytes of a picture")
        .requires(&permissions::READ)
}

async fn handle(
    caller: Caller,
    content: web::Data<dyn Content>,
    Path(id): Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let picked = content.pick(&caller, MediaId(id), VariantName::Original, accepts(&request)).await?;
    serve(content.as_ref(), &request, picked).await
}
