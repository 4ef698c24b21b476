use core_http::{LongWork, Problem, WorkStatus};
use core_kernel::ProblemCode;
use serde_json::Value;

use crate::model::{Import, ImportSource, ImportStatus};
use crate::{FitnessError, codes};

/// Where an import is seen.
pub(super) fn location(import: &Import) -> String {
    format!("/api/v1/fitness/imports/{}", import.id)
}

/// The import as long work.
pub(super) fn work(import: Import) -> LongWork<Value> {
    let (status, progress) = match import.status {
        ImportStatus::Queued => (WorkStatus::Queued, 0.0),
        ImportStatus::Running => (WorkStatus::Running, 0.5),
        ImportStatus::Succeeded => (WorkStatus::Succeeded, 1.0),
        ImportStatus::Failed => (WorkStatus::Failed, 1.0),
    };
    let code = |name: &str| -> &'static ProblemCode {
        if name == codes::UNREADABLE_IMPORT.code { &codes::UNREADABLE_IMPORT } else { &codes::IMPORT_FAILED }
    };
    let problem = import.problem.map(|(name, detail)| Problem::new(code(&name), detail).to_value());
    LongWork { id: import.id.get(), status, progress, result: import.result, problem }
}

/// Reads a body to its end, up to the most that an import may have.
pub(super) async fn whole(mut payload: actix_web::web::Payload) -> Result<bytes::Bytes, Problem> {
    use futures_util::StreamExt as _;

    let most = crate::imports::MOST_BYTES;
    let mut body = bytes::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken| Problem::new(&core_http::codes::MALFORMED, "The body ended too early."))?;
        if body.len() + chunk.len() > most {
            return Err(Problem::new(&core_http::codes::BODY_TOO_LARGE, format!("At most {most} bytes.")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Refuses a body that is no JSON (400) or no export of this server where it should be one (422), before it is kept. Reading 32 MiB takes a
/// processor for a moment, so it is done off the async workers.
pub(super) async fn checked(source: ImportSource, body: bytes::Bytes) -> Result<bytes::Bytes, Problem> {
    if matches!(source, ImportSource::Hevy | ImportSource::Strong) {
        return Ok(body);
    }
    let malformed = |why: String| Problem::new(&core_http::codes::MALFORMED, why);
    let checking = tokio::task::spawn_blocking(move || {
        let text = std::str::from_utf8(&body).map_err(|_invalid| "The body is not UTF-8.".to_owned())?;
        if core_http::nests_deeper_than(crate::imports::MOST_DEPTH, &body) {
            return Err(format!("The body nests deeper than {} levels.", crate::imports::MOST_DEPTH));
        }
        serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| format!("The body is not JSON: {error}."))?;
        Ok::<_, String>(crate::imports::is_of(source, &body).map(|()| body))
    });
    match checking.await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(reason))) => Err(Problem::from(FitnessError::UnreadableImport(reason))),
        Ok(Err(why)) => Err(malformed(why)),
        Err(error) => Err(Problem::internal(error)),
    }
}
