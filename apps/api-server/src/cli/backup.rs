use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use core_config::Loaded;
use core_db::portable::{Digest, Dump};
use serde::{Deserialize, Serialize};

use super::terminal;
use crate::blobs::{self, Hashes};
use crate::ground::Ground;
use crate::settings::Settings;

#[derive(clap::Args)]
pub(crate) struct Backup {
    /// A folder that is not there yet.
    #[arg(long)]
    to: PathBuf,
}

/// What a backup says of itself beside its rows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct About {
    /// Which version wrote it.
    pub(super) version: String,
    /// Which master key opens what is sealed in it. The key itself is not there.
    pub(super) master_key_fingerprint: String,
    /// SHA-256 of every blob.
    pub(super) blobs: Hashes,
}

impl About {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("about.json");
        let text = std::fs::read(&path).with_context(|| format!("{} can't be read; is this a backup?", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
    }
}

/// Writes every row, as of one moment, and every blob into a folder, also while servers run. It is whole when `manifest.json` is there.
pub(crate) async fn run(command: Backup, loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let ground = Ground::open(loaded).await?;
    // So that the key of the settings is the one that opens what is in the backup.
    ground.adopt_root_keys().await?;
    let into = Dump::fresh(&command.to).await?;
    let manifest = core_db::portable::dump(&ground.db, &migration::ledgers(), &into).await?;
    list(&manifest.tables);
    // After the rows: whatever they name is there by now.
    let hashes = blobs::copy(ground.blobs()?.store.as_ref(), blobs::folder(&command.to.join("blobs"))?.as_ref()).await?;
    terminal::line(&format!("{:>9} blobs", hashes.len()));
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        master_key_fingerprint: ground.keyring.fingerprint(),
        blobs: hashes,
    };
    tokio::fs::write(command.to.join("about.json"), serde_json::to_vec_pretty(&about)?).await?;
    into.complete(&manifest).await?;
    terminal::line(&format!(
        "The backup is in {}. It is of no use without the master key: keep that elsewhere.",
        command.to.display()
    ));
    Ok(ground.db.close().await?)
}

/// Prints what tables hold; empty ones are left out.
pub(super) fn list(tables: &BTreeMap<String, Digest>) {
    for (table, digest) in tables.iter().filter(|(_, digest)| digest.rows > 0) {
        terminal::line(&format!("{:>9} rows of {table}", digest.rows));
    }
}
