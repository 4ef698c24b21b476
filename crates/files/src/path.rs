use std::fmt;
use std::path::Path;

use serde::Serialize;

/// A path below a root: names joined by `/`, none of them `.` or `..`, no separator at either end. Whether it stays below when links are
/// followed is decided by [`Root`](crate::Root), which resolves it from a directory handle; here is only what a name may look like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RelPath(String);

/// Why a text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Nothing in it.
    #[error("the path is empty")]
    Empty,
    /// It begins at a root or a drive.
    #[error("the path must be relative")]
    Absolute,
    /// `.`, `..` or nothing between two separators.
    #[error("the path must not have `.`, `..` or empty names")]
    Dots,
    /// A separator at the end.
    #[error("the path must not end with a separator")]
    TrailingSeparator,
    /// A backslash, which is a separator elsewhere.
    #[error("the path must not have backslashes")]
    Backslash,
    /// U+0000 or another control character.
    #[error("the path must not have control characters")]
    Control,
    /// Over 1,024 bytes, a name over 255, or over 64 names.
    #[error("the path is too long or too deep")]
    TooLong,
    /// A name that the server uses for unfinished files.
    #[error("the name is reserved")]
    Reserved,
}

impl PathFault {
    /// Stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty_path",
            Self::Absolute => "absolute_path",
            Self::Dots => "dots_in_path",
            Self::TrailingSeparator => "trailing_separator",
            Self::Backslash => "backslash_in_path",
            Self::Control => "control_in_path",
            Self::TooLong => "path_too_long",
            Self::Reserved => "reserved_name",
        }
    }
}

/// What files being written are called until they are whole.
pub(crate) const UNFINISHED: &str = ".brickwork-unfinished-";

impl RelPath {
    /// The most bytes of a path.
    pub const MAX_BYTES: usize = 1024;
    const MAX_NAME: usize = 255;
    const MAX_DEPTH: usize = 64;

    /// Reads a path. What it names need not exist.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        if text.is_empty() {
            return Err(PathFault::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(PathFault::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PathFault::Control);
        }
        if text.contains('\\') {
            return Err(PathFault::Backslash);
        }
        let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if text.starts_with('/') || drive {
            return Err(PathFault::Absolute);
        }
        if text.ends_with('/') {
            return Err(PathFault::TrailingSeparator);
        }
        for (depth, name) in text.split('/').enumerate() {
            match name {
                "" | "." | ".." => return Err(PathFault::Dots),
                _ if name.len() > Self::MAX_NAME || depth >= Self::MAX_DEPTH => return Err(PathFault::TooLong),
                _ if name.starts_with(UNFINISHED) => return Err(PathFault::Reserved),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names, outermost first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last name.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.as_str(), |(_, name)| name)
    }

    /// What it lies in; none: the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// All directories above it, outermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(at, _)| self.0.get(..at))
    }

    /// A name below it.
    pub fn join(&self, name: &str) -> Result<Self, PathFault> {
        Self::parse(&format!("{}/{name}", self.0))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<Path> for RelPath {
    fn as_ref(&self) -> &Path {
        Path::new(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_lead_elsewhere_is_no_path() {
        let cases = [
            ("", PathFault::Empty),
            ("../../etc/passwd", PathFault::Dots),
            ("/etc/passwd", PathFault::Absolute),
            ("a/../../b", PathFault::Dots),
            ("a/./b", PathFault::Dots),
            ("a//b", PathFault::Dots),
            ("C:/x", PathFault::Absolute),
            ("c:x", PathFault::Absolute),
            ("a\\..\\b", PathFault::Backslash),
            ("a\0b", PathFault::Control),
            ("a\nb", PathFault::Control),
            ("a/", PathFault::TrailingSeparator),
            (".brickwork-unfinished-1", PathFault::Reserved),
        ];
        for (text, fault) in cases {
            assert_eq!(RelPath::parse(text), Err(fault), "{text:?}");
        }
        assert_eq!(RelPath::parse(&"n".repeat(300)), Err(PathFault::TooLong));
        assert_eq!(RelPath::parse(&"n/".repeat(2500)), Err(PathFault::TooLong));
        assert_eq!(RelPath::parse(&["d"; 65].join("/")), Err(PathFault::TooLong));
    }

    #[test]
    fn odd_names_that_lead_nowhere_else_are_names() {
        for text in ["....//....//x".replace("//", "/").as_str(), "%2e%2e%2fx", "%252e%252e%252fx", "a b", "ä/ö", "...", ".env"]
        {
            assert_eq!(RelPath::parse(text).unwrap().as_str(), text);
        }
        let path = RelPath::parse("a/b/c.rs").unwrap();
        assert_eq!((path.name(), path.parent().unwrap().as_str()), ("c.rs", "a/b"));
        assert_eq!(path.ancestors().collect::<Vec<_>>(), ["a", "a/b"]);
    }

    proptest! {
        #[test]
        fn whatever_is_read_stays_below_when_it_is_joined_by_name(text in "\\PC{0,40}|[./a\\\\:]{0,12}") {
            if let Ok(path) = RelPath::parse(&text) {
                let plain = Path::new("/root").join(&path);
                prop_assert!(plain.starts_with("/root"));
                prop_assert!(plain.components().all(|part| !matches!(part, std::path::Component::ParentDir)));
                prop_assert_eq!(path.names().collect::<Vec<_>>().join("/"), text);
            }
        }
    }
}
