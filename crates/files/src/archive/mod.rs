//! Archives in and out. Entries are read one by one and stored by their path's own rules: nothing is ever unpacked by a library, no link is
//! made, no mode is taken over.

mod pack;
mod service;
mod tarball;
mod zipfile;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use crate::{FilesConfig, FilesError, RelPath, Skipped, codes};

pub(crate) use service::ArchiveService;

/// Skipped entries that an answer lists.
const LISTED: usize = 100;

/// Where the files of an archive go; false: nobody takes them any more.
pub(crate) type Take<'t> = dyn FnMut(RelPath, Vec<u8>) -> bool + 't;

/// What an archive may cost, and what was found in it so far.
pub(crate) struct Intake<'t> {
    take: &'t mut Take<'t>,
    max_files: u64,
    max_file: u64,
    /// Bytes that its contents may still have.
    left: u64,
    entries: u64,
    /// Lower case to the path as it was taken.
    seen: BTreeMap<String, RelPath>,
    directories: HashSet<String>,
    skipped: Vec<Skipped>,
    more_skipped: bool,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn refused(detail: impl Into<String>) -> FilesError {
    FilesError::told(&codes::ARCHIVE_REFUSED, detail)
}

impl<'t> Intake<'t> {
    pub(crate) fn new(config: &FilesConfig, archive_bytes: u64, take: &'t mut Take<'t>) -> Self {
        // A small archive of repetitive text is no bomb; the ratio counts where it hurts.
        let by_ratio = archive_bytes.saturating_mul(config.max_archive_ratio).max(16 << 20);
        Self {
            take,
            max_files: config.max_files,
            max_file: config.max_file_bytes,
            left: by_ratio.min(config.max_workspace_bytes),
            entries: 0,
            seen: BTreeMap::new(),
            directories: HashSet::new(),
            skipped: Vec::new(),
            more_skipped: false,
            files: 0,
            bytes: 0,
        }
    }

    /// Counts an entry of whatever kind.
    pub(crate) fn count(&mut self) -> Result<(), FilesError> {
        self.entries += 1;
        // Directories and what is skipped cost time too.
        if self.entries > self.max_files.saturating_mul(4) {
            return Err(refused(format!("It has more than {} entries.", self.max_files.saturating_mul(4))));
        }
        Ok(())
    }

    pub(crate) fn skip(&mut self, name: &str, reason: impl Into<String>) {
        if self.skipped.len() < LISTED {
            let path = name.chars().take(300).filter(|c| !c.is_control()).collect();
            self.skipped.push(Skipped { path, reason: reason.into() });
        } else {
            self.more_skipped = true;
        }
    }

    /// The path of a file, or none when it is skipped.
    pub(crate) fn path(&mut self, name: &str) -> Option<RelPath> {
        let bare = name.strip_prefix("./").unwrap_or(name);
        let path = match RelPath::parse(bare) {
            Ok(path) => path,
            Err(fault) => {
                self.skip(name, fault.to_string());
                return None;
            }
        };
        let folded = path.as_str().to_lowercase();
        if let Some(first) = self.seen.get(&folded) {
            let same = *first == path;
            self.skip(name, if same { "the name comes twice" } else { "another name differs only in upper and lower case" });
            return None;
        }
        if self.directories.contains(&folded) {
            self.skip(name, "a directory has this name");
            return None;
        }
        let above: Vec<String> = path.ancestors().map(str::to_lowercase).collect();
        if above.iter().any(|directory| self.seen.contains_key(directory)) {
            self.skip(name, "a file has the name of its directory");
            return None;
        }
        self.directories.extend(above);
        self.seen.insert(folded, path.clone());
        Some(path)
    }

    /// Takes in a file, whatever size it was said to have.
    pub(crate) fn file(&mut self, path: RelPath, declared: u64, content: &mut dyn Read) -> Result<(), FilesError> {
        if declared > self.max_file {
            self.seen.remove(&path.as_str().to_lowercase());
            self.skip(path.as_str(), format!("larger than {} bytes", self.max_file));
            return Ok(());
        }
        if self.files >= self.max_files {
            return Err(refused(format!("It has more than {} files.", self.max_files)));
        }
        let most = self.max_file.min(self.left);
        let mut bytes = Vec::with_capacity(usize::try_from(declared.min(1 << 20)).unwrap_or(0));
        let read = content.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|_broken| refused(format!("The entry `{path}` can't be read.")))?;
        let size = bytes.len() as u64;
        if size > self.left {
            return Err(refused("Its contents are far larger than it is."));
        }
        if size != declared {
            return Err(refused(format!("The entry `{path}` is not as large as it says.")));
        }
        self.left -= size;
        self.files += 1;
        self.bytes += size;
        if (self.take)(path, bytes) { Ok(()) } else { Err(FilesError::Lost) }
    }

    pub(crate) fn into_skipped(self) -> (Vec<Skipped>, bool) {
        (self.skipped, self.more_skipped)
    }
}

/// Fails once more bytes come than the whole of an archive may unpack to.
pub(crate) struct Capped<R> {
    pub(crate) inner: R,
    pub(crate) left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(io::Error::other(TOO_MUCH)),
        }
    }
}

pub(crate) const TOO_MUCH: &str = "the archive unpacks to too much";

/// Reads an archive of whatever form it begins like. Gives what was skipped.
pub(crate) fn read_all(file: std::fs::File, intake: &mut Intake<'_>) -> Result<(), FilesError> {
    use std::io::Seek as _;

    let mut file = io::BufReader::with_capacity(64 << 10, file);
    let mut magic = [0; 4];
    let begun = file.read(&mut magic)?;
    file.rewind()?;
    match magic.get(..begun).unwrap_or_default() {
        [0x1f, 0x8b, ..] => tarball::read(flate2::bufread::MultiGzDecoder::new(file), intake),
        [b'P', b'K', ..] => zipfile::read(file, intake),
        _ => tarball::read(file, intake),
    }
}
