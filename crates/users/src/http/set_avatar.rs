use actix_web::HttpRequest;
use actix_web::web::{self, Payload};
use core_http::{Caller, Etagged, Form, FormRules, Operation, Problem};

use super::body::{ProfileBody, tagged};
use crate::{AvatarFile, Profiles, codes, permissions};

/// The most bytes of a picture; what keeps it may take less.
const MAX_BYTES: u64 = 10 * 1024 * 1024;
/// What a form has beside its file.
const MARGIN: usize = 64 * 1024;

pub(super) fn operation() -> Operation {
    Operation::put("/me/avatar", handle)
        .id("set_own_avatar")
        .summary("Make a picture the caller's own")
        .describe(
            "A form with the part `image` (JPEG, PNG, WebP or GIF). `avatar_url` works for a day at least without credentials.",
        )
        .requires(&permissions::PROFILE_WRITE)
        .multipart()
        .max_body_bytes(10 * 1024 * 1024 + MARGIN)
        .answers::<ProfileBody>(200, "The profile")
        .problems(&[&codes::NO_AVATARS, &codes::PROFILE_CHANGED])
}

async fn handle(
    caller: Caller,
    profiles: web::Data<dyn Profiles>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Etagged<ProfileBody>, Problem> {
    let rules = FormRules { texts: &[], files: &["image"], max_file_bytes: MAX_BYTES, max_files: 1 };
    let image = Form::read(&request, payload, rules).await?.take_file("image")?;
    let picture = AvatarFile { file: image.file, name: image.name, content_type: image.content_type };
    Ok(tagged(profiles.set_avatar(&caller, picture).await?))
}
