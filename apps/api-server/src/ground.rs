use std::fs::{File, TryLockError};
use std::sync::Arc;

use anyhow::Context as _;
use core_config::Loaded;
use core_db::{Db, DbConfig};
use core_kernel::Ambient;
use core_keys::{Keyring, MasterKey};

use crate::blobs::Blobs;
use crate::settings::Settings;

/// The fact under which the database keeps its root keys, sealed.
const ROOT_KEYS: &str = "root_keys";
/// The fact by which versions before root keys remember the master key that they sealed with.
const MADE_WITH: &str = "master_key_fingerprint";
const HAS_ROOT_KEYS: &str = "root keys";
const ANOTHER_KEY: &str = "the master key is not the one that this database was made with: set APP__SECURITY__MASTER_KEY to that one, or \
                           give it as APP__SECURITY__PREVIOUS_MASTER_KEY";

/// What every command that touches data needs.
pub(crate) struct Ground {
    pub(crate) loaded: Loaded<Settings>,
    pub(crate) ambient: Ambient,
    pub(crate) keyring: Keyring,
    pub(crate) db: Db,
}

/// The sealed root keys of a database.
pub(crate) struct RootKeys {
    kept: String,
    /// The same under the current master key, where a previous one had sealed them.
    renewed: Option<String>,
}

impl Ground {
    /// Opens the keys and the database; makes the data dir and the key where the settings let it.
    pub(crate) async fn open(loaded: Loaded<Settings>) -> anyhow::Result<Self> {
        let ambient = Ambient::system();
        let settings = &loaded.settings;
        std::fs::create_dir_all(&settings.data_dir)
            .with_context(|| format!("the data folder {} can't be made", settings.data_dir.display()))?;
        let keyring = keyring(settings, &ambient)?;
        let mut config = DbConfig::new(settings.database_url());
        config.max_connections = settings.database.max_connections;
        config.synchronous_full = settings.database.synchronous_full;
        let db = Db::connect(config, ambient.clone(), keyring.clone()).await.context("the database can't be opened")?;
        Ok(Self { loaded, ambient, keyring, db })
    }

    /// Where content is kept that is no row: a folder in the data folder, or the store of the settings.
    pub(crate) fn blobs(&self) -> anyhow::Result<Blobs> {
        Blobs::open(&self.loaded.settings.media.store_url, &self.loaded.settings.data_dir)
    }

    /// On SQLite: makes this process the one that serves the file, for as long as what it gets lives. Its operating system takes
    /// the lock away from a process that dies. Short commands need none: SQLite itself lets them in.
    pub(crate) fn claim(&self) -> anyhow::Result<Option<File>> {
        let Some(path) = self.db.sqlite_file() else { return Ok(None) };
        let lock = path.with_added_extension("serve.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&lock);
        let file = file.with_context(|| format!("{} can't be opened", lock.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another server or worker uses {}: stop it first. More than one process needs PostgreSQL; `api-server grow` moves \
                 everything there",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} can't be locked", lock.display())),
        }
    }

    /// Applies pending migrations, or refuses to go on with some pending when the settings say so, and opens the root keys of this database
    /// with the master key.
    pub(crate) async fn prepare(&self) -> anyhow::Result<Vec<String>> {
        let ledgers = self.loaded.settings.ledgers();
        let applied = if self.loaded.settings.database.migrate_at_start {
            core_db::migrate(&self.db, &ledgers).await.context("the migrations could not be applied")?
        } else {
            let pending = core_db::pending(&self.db, &ledgers).await?;
            anyhow::ensure!(pending == 0, "{pending} migrations are pending: run `api-server migrate up`");
            Vec::new()
        };
        if !self.adopt_root_keys().await? {
            core_db::remember_once(&self.db, ROOT_KEYS, &self.first_root_keys().await?).await?;
            self.adopt_root_keys().await?;
        }
        Ok(applied)
    }

    /// Takes on the root keys that the database has, and seals them anew when the master key has changed. `false`: it has none yet.
    pub(crate) async fn adopt_root_keys(&self) -> anyhow::Result<bool> {
        let Some(RootKeys { kept, renewed }) = self.open_root_keys().await? else { return Ok(false) };
        if let Some(renewed) = renewed {
            core_db::remember_instead(&self.db, ROOT_KEYS, &kept, &renewed).await?;
            tracing::info!("the root keys are sealed under the new master key; take the previous one out of the settings");
        }
        Ok(true)
    }

    /// Takes them on and changes nothing. None: it has none yet.
    pub(crate) async fn open_root_keys(&self) -> anyhow::Result<Option<RootKeys>> {
        let Some(kept) = core_db::remembered(&self.db, ROOT_KEYS).await? else { return Ok(None) };
        let renewed = self.keyring.adopt(&kept).context(ANOTHER_KEY)?;
        Ok(Some(RootKeys { kept, renewed }))
    }

    /// Whether the master key of this fingerprint is in the settings, as the current or the previous one.
    pub(crate) fn has_master_key(&self, fingerprint: &str) -> bool {
        self.keyring.fingerprint() == fingerprint || self.keyring.previous_fingerprints().iter().any(|known| known == fingerprint)
    }

    /// A fresh one for a new database. Where an earlier version has sealed with the master keys themselves, these.
    async fn first_root_keys(&self) -> anyhow::Result<String> {
        // An earlier version compares this with its own key, and keeps off a database whose values it could not open.
        let made_with = core_db::remember_once(&self.db, MADE_WITH, HAS_ROOT_KEYS).await?;
        if made_with == HAS_ROOT_KEYS {
            return Ok(self.keyring.fresh_root()?);
        }
        anyhow::ensure!(self.has_master_key(&made_with), ANOTHER_KEY);
        Ok(self.keyring.master_as_root()?)
    }
}

fn keyring(settings: &Settings, ambient: &Ambient) -> anyhow::Result<Keyring> {
    let current = match &settings.security.master_key {
        Some(key) => MasterKey::parse(key.expose()).context("security.master_key")?,
        None => MasterKey::load_or_create(&settings.data_dir.join("master.key"), ambient.rng.as_ref())
            .context("the master key in the data folder")?,
    };
    let previous = settings.security.previous_master_key.as_ref().map(|key| MasterKey::parse(key.expose()));
    let previous = previous.transpose().context("security.previous_master_key")?;
    Ok(Keyring::new(current, previous.into_iter().collect(), Arc::clone(&ambient.rng)))
}
