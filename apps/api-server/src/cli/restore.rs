use std::path::PathBuf;

use core_config::Loaded;
use core_db::portable::{Dump, restore};

use super::backup::About;
use super::terminal;
use crate::blobs;
use crate::ground::Ground;
use crate::settings::Settings;

#[derive(clap::Args)]
pub(crate) struct Restore {
    /// The folder that `backup` wrote.
    #[arg(long)]
    from: PathBuf,
}

/// Brings a backup back into the database and the store of the settings, which hold nothing yet; on either engine, also from an
/// older version. May be run again after a fall and goes on where it stopped.
pub(crate) async fn run(command: Restore, loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let ground = Ground::open(loaded).await?;
    let _claim = ground.claim()?;
    let about = About::read(&command.from)?;
    anyhow::ensure!(
        ground.has_master_key(&about.master_key_fingerprint),
        "the backup was made under another master key: put that key in {} (or in APP__SECURITY__MASTER_KEY) and run this again",
        ground.loaded.settings.data_dir.join("master.key").display()
    );
    let source = blobs::folder(&command.from.join("blobs"))?;
    let hashes = blobs::copy(source.as_ref(), ground.blobs()?.store.as_ref()).await?;
    let damaged = about.blobs.iter().find(|(path, hash)| hashes.get(*path) != Some(hash));
    anyhow::ensure!(
        damaged.is_none(),
        "the backup is damaged: the blob {} is not as it was",
        damaged.map_or("", |(path, _)| path)
    );
    let moved = restore(&Dump::at(&command.from), &ground.db, migration::ledgers()).await?;
    let rows: u64 = moved.iter().map(|moved| moved.digest.rows).sum();
    terminal::line(&format!(
        "{rows} rows and {} blobs are back, the same as in the backup of version {}.",
        hashes.len(),
        about.version
    ));
    Ok(ground.db.close().await?)
}
