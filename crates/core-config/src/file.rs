use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Larger than any secret.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The file and its text without the line break at its end. The problem is a sentence without the content.
pub(crate) fn read_secret(folder: &Path, path: &str) -> Result<(PathBuf, String), String> {
    let path = folder.join(path);
    let problem = |what: &str| format!("{} {what}", path.display());
    let metadata = fs::metadata(&path).map_err(|error| problem(&format!("cannot be read: {error}")))?;
    if !metadata.is_file() {
        return Err(problem("is no file"));
    }
    if metadata.len() > MAX_SECRET_BYTES {
        return Err(problem("is too large for a secret"));
    }
    let text = fs::read_to_string(&path).map_err(|error| problem(&format!("cannot be read: {error}")))?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    if text.is_empty() { Err(problem("is empty")) } else { Ok((path, text)) }
}

/// The table in a TOML file; none when there is no file. The problem is a sentence without the content.
pub(crate) fn read_toml(path: &Path) -> Result<Option<Value>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    parse_toml(&text).map(Some)
}

pub(crate) fn parse_toml(text: &str) -> Result<Value, String> {
    text.parse::<Table>().map(Value::Table).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("no TOML, at line {}: {}", before.matches('\n').count() + 1, error.message())
    })
}
