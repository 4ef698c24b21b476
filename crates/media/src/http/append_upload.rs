use std::io::Write as _;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_http::{Caller, LimitClass, Operation, Path, Problem};
use futures_util::StreamExt as _;
use uuid::Uuid;

use super::tus;
use crate::service::Part;
use crate::{MediaConfig, MediaError, UploadId, Uploads, codes, permissions};

pub(super) fn operation(config: &MediaConfig) -> Operation {
    Operation::patch("/uploads/{id}", handle)
        .id("append_upload")
        .summary("Add a part to a resumable upload (tus 1.0)")
        .describe("What arrived before a connection broke is kept. The answer to the last part carries `Media-Id`.")
        .requires(&permissions::WRITE)
        .limit(LimitClass::Write)
        .required_header("Tus-Resumable", "1.0.0")
        .required_header("Upload-Offset", "Where the part belongs: what HEAD says.")
        .header("Upload-Checksum", "`sha1` or `sha256` and the digest in base64.")
        .raw_body(&[tus::OFFSET_STREAM])
        .max_body_bytes(usize::try_from(config.max_bytes).unwrap_or(usize::MAX))
        .foreign_errors()
        .answers_empty(204, "`Upload-Offset` says how much is there")
        .answers_empty(410, "It had its time")
        .answers_empty(412, "Another version of tus")
        .answers_empty(460, "The part is not what its checksum says")
        .problems(&[
            &codes::WRONG_OFFSET,
            &codes::WRONG_CHECKSUM,
            &codes::UPLOAD_EXPIRED,
            &codes::BUSY,
            &codes::STORE_UNAVAILABLE,
        ])
}

async fn handle(
    caller: Caller,
    uploads: web::Data<dyn Uploads>,
    Path(id): Path<Uuid>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let (offset, checksum) = match announced(&request) {
        Ok(announced) => announced,
        Err(refused) => return *refused,
    };
    // A task of its own: when the client leaves, what arrived is kept all the same.
    let (uploads, caller) = (uploads.into_inner(), Arc::clone(&caller.0));
    let work = async move {
        let part = receive(payload, checksum).await?;
        uploads.append(&caller, UploadId(id), offset, part).await
    };
    match actix_web::rt::spawn(work).await {
        Ok(Ok(upload)) => tus::state(StatusCode::NO_CONTENT, &upload).finish(),
        Ok(Err(error)) => tus::refused(error),
        Err(gone) => tus::problem(Problem::internal(gone), None),
    }
}

/// What the headers say of the part.
fn announced(request: &HttpRequest) -> Result<(u64, Option<Checksum>), Box<HttpResponse>> {
    if let Some(refused) = tus::other_version(request) {
        return Err(Box::new(refused));
    }
    let bad = |problem: Problem| Box::new(tus::problem(problem, Some(StatusCode::BAD_REQUEST)));
    let offset = tus::text(request, &tus::UPLOAD_OFFSET).and_then(|text| text.parse().ok());
    let missing = || Problem::invalid("/upload-offset", "missing", "The header Upload-Offset says where the part belongs.");
    let checksum = tus::text(request, &tus::UPLOAD_CHECKSUM).map(Checksum::read).transpose();
    Ok((offset.ok_or_else(missing).map_err(bad)?, checksum.map_err(bad)?))
}

struct Checksum {
    algorithm: &'static Algorithm,
    expected: Vec<u8>,
}

impl Checksum {
    fn read(text: &str) -> Result<Self, Problem> {
        let unknown =
            || Problem::invalid("/upload-checksum", "invalid_checksum", "Expected `sha1` or `sha256` and a digest in base64.");
        let (name, digest) = text.split_once(' ').ok_or_else(unknown)?;
        let algorithm = match name {
            "sha1" => &SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &SHA256,
            _ => return Err(unknown()),
        };
        Ok(Self { algorithm, expected: STANDARD.decode(digest.trim()).map_err(|_| unknown())? })
    }
}

/// The part in a file. Without a checksum, a body that breaks off is as much as came of it.
async fn receive(mut payload: Payload, checksum: Option<Checksum>) -> Result<Part, MediaError> {
    let internal = |error: std::io::Error| MediaError::Internal(error.to_string());
    let mut file = tempfile::NamedTempFile::new().map_err(internal)?;
    let mut hash = checksum.as_ref().map(|checksum| Context::new(checksum.algorithm));
    let (mut bytes, mut whole) = (0, true);
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else {
            whole = false;
            break;
        };
        bytes += chunk.len() as u64;
        if let Some(hash) = &mut hash {
            hash.update(&chunk);
        }
        file.write_all(&chunk).map_err(internal)?;
    }
    let digest = hash.map(Context::finish);
    let right = |checksum: Checksum| whole && digest.is_some_and(|digest| digest.as_ref() == checksum.expected);
    if checksum.is_none_or(right) { Ok(Part { file, bytes }) } else { Err(MediaError::WrongChecksum) }
}
