use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::view::MediaView;
use crate::{Library, MediaId, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}", handle)
        .id("get_media")
        .summary("A picture")
        .requires(&permissions::READ)
        .answers::<MediaView>(200, "The picture")
}

async fn handle(caller: Caller, library: web::Data<dyn Library>, Path(id): Path<Uuid>) -> Result<Etagged<MediaView>, Problem> {
    let media = library.get(&caller, MediaId(id)).await?;
    Ok(Etagged::new(media.version, MediaView::from(media)))
}
