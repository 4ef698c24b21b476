//! Writes one key into a TOML file and leaves every other byte as it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use crate::provenance::Kind;
use crate::{ConfigProblems, Loader, Provenance};

/// Why a key was not saved. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// No setting has this key.
    #[error("`{key}` is no setting")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// Something above files sets the key, so that saving it would have no effect.
    #[error("`{key}` is set by {by}, which goes over files; change it there")]
    Overridden {
        /// The key.
        key: String,
        /// Who sets it.
        by: String,
    },
    /// The value does not have the key's type.
    #[error("`{key}` {expected}")]
    WrongType {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The settings would be wrong with it.
    #[error("{0}")]
    Invalid(ConfigProblems),
    /// The file is no TOML, or holds something else where the key's section should be.
    #[error("{} cannot be edited: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
    /// The file cannot be read or written.
    #[error("{} cannot be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Sets `key` to `value` in the file at `path`, which is made when absent (mode 0600). Lists are comma-separated. Comments, order
/// and layout of everything else stay; the file is replaced as a whole or not at all. Whether the settings know the key is not
/// looked at; [`Loader::set`] does.
pub fn set(path: &Path, key: &str, value: &str, provenance: &Provenance) -> Result<(), SaveError> {
    let value = typed(key, value, effective_kind(key, provenance)?)?;
    let text = edit(path, &read(path)?, key, value)?;
    replace(path, &text)
}

impl<T: Default + Serialize + DeserializeOwned> Loader<T> {
    /// Sets a key in `config/local.toml`, unless no setting has it or the settings would be wrong with it. Gives the file's path.
    pub fn set(mut self, key: &str, value: &str) -> Result<PathBuf, SaveError> {
        let path = self.local_file();
        let provenance = self.attempt().0.map(|loaded| loaded.provenance).unwrap_or_default();
        let kind = effective_kind(key, &provenance)?;
        let mut text = edit(&path, &read(&path)?, key, typed(key, value, kind)?)?;
        let mut tried = self.try_out(&path, &text, key);
        if tried.is_err() && kind == Kind::Unset {
            // It looked like a number or a truth value, but may be a text, such as a secret of digits.
            text = edit(&path, &read(&path)?, key, value.into())?;
            tried = self.try_out(&path, &text, key).or(tried);
        }
        tried?;
        replace(&path, &text).map(|()| path)
    }

    /// Loads as if the file held `text`.
    fn try_out(&mut self, path: &Path, text: &str, key: &str) -> Result<(), SaveError> {
        self.candidate = Some((path.to_owned(), text.to_owned()));
        let (loaded, problems) = self.attempt();
        if loaded.is_some_and(|loaded| loaded.provenance.get(key).is_none()) {
            return Err(SaveError::UnknownKey { key: key.to_owned() });
        }
        let about_key: Vec<_> = problems.into_iter().filter(|problem| problem.key == key).collect();
        if about_key.is_empty() { Ok(()) } else { Err(SaveError::Invalid(ConfigProblems(about_key))) }
    }
}

/// The type of the key's present value; refuses a key that a file cannot set.
fn effective_kind(key: &str, provenance: &Provenance) -> Result<Kind, SaveError> {
    let Some(entry) = provenance.get(key) else { return Ok(Kind::Unset) };
    if entry.layer.is_above_files() {
        return Err(SaveError::Overridden { key: key.to_owned(), by: entry.set_by() });
    }
    Ok(entry.kind)
}

fn read(path: &Path) -> Result<String, SaveError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(SaveError::Io { path: path.to_owned(), source }),
    }
}

/// The value in the key's type; a key without a known type takes the first that fits.
fn typed(key: &str, value: &str, kind: Kind) -> Result<Value, SaveError> {
    let number = || value.parse::<i64>().map(Value::from).or_else(|_| value.parse::<f64>().map(Value::from)).ok();
    let truth = || value.parse::<bool>().map(Value::from).ok();
    let wrong = |expected| SaveError::WrongType { key: key.to_owned(), expected };
    match kind {
        Kind::Text => Ok(value.into()),
        Kind::Number => number().ok_or_else(|| wrong("takes a number")),
        Kind::Truth => truth().ok_or_else(|| wrong("takes true or false")),
        Kind::List => Ok(value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Array>().into()),
        Kind::Unset => Ok(truth().or_else(number).unwrap_or_else(|| value.into())),
    }
}

/// The text with the key set.
fn edit(path: &Path, text: &str, key: &str, mut value: Value) -> Result<String, SaveError> {
    let unreadable = |problem: String| SaveError::Unreadable { path: path.to_owned(), problem };
    let segments: Vec<&str> = key.split('.').collect();
    let is_bare = |segment: &&str| {
        !segment.is_empty() && segment.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-')
    };
    let Some((last, sections)) = segments.split_last().filter(|_| segments.iter().all(is_bare)) else {
        return Err(SaveError::UnknownKey { key: key.to_owned() });
    };
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| unreadable(error.message().to_owned()))?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (depth, section) in sections.iter().enumerate() {
        let is_innermost = depth + 1 == sections.len();
        let item = table.entry(section).or_insert_with(|| {
            let mut fresh = Table::new();
            fresh.set_implicit(!is_innermost);
            Item::Table(fresh)
        });
        table = item.as_table_like_mut().ok_or_else(|| unreadable(format!("`{section}` is no section")))?;
    }
    match table.get_mut(last) {
        Some(Item::Value(present)) => {
            // The white space and the comment around the old value stay.
            *value.decor_mut() = present.decor().clone();
            *present = value;
        }
        Some(item) if !item.is_none() => return Err(unreadable(format!("`{key}` is a section"))),
        _ => {
            table.insert(last, Item::Value(value));
        }
    }
    Ok(as_before(text, document.to_string()))
}

/// The edited text with the line endings of the one before, which the editor makes uniform.
fn as_before(text: &str, mut edited: String) -> String {
    if text.contains("\r\n") {
        edited = edited.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    if !text.is_empty() && !text.ends_with('\n') {
        edited.truncate(edited.trim_end_matches(['\r', '\n']).len());
    }
    edited
}

/// Writes beside the file, to disk, and then takes its place.
fn replace(path: &Path, text: &str) -> Result<(), SaveError> {
    replace_file(path, text).map_err(|source| SaveError::Io { path: path.to_owned(), source })
}

fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // A link stays a link; what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let temporary = path.with_file_name(name);
    let written = write_new(&temporary, text, &path).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_new(temporary: &Path, text: &str, original: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(original) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()
}
