use std::io;

use rustix::io::Errno;

/// Why a file of a root can't be had.
#[derive(Debug, thiserror::Error)]
pub enum RootFault {
    /// Nothing is there.
    #[error("there is no such file")]
    NotFound,
    /// A link leads out of the root, in a circle, or may not be followed.
    #[error("the path leads through a link that is not followed")]
    Escapes,
    /// Something that is no regular file.
    #[error("it is {0}, not a regular file")]
    NotAFile(&'static str),
    /// Something is there already.
    #[error("there is a file of this name already")]
    Exists,
    /// The operating system does not let the server.
    #[error("the server may not read or write it")]
    Forbidden,
    /// A name that the file system does not take.
    #[error("the file system does not take this name")]
    BadName,
    /// Somebody moves directories about.
    #[error("the directory changes too fast")]
    Unsteady,
    /// The disk is full.
    #[error("there is no room left")]
    NoRoom,
    /// Anything else.
    #[error("the file system failed")]
    Io(#[source] io::Error),
}

impl From<Errno> for RootFault {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::NOTDIR => Self::NotFound,
            Errno::XDEV | Errno::LOOP | Errno::MLINK => Self::Escapes,
            Errno::EXIST | Errno::NOTEMPTY => Self::Exists,
            Errno::ISDIR => Self::NotAFile("a directory"),
            Errno::NXIO => Self::NotAFile("a pipe or a socket"),
            Errno::ACCESS | Errno::PERM | Errno::ROFS => Self::Forbidden,
            Errno::NAMETOOLONG | Errno::INVAL | Errno::ILSEQ => Self::BadName,
            Errno::AGAIN => Self::Unsteady,
            Errno::NOSPC | Errno::DQUOT => Self::NoRoom,
            other => Self::Io(other.into()),
        }
    }
}

impl From<io::Error> for RootFault {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(code) => Self::from(Errno::from_raw_os_error(code)),
            None => Self::Io(error),
        }
    }
}
