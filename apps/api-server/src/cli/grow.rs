use anyhow::Context as _;
use core_config::Loaded;
use core_db::portable::{Intake, Snapshot, copy, verify};
use core_db::{Db, DbConfig};

use super::{backup, terminal};
use crate::blobs::{self, Blobs};
use crate::ground::Ground;
use crate::settings::Settings;

#[derive(clap::Args)]
pub(crate) struct Grow {
    /// An empty database: `postgres://...`.
    #[arg(long)]
    to: String,
    /// Where blobs go: `s3://bucket/prefix` (with the usual `AWS_*` variables) or `file:///folder`. Absent: they stay where they are.
    #[arg(long)]
    store: Option<String>,
    /// Says what would be copied and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Copies everything from SQLite (and its blobs) to PostgreSQL, compares both sides, and says what to set. The source is only read; the
/// command may be run again after a fall and goes on where it stopped.
pub(crate) async fn run(command: Grow, loaded: Loaded<Settings>) -> anyhow::Result<()> {
    anyhow::ensure!(loaded.settings.is_on_sqlite(), "this server is not on SQLite; `backup` and `restore` move it to any other");
    anyhow::ensure!(command.to.starts_with("postgres"), "--to takes the URL of a PostgreSQL database");
    // Before anything is copied: rows in a database whose blobs have nowhere to go are half a move.
    anyhow::ensure!(command.store.as_deref().is_none_or(Blobs::knows), "--store {}", blobs::STORES);
    let ground = Ground::open(loaded).await?;
    let _claim = ground.claim()?;
    ground.prepare().await?;
    let source = Snapshot::open(&ground.db).await?;
    let expected = source.digests().await?;
    backup::list(&expected);
    let from = ground.blobs()?.store;
    let (objects, bytes) = blobs::count(from.as_ref()).await?;
    terminal::line(&format!("{objects:>9} blobs of {bytes} bytes"));
    let mut config = DbConfig::new(command.to.clone());
    config.max_connections = 4;
    let target = Db::connect(config, ground.ambient.clone(), ground.keyring.clone()).await?;
    target.ping().await.context("the target can't be reached")?;
    if command.dry_run {
        terminal::line("Nothing was changed: this was a dry run. The target can be reached.");
        return Ok(());
    }
    let intake = Intake::open(&target, &ground.keyring.fingerprint(), &migration::ledgers()).await?;
    copy(&source, &intake, |table| tracing::debug!(table, "copied")).await?;
    verify(&expected, &Snapshot::open(&target).await?).await?;
    if let Some(store) = &command.store {
        let to = Blobs::open(store, &ground.loaded.settings.data_dir)?.store;
        let hashes = blobs::copy(from.as_ref(), to.as_ref()).await?;
        terminal::line(&format!("{:>9} blobs are the same on both sides", hashes.len()));
    }
    intake.finish().await?;
    terminal::line("Every row is the same on both sides. Set, on every replica:");
    terminal::line("  DATABASE_URL                 what you gave as --to");
    if let Some(store) = &command.store {
        terminal::line(&format!("  APP__MEDIA__STORE_URL        {store}"));
    }
    if ground.loaded.settings.security.master_key.is_none() {
        let key = ground.loaded.settings.data_dir.join("master.key");
        terminal::line(&format!("  APP__SECURITY__MASTER_KEY    the content of {}", key.display()));
    }
    terminal::line("  REDIS_URL                    for more than one replica");
    // Closing waits for whoever holds a connection.
    drop(source);
    target.close().await?;
    Ok(ground.db.close().await?)
}
