use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};

use super::transfer::line;
use super::{Digest, PortableError, Row};

/// The form of dumps that this version writes and reads.
const FORMAT: u32 = 1;

/// How many rows are in memory at a time.
const BATCH: usize = 100;

/// The longest line that is read: no row of a feature comes near.
const MAX_LINE_BYTES: u64 = 256 * 1024 * 1024;

/// What a ledger had applied, by its name.
pub(super) type Migrations = BTreeMap<String, BTreeSet<String>>;

/// A folder with one file of JSON lines per table and a manifest.
#[derive(Clone, Debug)]
pub struct Dump {
    folder: PathBuf,
}

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// When its rows were read.
    pub created_at: Timestamp,
    /// What had been applied to the database, by ledger.
    pub migrations: Migrations,
    /// What each table holds.
    pub tables: BTreeMap<String, Digest>,
}

impl Manifest {
    pub(super) fn new(created_at: Timestamp, migrations: Migrations, tables: BTreeMap<String, Digest>) -> Self {
        Self { format: FORMAT, created_at, migrations, tables }
    }

    /// Tells dumps apart.
    pub(super) fn id(&self) -> String {
        let sum = self.tables.values().fold(0_u64, |sum, digest| sum.wrapping_add(digest.sum));
        format!("dump {} {sum:016x}", self.created_at.millis())
    }
}

impl Dump {
    /// Makes the folder for a new one.
    ///
    /// # Errors
    /// [`PortableError::Refused`] when something is there already.
    pub async fn fresh(folder: &Path) -> Result<Self, PortableError> {
        if tokio::fs::try_exists(folder).await? {
            return Err(PortableError::Refused(format!("{} is there already; name a new folder.", folder.display())));
        }
        tokio::fs::create_dir_all(folder.join("tables")).await?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// One that was made before.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Its manifest.
    ///
    /// # Errors
    /// [`PortableError::Refused`] when there is none, so that the dump is not whole, or it is of another form.
    pub async fn manifest(&self) -> Result<Manifest, PortableError> {
        let path = self.folder.join("manifest.json");
        let text = tokio::fs::read(&path).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                PortableError::Refused(format!("{} is not there: no backup, or not a whole one.", path.display()))
            }
            _ => error.into(),
        })?;
        let manifest: Manifest = serde_json::from_slice(&text)?;
        if manifest.format == FORMAT {
            return Ok(manifest);
        }
        Err(PortableError::Refused(format!("the backup is of form {}, which this version does not read.", manifest.format)))
    }

    /// Writes the manifest last: from now on the dump is whole.
    pub async fn complete(&self, manifest: &Manifest) -> Result<(), PortableError> {
        let (path, part) = (self.folder.join("manifest.json"), self.folder.join("manifest.json.part"));
        let mut file = File::create(&part).await?;
        file.write_all(&serde_json::to_vec_pretty(manifest)?).await?;
        file.sync_all().await?;
        Ok(tokio::fs::rename(part, path).await?)
    }

    fn path(&self, table: &str) -> Result<PathBuf, PortableError> {
        let plain = !table.is_empty() && table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain { Ok(self.folder.join("tables").join(format!("{table}.ndjson"))) } else { Err(damaged("a table's name")) }
    }

    pub(super) async fn create(&self, table: &str) -> Result<Lines<BufWriter<File>>, PortableError> {
        Ok(Lines { file: BufWriter::new(File::create(self.path(table)?).await?), place: 0 })
    }

    /// The rows of a table after some.
    pub(super) async fn open(&self, table: &str, after: i64) -> Result<Lines<BufReader<File>>, PortableError> {
        let mut lines = Lines { file: BufReader::new(File::open(self.path(table)?).await?), place: 0 };
        while lines.place < after {
            lines.line().await?.ok_or_else(|| damaged("a table's length"))?;
        }
        Ok(lines)
    }
}

fn damaged(what: &str) -> PortableError {
    PortableError::Refused(format!("the backup is damaged: {what} is not as it should be."))
}

/// Rows of one table in its file.
pub(super) struct Lines<F> {
    file: F,
    place: i64,
}

impl Lines<BufWriter<File>> {
    pub(super) async fn write(&mut self, rows: &[Row]) -> Result<(), PortableError> {
        for row in rows {
            self.file.write_all(&line(row)?).await?;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<(), PortableError> {
        self.file.flush().await?;
        Ok(self.file.into_inner().sync_all().await?)
    }
}

impl Lines<BufReader<File>> {
    async fn line(&mut self) -> Result<Option<Vec<u8>>, PortableError> {
        let mut line = Vec::new();
        let read = (&mut self.file).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() != Some(&b'\n') {
            return Err(damaged("the end of a table"));
        }
        self.place += 1;
        Ok(Some(line))
    }

    pub(super) async fn next(&mut self) -> Result<Option<(Vec<Row>, i64)>, PortableError> {
        let mut rows = Vec::new();
        while rows.len() < BATCH {
            let Some(line) = self.line().await? else { break };
            rows.push(serde_json::from_slice(&line)?);
        }
        Ok((!rows.is_empty()).then_some((rows, self.place)))
    }
}
