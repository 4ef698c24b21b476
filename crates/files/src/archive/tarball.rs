use std::io::Read;

use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::{Capped, Intake, TOO_MUCH, refused};
use crate::FilesError;

/// The most bytes of a record that names the next entry.
const MAX_NAME: u64 = 4096;
/// The most bytes of a record with attributes of the next entry.
const MAX_ATTRIBUTES: u64 = 64 << 10;

/// Reads a tar archive. Records that name or describe the next entry are read here and not by the library, which would take them in at
/// whatever size they have.
pub(super) fn read(file: impl Read, intake: &mut Intake<'_>) -> Result<(), FilesError> {
    // Headers and padding come on top of contents.
    let left = intake.left.saturating_add(intake.max_files.saturating_mul(8 * 1024));
    let mut archive = Archive::new(Capped { inner: file, left });
    let entries = archive.entries().map_err(|error| broken(&error))?;
    let mut next = Next::default();
    for entry in entries.raw(true) {
        let mut entry = entry.map_err(|error| broken(&error))?;
        intake.count()?;
        match entry.header().entry_type() {
            EntryType::GNULongName => next.name = Some(record(&mut entry, MAX_NAME)?),
            EntryType::GNULongLink => drop(record(&mut entry, MAX_NAME)?),
            EntryType::XHeader => next.attributes(&record(&mut entry, MAX_ATTRIBUTES)?),
            EntryType::XGlobalHeader => drop(record(&mut entry, MAX_ATTRIBUTES)?),
            kind => {
                let described = std::mem::take(&mut next);
                take(entry, kind, described, intake)?;
            }
        }
    }
    if intake.entries == 0 {
        return Err(refused("It is neither zip nor tar nor tar.gz, or there is nothing in it."));
    }
    Ok(())
}

/// What records said about the next entry.
#[derive(Default)]
struct Next {
    name: Option<Vec<u8>>,
    size: Option<String>,
    is_sparse: bool,
}

impl Next {
    fn attributes(&mut self, record: &[u8]) {
        for attribute in PaxExtensions::new(record).filter_map(Result::ok) {
            match attribute.key() {
                Ok("path") => self.name = Some(attribute.value_bytes().to_vec()),
                Ok("size") => self.size = attribute.value().ok().map(str::to_owned),
                Ok(key) if key.starts_with("GNU.sparse") => self.is_sparse = true,
                _ => {}
            }
        }
    }
}

fn take<R: Read>(mut entry: Entry<'_, R>, kind: EntryType, next: Next, intake: &mut Intake<'_>) -> Result<(), FilesError> {
    let name = next.name.unwrap_or_else(|| entry.path_bytes().into_owned());
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let Ok(name) = std::str::from_utf8(name) else {
        intake.skip(&String::from_utf8_lossy(name), "its name is no UTF-8");
        return Ok(());
    };
    let name = name.to_owned();
    let size = entry.header().entry_size().map_err(|error| broken(&error))?;
    if next.size.is_some_and(|said| said.parse() != Ok(size)) {
        // Readers disagree about where the next entry begins; one of them would be shown other files than are stored.
        return Err(refused(format!("The entry `{}` has two sizes.", name.escape_debug())));
    }
    match kind {
        EntryType::Regular | EntryType::Continuous if next.is_sparse => intake.skip(&name, "sparse"),
        // In old archives a directory is a file whose name ends with a separator.
        EntryType::Regular if name.ends_with('/') => {}
        EntryType::Regular | EntryType::Continuous => {
            if let Some(path) = intake.path(&name) {
                intake.file(path, size, &mut entry)?;
            }
        }
        EntryType::Directory => {}
        EntryType::Symlink | EntryType::Link => intake.skip(&name, "a link"),
        EntryType::Block | EntryType::Char => intake.skip(&name, "a device"),
        EntryType::Fifo => intake.skip(&name, "a pipe"),
        EntryType::GNUSparse => intake.skip(&name, "sparse"),
        _ => intake.skip(&name, "of a kind that is not read"),
    }
    Ok(())
}

fn record<R: Read>(entry: &mut Entry<'_, R>, most: u64) -> Result<Vec<u8>, FilesError> {
    let size = entry.header().entry_size().map_err(|error| broken(&error))?;
    if size > most {
        return Err(refused("A record that describes an entry is too large."));
    }
    let mut bytes = Vec::new();
    entry.take(most).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    Ok(bytes)
}

fn broken(error: &std::io::Error) -> FilesError {
    if error.to_string().contains(TOO_MUCH) {
        return refused("Its contents are far larger than it is.");
    }
    refused("It can't be read as tar.")
}
