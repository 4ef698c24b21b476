use actix_web::web;
use core_http::{Caller, Created, Json, LimitClass, Operation, Problem};
use core_kernel::{Timestamp, Visibility};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{DirectUpload, DirectUploads, NewMedia, codes, permissions};

/// What will be put into the store.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BeginDirectUpload {
    /// Exactly so many bytes.
    #[schema(example = 240_512)]
    bytes: u64,
    /// The type that the picture has, where it is known.
    #[schema(example = "image/jpeg", max_length = 100)]
    content_type: Option<String>,
    /// What the client calls the file.
    #[schema(max_length = 255)]
    file_name: Option<String>,
    purpose: Option<String>,
    alt: Option<String>,
    /// `private` (the default) or `org`.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Visibility,
}

/// Where to put it.
#[derive(Serialize, ToSchema)]
#[schema(as = DirectUpload)]
struct DirectUploadView {
    id: Uuid,
    /// `PUT`.
    method: &'static str,
    /// Takes the bytes until `expires_at`, from whoever has it.
    url: String,
    expires_at: Timestamp,
}

pub(super) fn operation() -> Operation {
    Operation::post("/direct-uploads", handle)
        .id("begin_direct_upload")
        .summary("Begin an upload straight into the store")
        .describe(
            "Where the store signs addresses (S3). PUT the bytes to `url`, then call `complete`: the picture is made there as if it had \
             been uploaded here. The store itself has to allow the origin of a page that does this (CORS of the bucket).",
        )
        .requires(&permissions::WRITE)
        .limit(LimitClass::Write)
        .secret_answer()
        .body::<BeginDirectUpload>()
        .answers::<DirectUploadView>(201, "Where to put it")
        .problems(&[&codes::INVALID, &codes::QUOTA_SPENT, &codes::NO_DIRECT_UPLOADS, &codes::STORE_UNAVAILABLE])
}

async fn handle(
    caller: Caller,
    uploads: web::Data<dyn DirectUploads>,
    Json(body): Json<BeginDirectUpload>,
) -> Result<Created<DirectUploadView>, Problem> {
    let BeginDirectUpload { bytes, content_type, file_name, purpose, alt, visibility } = body;
    for (pointer, text, most) in [("/content_type", &content_type, 100), ("/file_name", &file_name, 255)] {
        if text.as_deref().is_some_and(|text| text.chars().count() > most || text.contains('\0')) {
            return Err(Problem::invalid(pointer, "too_long", format!("Expected at most {most} characters without U+0000.")));
        }
    }
    let new = NewMedia { purpose, alt, visibility, file_name, declared: content_type };
    let DirectUpload { id, url, expires_at } = uploads.begin(&caller, bytes, new).await?;
    let view = DirectUploadView { id: id.get(), method: "PUT", url, expires_at };
    Ok(Created::at(format!("/api/v1/media/direct-uploads/{id}"), view))
}
