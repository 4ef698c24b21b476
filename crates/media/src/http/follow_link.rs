use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Operation, Path, Problem};

use super::serving::{accepts, documented, serve};
use crate::{Content, codes};

pub(super) fn operation() -> Operation {
    documented(Operation::get("/signed/{token}", handle))
        .id("follow_media_link")
        .summary("The bytes behind a signed link")
        .public()
        .problems(&[&codes::INVALID_LINK])
}

async fn handle(
    content: web::Data<dyn Content>,
    Path(token): Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let picked = content.follow(&token, accepts(&request)).await?;
    serve(content.as_ref(), &request, picked).await
}
