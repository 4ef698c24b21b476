use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use core_feature::{ExportError, ExportSink};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How many rows may wait for the disk.
const WAITING: usize = 64;
/// How many collections one archive may have.
const MAX_COLLECTIONS: usize = 256;

enum Entry {
    Row { collection: String, line: Vec<u8> },
    File { path: String, bytes: Vec<u8> },
}

/// Writes a zip archive beside the async threads: a file of JSON lines for each collection, and the files as they are. Rows wait
/// on disk, so that an archive of any size needs little memory.
pub(crate) struct Archive {
    entries: mpsc::Sender<Entry>,
    writer: JoinHandle<io::Result<File>>,
}

impl Archive {
    /// An empty archive in a temporary file, which is gone when it is closed.
    pub(crate) fn begin() -> Self {
        let (entries, arriving) = mpsc::channel(WAITING);
        Self { entries, writer: tokio::task::spawn_blocking(move || write(arriving)) }
    }

    /// The whole archive, at its beginning.
    pub(crate) async fn finish(self) -> Result<File, ExportError> {
        drop(self.entries);
        let written = self.writer.await.map_err(|error| ExportError::Sink(error.to_string()))?;
        written.map_err(|error| ExportError::Sink(error.to_string()))
    }

    async fn send(&self, entry: Entry) -> Result<(), ExportError> {
        let gone = |_| ExportError::Sink("the archive could not be written".to_owned());
        self.entries.send(entry).await.map_err(gone)
    }
}

#[async_trait::async_trait]
impl ExportSink for Archive {
    async fn row(&mut self, collection: &str, row: Value) -> Result<(), ExportError> {
        let mut line = serde_json::to_vec(&row).map_err(|error| ExportError::Sink(error.to_string()))?;
        line.push(b'\n');
        self.send(Entry::Row { collection: collection.to_owned(), line }).await
    }

    async fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.send(Entry::File { path: path.to_owned(), bytes: bytes.to_vec() }).await
    }
}

fn write(mut entries: mpsc::Receiver<Entry>) -> io::Result<File> {
    let options = SimpleFileOptions::default().large_file(true);
    let mut zip = ZipWriter::new(tempfile::tempfile()?);
    let mut collections: BTreeMap<String, BufWriter<File>> = BTreeMap::new();
    while let Some(entry) = entries.blocking_recv() {
        match entry {
            Entry::Row { collection, line } => {
                if let Some(rows) = collections.get_mut(&collection) {
                    rows.write_all(&line)?;
                    continue;
                }
                if collections.len() == MAX_COLLECTIONS {
                    return Err(io::Error::other("an archive has at most 256 collections"));
                }
                collections.entry(collection).or_insert(BufWriter::new(tempfile::tempfile()?)).write_all(&line)?;
            }
            Entry::File { path, bytes } => {
                zip.start_file(path, options)?;
                zip.write_all(&bytes)?;
            }
        }
    }
    for (collection, rows) in collections {
        let mut rows = rows.into_inner().map_err(io::IntoInnerError::into_error)?;
        rows.seek(SeekFrom::Start(0))?;
        zip.start_file(format!("{collection}.ndjson"), options)?;
        io::copy(&mut rows, &mut zip)?;
    }
    let mut file = zip.finish()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn rows_that_come_mixed_are_one_file_for_each_collection() {
        let mut archive = Archive::begin();
        for number in 0..300 {
            archive.row("llm/messages", json!({"n": number})).await.unwrap();
            archive.row("users/profile", json!({"n": number, "text": "ü\n"})).await.unwrap();
        }
        archive.file("media/cat.jpg", &[0xFF, 0xD8]).await.unwrap();
        let mut zip = zip::ZipArchive::new(archive.finish().await.unwrap()).unwrap();
        assert_eq!(
            zip.file_names().map(Result::unwrap).collect::<Vec<_>>(),
            ["media/cat.jpg", "llm/messages.ndjson", "users/profile.ndjson"]
        );
        let mut text = String::new();
        zip.by_name("users/profile.ndjson").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count(), 300);
        assert_eq!(serde_json::from_str::<Value>(text.lines().last().unwrap()).unwrap(), json!({"n": 299, "text": "ü\n"}));
    }

    #[tokio::test]
    async fn a_writer_that_gave_up_is_an_error_and_not_a_shorter_archive() {
        let mut archive = Archive::begin();
        let mut outcome = Ok(());
        for number in 0..1_000 {
            outcome = outcome.and(archive.row(&format!("c{number}"), json!({})).await);
        }
        assert!(outcome.is_err() || archive.finish().await.is_err());
    }
}
