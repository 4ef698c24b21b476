use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use super::{Links, Root, RootFault};
use crate::RelPath;

/// How often a resolution that a rename disturbed is begun again.
const ATTEMPTS: usize = 16;

impl Root {
    /// Opens what the path names, with these flags, never outside of the root.
    pub(super) fn resolve(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, RootFault> {
        let flags = flags | OFlags::CLOEXEC;
        if !self.by_name.load(Ordering::Relaxed) {
            match self.at_once(path, flags) {
                // An old kernel, or a sandbox that does not know the call.
                Err(Errno::NOSYS | Errno::OPNOTSUPP) => self.by_name.store(true, Ordering::Relaxed),
                done => return Ok(done?),
            }
        }
        self.name_by_name(path, flags)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn at_once(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        use rustix::fs::{ResolveFlags, openat2};

        let mut how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        if self.links == Links::Refused {
            how |= ResolveFlags::NO_SYMLINKS;
        }
        for _ in 1..ATTEMPTS {
            match openat2(&self.handle, path.as_str(), flags, Mode::empty(), how) {
                Err(Errno::AGAIN | Errno::INTR) => std::thread::yield_now(),
                done => return done,
            }
        }
        openat2(&self.handle, path.as_str(), flags, Mode::empty(), how)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn at_once(&self, _: &RelPath, _: OFlags) -> Result<OwnedFd, Errno> {
        let (_, _) = (ATTEMPTS, self.links == Links::Refused);
        Err(Errno::NOSYS)
    }

    /// Without the kernel's help no link is followed at all: each name is opened in the directory before it, as a directory that is no
    /// link.
    fn name_by_name(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, RootFault> {
        let step = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut at: Option<OwnedFd> = None;
        let mut names = path.names().peekable();
        while let Some(name) = names.next() {
            let parent = at.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
            let last = names.peek().is_none();
            let opened = openat(parent, name, if last { flags | OFlags::NOFOLLOW } else { step }, Mode::empty());
            at = Some(opened.map_err(|errno| Self::told_apart(parent, name, errno))?);
        }
        at.ok_or(RootFault::NotFound)
    }

    /// A directory that is a link gives `ENOTDIR` on some systems; that is not "nothing there".
    fn told_apart(parent: std::os::fd::BorrowedFd<'_>, name: &str, errno: Errno) -> RootFault {
        let link = rustix::fs::statat(parent, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Symlink);
        if link { RootFault::Escapes } else { errno.into() }
    }
}
