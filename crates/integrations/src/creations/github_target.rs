use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_kernel::{FieldError, hex};
use serde_json::{Value, json};

use super::{NewFile, line_fault, refuse, text_fault};
use crate::{IntegrationsError, OnConflict, Settings};

/// The most bytes of a file.
const MAX_BYTES: usize = 1_500_000;

/// A file with everything that need not be asked for.
#[derive(Clone, Debug)]
pub(crate) struct FileTarget {
    pub(crate) repository: String,
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) branch: Option<String>,
    pub(crate) base: Option<String>,
    pub(crate) pull: bool,
    pub(crate) message: String,
    pub(crate) on_conflict: OnConflict,
    /// The blob that the change is based on.
    pub(crate) based_on: Option<String>,
}

/// The id that git gives a blob: SHA-1 over `blob <length> NUL` and the bytes.
pub(crate) fn blob_sha(bytes: &[u8]) -> String {
    let whole = [format!("blob {}\0", bytes.len()).as_bytes(), bytes].concat();
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref())
}

fn repository_fault(name: &str) -> Option<FieldError> {
    let word = |text: &str| {
        !text.is_empty()
            && text != "."
            && text != ".."
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    let fits = name.len() <= 140 && name.split_once('/').is_some_and(|(owner, name)| word(owner) && word(name));
    (!fits).then(|| FieldError::new("/repository", "invalid_repository", "`owner/name`"))
}

fn path_fault(path: &str) -> Option<FieldError> {
    let odd = |part: &str| part.is_empty() || matches!(part, "." | ".." | ".git");
    let fits = path.len() <= 1024 && !path.chars().any(char::is_control) && !path.split('/').any(odd);
    (!fits).then(|| FieldError::new("/path", "invalid_path", "names between slashes, none of them empty, `.`, `..` or `.git`"))
}

/// What git allows of a branch's name (git-check-ref-format).
fn branch_fault(pointer: &str, name: Option<&str>) -> Option<FieldError> {
    let name = name?;
    let odd_letter = |letter: char| letter.is_control() || " ~^:?*[\\".contains(letter);
    let odd_part = |part: &str| part.is_empty() || part.starts_with('.') || part.strip_suffix(".lock").is_some();
    let fits = (1..=255).contains(&name.len())
        && !name.chars().any(odd_letter)
        && !name.split('/').any(odd_part)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with('-')
        && name != "@";
    (!fits).then(|| FieldError::new(pointer, "invalid_branch", "a name that git allows for branches"))
}

impl FileTarget {
    /// Puts a request and the settings together.
    pub(crate) fn new(file: NewFile, settings: &Settings) -> Result<Self, IntegrationsError> {
        let repository = file.repository.or_else(|| settings.repository.clone()).unwrap_or_default();
        let branch = file.branch.or_else(|| settings.branch.clone());
        let base = file.base_branch.or_else(|| settings.base_branch.clone());
        let path = file.path.trim_start_matches('/').to_owned();
        let mut faults: Vec<FieldError> = repository_fault(&repository).into_iter().chain(path_fault(&path)).collect();
        faults.extend(branch_fault("/branch", branch.as_deref()));
        faults.extend(branch_fault("/base_branch", base.as_deref()));
        faults.extend(line_fault("/sha", file.sha.as_deref(), 64));
        faults.extend(file.message.as_deref().and_then(|message| text_fault("/message", message, 10_000)));
        if file.message.as_deref().is_some_and(|message| message.trim().is_empty()) {
            faults.push(FieldError::new("/message", "invalid_text", "must not be blank"));
        }
        if file.content.len() > MAX_BYTES {
            faults.push(FieldError::new("/content", "too_long", format!("at most {MAX_BYTES} bytes")));
        }
        refuse(faults)?;
        Ok(Self {
            message: file.message.unwrap_or_else(|| format!("Update {path}")),
            pull: file.pull_request.or(settings.pull_request).unwrap_or(false),
            on_conflict: settings.on_conflict.unwrap_or(OnConflict::Fail),
            bytes: file.content.into_bytes(),
            based_on: file.sha,
            repository,
            path,
            branch,
            base,
        })
    }

    pub(crate) fn sha(&self) -> String {
        blob_sha(&self.bytes)
    }

    /// What is looked for when the answer was lost.
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "repository": self.repository, "path": self.path, "branch": self.branch, "base": self.base, "sha": self.sha(),
            "pull_request": self.pull, "message": self.message,
        })
    }

    /// The body that writes it in place of `existing`.
    pub(crate) fn body(&self, branch: &str, existing: Option<&str>) -> Value {
        let mut body = json!({"message": self.message, "content": STANDARD.encode(&self.bytes), "branch": branch});
        if let (Some(sha), Some(members)) = (existing, body.as_object_mut()) {
            members.insert("sha".to_owned(), json!(sha));
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_has_the_id_that_git_gives_it() {
        assert_eq!(blob_sha(b"hello"), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
        assert_eq!(blob_sha(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_refused() {
        for bad in ["a", "a/b/c", "../b", "a/..", "a b/c", "a/b?", ""] {
            assert!(repository_fault(bad).is_some(), "{bad}");
        }
        assert!(repository_fault("vercel/next.js").is_none());
        for bad in ["", "a//b", "../x", "a/./b", ".git/config", "a\nb"] {
            assert!(path_fault(bad).is_some(), "{bad:?}");
        }
        assert!(path_fault("docs/a b#c?%20/💩.md").is_none());
        for bad in ["a..b", "a.lock", "a b", "-x", "x/", "a@{b", "feature/.x", "@"] {
            assert!(branch_fault("/branch", Some(bad)).is_some(), "{bad}");
        }
        assert!(branch_fault("/branch", Some("feature/x-1.2")).is_none());
    }
}
