use core_db::DbError;
use serde_json::Value;

/// Where an export is written. Rows and files arrive one by one, so that nothing is held in memory whole.
#[async_trait::async_trait]
pub trait ExportSink: Send {
    /// One row of a collection, such as `conversations`.
    async fn row(&mut self, collection: &str, row: Value) -> Result<(), ExportError>;

    /// One file.
    async fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError>;
}

/// An export that can't go on.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The rows can't be read.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The sink can't be written.
    #[error("the export could not be written: {0}")]
    Sink(String),
}

/// A sink that keeps everything, for small exports and for tests.
#[derive(Clone, Debug, Default)]
pub struct MemoryExport {
    /// Collection and row, in order of arrival.
    pub rows: Vec<(String, Value)>,
    /// Path and content.
    pub files: Vec<(String, Vec<u8>)>,
}

#[async_trait::async_trait]
impl ExportSink for MemoryExport {
    async fn row(&mut self, collection: &str, row: Value) -> Result<(), ExportError> {
        self.rows.push((collection.to_owned(), row));
        Ok(())
    }

    async fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.files.push((path.to_owned(), bytes.to_vec()));
        Ok(())
    }
}
