use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fsync, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::{Root, RootFault};
use crate::RelPath;
use crate::path::UNFINISHED;

/// Who may read files made here: the mode of new files before the process's mask.
const NEW_FILE: u32 = 0o666;
const NEW_DIRECTORY: u32 = 0o777;

impl Root {
    /// Writes a file as a whole: it is there with all of its content, or not at all. Without `replace` a file that is there already is
    /// left alone ([`RootFault::Exists`]). Directories on the way are made. `token` makes the name of the unfinished file unique.
    pub fn write(&self, path: &RelPath, bytes: &[u8], replace: bool, token: u128) -> Result<(), RootFault> {
        self.place_file(path, bytes, (replace, true), token)
    }

    /// The same; what is not `durable` may be lost with the machine's power.
    pub(crate) fn place_file(
        &self,
        path: &RelPath,
        bytes: &[u8],
        (replace, durable): (bool, bool),
        token: u128,
    ) -> Result<(), RootFault> {
        let parent = self.make_parent(path)?;
        if let Some(stat) = Self::look(&parent, path.name())? {
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile if replace => {}
                FileType::RegularFile => return Err(RootFault::Exists),
                FileType::Directory => return Err(RootFault::NotAFile("a directory")),
                FileType::Symlink => return Err(RootFault::Escapes),
                _ => return Err(RootFault::NotAFile("a special file")),
            }
        }
        let unfinished = format!("{UNFINISHED}{token:032x}");
        let placed = fill(&parent, &unfinished, bytes, durable).and_then(|()| {
            if replace {
                Ok(renameat(&parent, &unfinished, &parent, path.name())?)
            } else {
                rename_new(&parent, &unfinished, &parent, path.name())
            }
        });
        if placed.is_err() {
            // What is left of a failed write has a name that nobody sees.
            let _gone = unlinkat(&parent, &unfinished, AtFlags::empty());
        }
        placed?;
        if durable {
            // The name is on the disk once its directory is.
            let _synced = fsync(&parent);
        }
        Ok(())
    }

    /// Removes a regular file.
    pub fn remove(&self, path: &RelPath) -> Result<(), RootFault> {
        let parent = self.parent_of(path)?;
        match Self::look(&parent, path.name())?.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            None => Err(RootFault::NotFound),
            Some(FileType::RegularFile) => Ok(unlinkat(&parent, path.name(), AtFlags::empty())?),
            Some(FileType::Directory) => Err(RootFault::NotAFile("a directory")),
            Some(FileType::Symlink) => Err(RootFault::Escapes),
            Some(_) => Err(RootFault::NotAFile("a special file")),
        }
    }

    /// Removes the directories above a path that are empty.
    pub(crate) fn prune(&self, path: &RelPath) {
        let above: Vec<&str> = path.ancestors().collect();
        for directory in above.into_iter().rev() {
            let Ok(directory) = RelPath::parse(directory) else { return };
            let Ok(parent) = self.parent_of(&directory) else { return };
            if unlinkat(&parent, directory.name(), AtFlags::REMOVEDIR).is_err() {
                return;
            }
        }
    }

    /// Moves a regular file to a name that is free.
    pub fn rename(&self, from: &RelPath, to: &RelPath) -> Result<(), RootFault> {
        self.facts(from)?;
        let (source, target) = (self.parent_of(from)?, self.make_parent(to)?);
        rename_new(&source, from.name(), &target, to.name())
    }

    fn parent_of(&self, path: &RelPath) -> Result<OwnedFd, RootFault> {
        self.directory(path.parent().as_ref())
    }

    /// The directory that the file lies in, made where it is missing.
    fn make_parent(&self, path: &RelPath) -> Result<OwnedFd, RootFault> {
        match self.parent_of(path) {
            Err(RootFault::NotFound) => {}
            found => return found,
        }
        let mut above: Option<RelPath> = None;
        for directory in path.ancestors() {
            let directory = RelPath::parse(directory).map_err(|_fault| RootFault::BadName)?;
            if matches!(self.directory(Some(&directory)), Err(RootFault::NotFound)) {
                let parent = self.directory(above.as_ref())?;
                match mkdirat(&parent, directory.name(), Mode::from_raw_mode(NEW_DIRECTORY)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno.into()),
                }
            }
            above = Some(directory);
        }
        match self.directory(above.as_ref()) {
            // A file stands where a directory is wanted.
            Err(RootFault::NotFound) => Err(RootFault::Exists),
            found => found,
        }
    }
}

fn fill(parent: &OwnedFd, name: &str, bytes: &[u8], durable: bool) -> Result<(), RootFault> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(parent, name, flags, Mode::from_raw_mode(NEW_FILE))?);
    file.write_all(bytes)?;
    if durable {
        file.sync_all()?;
    }
    Ok(())
}

/// Renames to a name that must be free.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn rename_new(from: &OwnedFd, old: &str, to: &OwnedFd, new: &str) -> Result<(), RootFault> {
    use rustix::fs::{RenameFlags, renameat_with};

    match renameat_with(from, old, to, new, RenameFlags::NOREPLACE) {
        // Some file systems do not know the flag.
        Err(Errno::INVAL | Errno::NOSYS) => link_new(from, old, to, new),
        done => Ok(done?),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn rename_new(from: &OwnedFd, old: &str, to: &OwnedFd, new: &str) -> Result<(), RootFault> {
    link_new(from, old, to, new)
}

/// A second name is refused where the name is taken; then the first one goes.
fn link_new(from: &OwnedFd, old: &str, to: &OwnedFd, new: &str) -> Result<(), RootFault> {
    rustix::fs::linkat(from, old, to, new, AtFlags::empty())?;
    Ok(unlinkat(from, old, AtFlags::empty())?)
}
