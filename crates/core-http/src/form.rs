use std::collections::BTreeMap;
use std::io::Write as _;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt as _;

use crate::{Problem, body, codes};

/// The most bytes of a text field.
const MAX_TEXT: usize = 16 * 1024;
/// The most parts of a form.
const MAX_PARTS: usize = 32;
/// The most bytes of a file's own name that are kept.
const MAX_NAME: usize = 255;

/// What a form may hold. Anything else is 422 and names the part.
#[derive(Clone, Copy, Debug)]
pub struct FormRules {
    /// Names of text fields.
    pub texts: &'static [&'static str],
    /// Names of files; a name may come more than once.
    pub files: &'static [&'static str],
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// The most files.
    pub max_files: usize,
}

/// A `multipart/form-data` body (RFC 7578) that was read as it came: files are in temporary files, which end with this value.
#[derive(Debug, Default)]
pub struct Form {
    /// Text fields by name; each comes once.
    pub texts: BTreeMap<String, String>,
    /// Files in the order in which they came.
    pub files: Vec<UploadedFile>,
}

/// A file of a form.
#[derive(Debug)]
pub struct UploadedFile {
    /// The name of the part.
    pub field: String,
    /// What the client calls the file; untrusted, never a path.
    pub name: Option<String>,
    /// The type that the client declares.
    pub content_type: Option<String>,
    /// The content, from its beginning.
    pub file: tempfile::NamedTempFile,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
}

impl Form {
    /// Reads a body to its end.
    pub async fn read(request: &HttpRequest, payload: Payload, rules: FormRules) -> Result<Self, Problem> {
        let mut parts = Multipart::new(request.headers(), payload);
        let mut form = Self::default();
        let mut count = 0;
        while let Some(part) = parts.try_next().await.map_err(|error| broken(&error))? {
            count += 1;
            let name = part.name().unwrap_or_default().to_owned();
            if count > MAX_PARTS {
                return Err(Problem::invalid("", "too_many_parts", format!("A form may have {MAX_PARTS} parts.")));
            }
            if rules.files.contains(&name.as_str()) {
                if form.files.len() >= rules.max_files {
                    return Err(refused(&name, "too_many_files", format!("At most {} files.", rules.max_files)));
                }
                form.files.push(file(part, name, rules.max_file_bytes).await?);
            } else if rules.texts.contains(&name.as_str()) && !form.texts.contains_key(&name) {
                let text = text(part, &name).await?;
                form.texts.insert(name, text);
            } else {
                let known = [rules.files, rules.texts].concat().join(", ");
                return Err(refused(&name, "unexpected_part", format!("Expected, each text once: {known}.")));
            }
        }
        Ok(form)
    }

    /// A text field, without white space around it; none when it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The one file of this name; 422 when it is not there.
    pub fn take_file(&mut self, field: &str) -> Result<UploadedFile, Problem> {
        match self.files.iter().position(|file| file.field == field) {
            Some(at) => Ok(self.files.remove(at)),
            None => Err(refused(field, "missing", "A part with a file is expected.".to_owned())),
        }
    }
}

fn refused(part: &str, code: &'static str, text: String) -> Problem {
    let clean: String = part.chars().filter(|letter| !letter.is_control()).take(64).collect();
    Problem::invalid(format!("/{clean}"), code, text)
}

fn broken(error: &MultipartError) -> Problem {
    match error {
        MultipartError::Payload(error) => body::problem(error),
        other => Problem::new(&codes::MALFORMED, format!("The body is no form: {other}.")),
    }
}

async fn text(mut part: Field, name: &str) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.try_next().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > MAX_TEXT {
            return Err(refused(name, "too_long", format!("A field may have {MAX_TEXT} bytes.")));
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes).map_err(|_| refused(name, "invalid_text", "Expected UTF-8.".to_owned()))?;
    if text.contains('\0') { Err(refused(name, "invalid_text", "U+0000 is not taken.".to_owned())) } else { Ok(text) }
}

async fn file(mut part: Field, field: String, limit: u64) -> Result<UploadedFile, Problem> {
    let name = part.content_disposition().and_then(|disposition| disposition.get_filename()).map(clean_name);
    let content_type = part.content_type().map(|kind| kind.essence_str().to_owned());
    let mut target = tempfile::NamedTempFile::new().map_err(Problem::internal)?;
    let (mut hash, mut bytes) = (Context::new(&SHA256), 0_u64);
    while let Some(chunk) = part.try_next().await.map_err(|error| broken(&error))? {
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(Problem::new(&codes::BODY_TOO_LARGE, format!("A file may have {limit} bytes here.")));
        }
        hash.update(&chunk);
        // A chunk is some tens of KiB into the page cache: handing it to another thread costs more than writing it.
        target.write_all(&chunk).map_err(Problem::internal)?;
    }
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(hash.finish().as_ref());
    Ok(UploadedFile { field, name, content_type, file: target, bytes, sha256 })
}

/// The last part of a path, without what could be read as one.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = last.chars().filter(|letter| !letter.is_control()).collect();
    while clean.len() > MAX_NAME {
        clean.pop();
    }
    clean
}
