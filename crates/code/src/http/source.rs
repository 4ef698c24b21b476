use core_kernel::FieldError;
use uuid::Uuid;

use crate::{CodeError, Source};

/// Reads where source comes from: `code` with an optional `path`, or `workspace_id` and `path`.
pub(super) fn source(
    code: Option<String>,
    workspace: Option<Uuid>,
    path: Option<String>,
    language: Option<String>,
) -> Result<Source, CodeError> {
    let wrong = |pointer: &str, message: &str| Err(CodeError::Invalid(vec![FieldError::new(pointer, "one_of", message)]));
    if path.as_ref().is_some_and(|path| path.is_empty() || path.len() > 1024) {
        return Err(CodeError::field("/path", "out_of_range", "1 to 1024 bytes"));
    }
    match (code, workspace, path) {
        (Some(code), None, path) => Ok(Source::Given { code, path, language }),
        (None, Some(workspace), Some(path)) => Ok(Source::File { workspace, path, language }),
        (None, Some(_), None) => wrong("/path", "goes with `workspace_id`"),
        (Some(_), Some(_), _) => wrong("/code", "either `code`, or `workspace_id` and `path`"),
        (None, None, _) => wrong("/code", "`code`, or `workspace_id` and `path`"),
    }
}
