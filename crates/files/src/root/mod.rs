//! A directory as a capability: everything is resolved from its handle, never from a string.

mod fault;
mod resolve;
mod walk;
mod write;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, open, statat};

pub use fault::RootFault;
pub use walk::{Found, FoundKind, Walked};

use crate::RelPath;

/// What becomes of symbolic links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// They are followed as long as they stay below the root.
    Beneath,
    /// None is followed.
    Refused,
}

/// A directory, and nothing above or beside it. Whatever a path looks like, and whoever moves directories or plants links meanwhile, no
/// operation leaves it: the kernel resolves each path from the directory's handle (`openat2` with `RESOLVE_BENEATH` and
/// `RESOLVE_NO_MAGICLINKS`; where it lacks that call, name by name without following any link). Only regular files are opened.
///
/// All methods block.
#[derive(Debug)]
pub struct Root {
    handle: OwnedFd,
    path: PathBuf,
    links: Links,
    /// The kernel has no `openat2`, or is told so.
    by_name: AtomicBool,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Bytes.
    pub size: u64,
    /// Last change, in milliseconds since the epoch.
    pub modified_ms: i64,
    /// Two values are equal only while the file is the same and unchanged, as far as the file system tells.
    pub stamp: (u64, u64, i64, i64),
}

impl Root {
    /// Opens a directory. The path is the operator's: links on the way to it are followed.
    pub fn open(path: &Path, links: Links) -> Result<Self, RootFault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = open(path, flags, Mode::empty())?;
        let path = path.canonicalize().map_err(RootFault::Io)?;
        Ok(Self { handle, path, links, by_name: AtomicBool::new(false) })
    }

    /// Resolves name by name even where the kernel could do it at once.
    pub fn without_openat2(self) -> Self {
        self.by_name.store(true, std::sync::atomic::Ordering::Relaxed);
        self
    }

    /// Where it is, for walkers; never joined with anything that came from outside.
    pub(crate) fn place(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file for reading. Devices, pipes and sockets are refused before they are opened.
    pub fn open_file(&self, path: &RelPath) -> Result<(File, FileFacts), RootFault> {
        let seen = fstat(&self.resolve(path, OFlags::PATH)?)?;
        regular(&seen)?;
        self.open_regular(path)
    }

    /// The same for a file that a walk has just seen to be regular: one look less.
    pub(crate) fn open_regular(&self, path: &RelPath) -> Result<(File, FileFacts), RootFault> {
        // Without blocking, for the case that a pipe has taken its place meanwhile.
        let handle = self.resolve(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let facts = regular(&fstat(&handle)?)?;
        Ok((File::from(handle), facts))
    }

    /// What is known of a regular file.
    pub fn facts(&self, path: &RelPath) -> Result<FileFacts, RootFault> {
        regular(&fstat(&self.resolve(path, OFlags::PATH)?)?)
    }

    /// The handle of a directory; none: of the root.
    pub(crate) fn directory(&self, path: Option<&RelPath>) -> Result<OwnedFd, RootFault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match path {
            Some(path) => self.resolve(path, flags),
            None => Ok(rustix::fs::openat(&self.handle, ".", flags | OFlags::CLOEXEC, Mode::empty())?),
        }
    }

    /// What stands at `name` in a directory, without following a link.
    fn look(directory: &OwnedFd, name: &str) -> Result<Option<Stat>, RootFault> {
        match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn regular(stat: &Stat) -> Result<FileFacts, RootFault> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(facts(stat)),
        FileType::Directory => Err(RootFault::NotAFile("a directory")),
        FileType::Symlink => Err(RootFault::Escapes),
        FileType::Fifo => Err(RootFault::NotAFile("a pipe")),
        FileType::Socket => Err(RootFault::NotAFile("a socket")),
        FileType::CharacterDevice | FileType::BlockDevice => Err(RootFault::NotAFile("a device")),
        FileType::Unknown => Err(RootFault::NotAFile("of an unknown kind")),
    }
}

#[expect(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the widths of these fields differ by platform")]
fn facts(stat: &Stat) -> FileFacts {
    let (seconds, nanos) = (stat.st_mtime as i64, stat.st_mtime_nsec as i64);
    FileFacts {
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified_ms: seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000),
        stamp: (stat.st_dev as u64, stat.st_ino as u64, stat.st_size as i64, seconds.saturating_mul(1_000_000_000) + nanos),
    }
}
