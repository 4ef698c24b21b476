use rustix::fs::{AtFlags, Dir, FileType, statat};
use serde::Serialize;

use super::{Root, RootFault, facts};
use crate::path::UNFINISHED;
use crate::{RelPath, Stop};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FoundKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, wherever it leads.
    Link,
    /// A pipe, socket or device.
    Other,
}

/// Something in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: RelPath,
    /// What.
    pub kind: FoundKind,
    /// Bytes of a file.
    pub size: u64,
    /// Last change, in milliseconds since the epoch.
    pub modified_ms: i64,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// In the order of their paths.
    pub found: Vec<Found>,
    /// It ended early: too many entries, or the time was up.
    pub truncated: bool,
}

impl Root {
    /// What is in a directory (none: the root), and below it when `recursive`. Links are told and not followed. Names that are no
    /// [`RelPath`] are left out.
    pub fn walk(&self, below: Option<&RelPath>, recursive: bool, limit: usize, stop: &Stop) -> Result<Walked, RootFault> {
        let mut walked = Walked::default();
        let mut waiting = vec![below.cloned()];
        let mut first = true;
        while let Some(directory) = waiting.pop() {
            let handle = match self.directory(directory.as_ref()) {
                Ok(handle) => handle,
                Err(fault) if first => return Err(fault),
                // It went away or may not be read: the others are still of use.
                Err(_) => continue,
            };
            first = false;
            for entry in Dir::read_from(&handle)? {
                let Ok(entry) = entry else { break };
                if walked.found.len() >= limit || stop.is_set() {
                    walked.truncated = true;
                    waiting.clear();
                    break;
                }
                let Some(path) = child(directory.as_ref(), entry.file_name()) else { continue };
                let Ok(stat) = statat(&handle, path.name(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
                let kind = kind(FileType::from_raw_mode(stat.st_mode));
                let facts = facts(&stat);
                if recursive && kind == FoundKind::Directory {
                    waiting.push(Some(path.clone()));
                }
                let size = if kind == FoundKind::File { facts.size } else { 0 };
                walked.found.push(Found { path, kind, size, modified_ms: facts.modified_ms });
            }
        }
        walked.found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(walked)
    }
}

fn child(directory: Option<&RelPath>, name: &std::ffi::CStr) -> Option<RelPath> {
    let name = name.to_str().ok().filter(|name| !matches!(*name, "." | "..") && !name.starts_with(UNFINISHED))?;
    match directory {
        Some(directory) => directory.join(name).ok(),
        None => RelPath::parse(name).ok(),
    }
}

fn kind(of: FileType) -> FoundKind {
    match of {
        FileType::RegularFile => FoundKind::File,
        FileType::Directory => FoundKind::Directory,
        FileType::Symlink => FoundKind::Link,
        _ => FoundKind::Other,
    }
}
