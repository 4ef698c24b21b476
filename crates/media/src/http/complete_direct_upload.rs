use actix_web::web;
use core_http::{Caller, Created, LimitClass, Operation, Path, Problem};
use uuid::Uuid;

use super::view::{MediaView, location};
use crate::{DirectUploads, UploadId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/direct-uploads/{id}/complete", handle)
        .id("complete_direct_upload")
        .summary("Make the picture of what was put into the store")
        .describe(
            "It is ready when the answer comes. Called again, it gives the same picture. A picture that is refused is gone.",
        )
        .requires(&permissions::WRITE)
        .limit(LimitClass::Write)
        .answers::<MediaView>(201, "The picture")
        .problems(codes::OF_A_NEW_PICTURE)
        .problems(&[&codes::NOT_UPLOADED, &codes::UPLOAD_EXPIRED])
}

async fn handle(
    caller: Caller,
    uploads: web::Data<dyn DirectUploads>,
    Path(id): Path<Uuid>,
) -> Result<Created<MediaView>, Problem> {
    let media = uploads.complete(&caller, UploadId(id)).await?;
    let (location, version) = (location(&media), media.version);
    Ok(Created::at(location, MediaView::from(media)).version(version))
}
