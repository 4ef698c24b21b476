use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Intake, refused};
use crate::FilesError;

/// How the record of an entry begins (APPNOTE.TXT 4.3.12).
const ENTRY: &[u8] = b"PK\x01\x02";

/// Reads a zip archive.
pub(super) fn read(mut file: BufReader<File>, intake: &mut Intake<'_>) -> Result<(), FilesError> {
    // The library reads the whole list of entries into memory; a million empty ones are told before.
    let records = count_records(&mut file)?;
    if records > intake.max_files.saturating_mul(16) {
        return Err(refused("It lists far too many entries."));
    }
    let mut archive = ZipArchive::new(file).map_err(|_broken| refused("It can't be read as zip."))?;
    for index in 0..archive.len() {
        intake.count()?;
        let listed = archive.name_for_index(index).and_then(Result::ok).map(std::borrow::Cow::into_owned);
        let Some(name) = listed else {
            intake.skip("", "its name is no text");
            continue;
        };
        let entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                let reason = match error {
                    ZipError::UnsupportedArchive(text) if text.contains("assword") => "encrypted",
                    ZipError::InvalidPassword => "encrypted",
                    ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
                        "compressed by a method that is not read"
                    }
                    _ => return Err(refused(format!("The entry `{}` can't be read.", name.escape_debug()))),
                };
                intake.skip(&name, reason);
                continue;
            }
        };
        if entry.is_symlink() {
            intake.skip(&name, "a link");
            continue;
        }
        if entry.is_dir() {
            continue;
        }
        // The upper bits of the mode tell devices and pipes (stat.h); 0 where the archive has no modes.
        if entry.unix_mode().is_some_and(|mode| !matches!(mode & 0o170_000, 0 | 0o100_000)) {
            intake.skip(&name, "not a regular file");
            continue;
        }
        let Some(path) = intake.path(&name) else { continue };
        let declared = entry.size();
        let mut entry = entry;
        intake.file(path, declared, &mut entry)?;
    }
    Ok(())
}

fn count_records(file: &mut BufReader<File>) -> std::io::Result<u64> {
    let mut window = Vec::with_capacity(1 << 20);
    let (mut count, mut kept) = (0, 0);
    loop {
        let read = file.by_ref().take((1 << 20) - kept as u64).read_to_end(&mut window)?;
        if read == 0 {
            break;
        }
        count += window.windows(ENTRY.len()).filter(|four| *four == ENTRY).count() as u64;
        let keep = window.len().min(ENTRY.len() - 1);
        window.drain(..window.len() - keep);
        kept = keep;
    }
    file.rewind()?;
    Ok(count)
}
