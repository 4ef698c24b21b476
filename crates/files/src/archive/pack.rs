use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{ArchiveFormat, FilesError, FoundKind, Packed, RelPath, Root, Stop};

/// The most entries of an archive that is made.
const MOST: usize = 100_000;

/// Writes the regular files of a root into an archive. Each is read through the root, and none is followed out of it.
pub(super) fn pack(root: &Root, format: ArchiveFormat, most_bytes: u64, stop: &Stop) -> Result<Packed, FilesError> {
    let walked = root.walk(None, true, MOST, stop)?;
    let mut truncated = walked.truncated;
    let files: Vec<(RelPath, i64)> = walked
        .found
        .into_iter()
        .filter(|found| found.kind == FoundKind::File)
        .map(|found| (found.path, found.modified_ms))
        .collect();
    let mut left = most_bytes;
    let mut each = |write: &mut One<'_>| -> Result<(), FilesError> {
        for (path, modified) in &files {
            if stop.is_set() {
                truncated = true;
                break;
            }
            let Ok((file, facts)) = root.open_file(path) else {
                truncated = true;
                continue;
            };
            if facts.size > left {
                truncated = true;
                continue;
            }
            let mut bytes = Vec::new();
            // The header says how many bytes come: no more, should it grow meanwhile.
            file.take(facts.size).read_to_end(&mut bytes)?;
            left -= bytes.len() as u64;
            write(path, &bytes, *modified)?;
        }
        Ok(())
    };
    let out = BufWriter::new(tempfile::tempfile()?);
    let mut file = match format {
        ArchiveFormat::Zip => zipped(out, &mut each)?,
        ArchiveFormat::Tar => tarred(out, &mut each)?.into_inner().map_err(io::IntoInnerError::into_error)?,
        ArchiveFormat::TarGz => {
            let encoder = tarred(GzEncoder::new(out, Compression::default()), &mut each)?;
            encoder.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?
        }
    };
    let bytes = file.stream_position()?;
    file.rewind()?;
    Ok(Packed { file, bytes, truncated })
}

/// Writes one file: its path, its bytes, when it changed.
type One<'o> = dyn FnMut(&RelPath, &[u8], i64) -> io::Result<()> + 'o;
type Each<'e> = dyn FnMut(&mut One<'_>) -> Result<(), FilesError> + 'e;

fn zipped(out: BufWriter<File>, each: &mut Each<'_>) -> Result<File, FilesError> {
    let mut writer = ZipWriter::new(out);
    each(&mut |path, bytes, _| {
        writer.start_file(path.as_str(), SimpleFileOptions::default()).map_err(io::Error::other)?;
        writer.write_all(bytes)
    })?;
    let out = writer.finish().map_err(io::Error::other)?;
    let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(io::SeekFrom::End(0))?;
    Ok(file)
}

fn tarred<W: Write>(out: W, each: &mut Each<'_>) -> Result<W, FilesError> {
    let mut builder = Builder::new(out);
    each(&mut |path, bytes, modified| {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(u64::try_from(modified / 1000).unwrap_or(0));
        builder.append_data(&mut header, path.as_str(), bytes)
    })?;
    Ok(builder.into_inner()?)
}
