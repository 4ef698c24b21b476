use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::MediaView;
use crate::{Library, MediaFilter, MediaId, codes, permissions};

/// Which pictures.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// For this purpose only.
    purpose: Option<String>,
    /// Nearly the same as this picture only (difference hashes of 64 bits, of which at most 6 differ).
    similar_to: Option<Uuid>,
}

pub(super) fn operation() -> Operation {
    Operation::get("", handle)
        .id("list_media")
        .summary("Pictures")
        .requires(&permissions::READ)
        .query::<Filter>()
        .paged(Order::Desc)
        .answers::<PageResponse<MediaView>>(200, "A page of pictures")
        .problems(&[&codes::INVALID, &codes::NOT_READY, &core_http::codes::NOT_FOUND])
}

async fn handle(
    caller: Caller,
    library: web::Data<dyn Library>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<MediaView>, Problem> {
    let filter = MediaFilter { purpose: filter.purpose, similar_to: filter.similar_to.map(MediaId) };
    let found = library.list(&caller, filter, &page).await?;
    Ok(page.answer(found).map(MediaView::from))
}
