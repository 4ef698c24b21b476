use std::sync::Arc;

use anyhow::Context as _;
use core_config::Loaded;
use core_db::{Db, DbConfig};
use core_kernel::Ambient;
use core_keys::{Keyring, MasterKey};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use crate::settings::Settings;

/// What every command that touches data needs.
pub(crate) struct Ground {
    pub(crate) loaded: Loaded<Settings>,
    pub(crate) ambient: Ambient,
    pub(crate) keyring: Keyring,
    pub(crate) db: Db,
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
    pub(crate) fn blobs(&self) -> anyhow::Result<Arc<dyn ObjectStore>> {
        let url = &self.loaded.settings.media.store_url;
        if url.starts_with("s3://") {
            return s3(url);
        }
        let folder = match url.strip_prefix("file://") {
            Some(folder) => std::path::PathBuf::from(folder),
            None => self.loaded.settings.data_dir.join("blobs"),
        };
        std::fs::create_dir_all(&folder).with_context(|| format!("the folder {} can't be made", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(&folder).context("the folder of blobs can't be opened")?;
        Ok(Arc::new(store.with_automatic_cleanup(true)))
    }

    /// Applies pending migrations, or refuses to go on with some pending when the settings say so, and checks that the master key
    /// is the one that this database was made with.
    pub(crate) async fn prepare(&self) -> anyhow::Result<Vec<String>> {
        let ledgers = migration::ledgers();
        let applied = if self.loaded.settings.database.migrate_at_start {
            core_db::migrate(&self.db, &ledgers).await.context("the migrations could not be applied")?
        } else {
            let pending = core_db::pending(&self.db, &ledgers).await?;
            anyhow::ensure!(pending == 0, "{pending} migrations are pending: run `api-server migrate up`");
            Vec::new()
        };
        let ours = self.keyring.fingerprint();
        let known = core_db::remember_once(&self.db, "master_key_fingerprint", &ours).await?;
        let previous = self.keyring.previous_fingerprints();
        anyhow::ensure!(
            known == ours || previous.contains(&known),
            "the master key is not the one that this database was made with: set APP__SECURITY__MASTER_KEY to that one, \
             or give it as APP__SECURITY__PREVIOUS_MASTER_KEY"
        );
        Ok(applied)
    }
}

/// An S3-compatible store. Where it is and with which keys comes from the usual `AWS_*` variables, as its library reads them.
fn s3(url: &str) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let rest = url.trim_start_matches("s3://");
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let store = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket);
    let store = store.build().context("media.store_url: the S3 store can't be set up")?;
    Ok(match prefix.trim_matches('/') {
        "" => Arc::new(store),
        prefix => Arc::new(object_store::prefix::PrefixStore::new(store, prefix)),
    })
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
