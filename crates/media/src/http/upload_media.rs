use actix_web::HttpRequest;
use actix_web::web::{self, Payload};
use core_http::{Caller, Created, Form, FormRules, LimitClass, Operation, Problem};
use core_kernel::Visibility;

use super::view::{MediaView, location};
use crate::{Library, MediaConfig, NewMedia, codes, permissions};

/// What a form has beside its file: names, boundaries, the other fields.
const MARGIN: u64 = 128 * 1024;

pub(super) fn operation(config: &MediaConfig) -> Operation {
    Operation::post("", handle)
        .id("upload_media")
        .summary("Upload a picture")
        .describe(
            "A form with the part `file` (JPEG, PNG, WebP or GIF) and, where wanted, `purpose`, `alt` and `visibility` (`private`, the \
             default, or `org`). The picture is decoded, turned upright, converted to sRGB and encoded again, so nothing but its \
             pixels is kept: no place, no camera, no hidden content. It is ready when the answer comes.",
        )
        .requires(&permissions::WRITE)
        .limit(LimitClass::Write)
        .multipart()
        .max_body_bytes(usize::try_from(config.max_bytes + MARGIN).unwrap_or(usize::MAX))
        .answers::<MediaView>(201, "The picture")
        .problems(codes::OF_A_NEW_PICTURE)
}

async fn handle(
    caller: Caller,
    library: web::Data<dyn Library>,
    config: web::Data<MediaConfig>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Created<MediaView>, Problem> {
    let texts = &["purpose", "alt", "visibility"];
    let rules = FormRules { texts, files: &["file"], max_file_bytes: config.max_bytes, max_files: 1 };
    let mut form = Form::read(&request, payload, rules).await?;
    let file = form.take_file("file")?;
    let new = NewMedia {
        purpose: form.text("purpose").map(str::to_owned),
        alt: form.text("alt").map(str::to_owned),
        visibility: visibility(form.text("visibility"))?,
        file_name: file.name,
        declared: file.content_type,
    };
    let media = library.add(&caller, new, file.file).await?;
    let (location, version) = (location(&media), media.version);
    Ok(Created::at(location, MediaView::from(media)).version(version))
}

fn visibility(text: Option<&str>) -> Result<Visibility, Problem> {
    match text {
        None | Some("private") => Ok(Visibility::Private),
        Some("org") => Ok(Visibility::Org),
        Some(_) => Err(Problem::invalid("/visibility", "unknown_value", "Expected `private` or `org`.")),
    }
}
