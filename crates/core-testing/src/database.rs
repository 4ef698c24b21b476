use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use core_db::{Db, DbConfig, DbError, Ledger};
use core_keys::{Keyring, MasterKey};
use sea_orm::{ConnectionTrait, Database, DbErr};

use crate::{FrozenClock, TestAmbient};

/// A database engine that a contract runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A fresh file in a temporary folder.
    Sqlite,
    /// A fresh database on the server of this URL.
    Postgres(String),
}

/// The engines at hand: SQLite always, PostgreSQL when `TEST_POSTGRES_URL` names a server. Without it a line says that
/// PostgreSQL was skipped; with `TEST_REQUIRE_SERVICES=1` that is a failure.
///
/// # Panics
/// When a service is required and not named.
pub fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    engines.extend(service("TEST_POSTGRES_URL", "PostgreSQL").map(Engine::Postgres));
    engines
}

/// The Redis to test on, from `TEST_REDIS_URL`, by the same rules as [`engines`].
///
/// # Panics
/// When a service is required and not named.
pub fn redis_url() -> Option<String> {
    service("TEST_REDIS_URL", "Redis")
}

#[expect(clippy::disallowed_methods, reason = "tests learn of their services from the environment, before any configuration")]
#[expect(clippy::print_stderr, reason = "a skip must be seen, and a required service must not be skipped")]
fn service(variable: &str, name: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        let required = std::env::var("TEST_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!required, "{variable} is not set, and TEST_REQUIRE_SERVICES=1 forbids to skip {name}");
        eprintln!("skipped on {name}: {variable} is not set");
    }
    url
}

/// A migrated database of one test. It goes away with this value.
#[derive(Debug)]
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// The clock that it and everything on it uses.
    pub clock: Arc<FrozenClock>,
    /// Where a second process would connect to.
    pub url: String,
    cleanup: Cleanup,
}

#[derive(Debug)]
enum Cleanup {
    Folder(#[expect(dead_code, reason = "held for its Drop, which removes the folder")] tempfile::TempDir),
    Database { server: String, name: String },
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

impl TestDb {
    /// A fresh database with the tables of core-db, core-jobs and `ledgers`.
    pub async fn fresh(engine: &Engine, ledgers: Vec<Ledger>) -> Result<Self, DbError> {
        let ambient = TestAmbient::default();
        Self::with_ambient(engine, ledgers, ambient).await
    }

    /// The same, with time, ids and randomness of the caller's choice.
    pub async fn with_ambient(engine: &Engine, ledgers: Vec<Ledger>, ambient: TestAmbient) -> Result<Self, DbError> {
        let test = Self::connect(engine, ambient).await?;
        let mut all = vec![core_db::ledger(), core_jobs::ledger()];
        all.extend(ledgers);
        core_db::migrate(&test.db, &all).await?;
        Ok(test)
    }

    /// A database without a table.
    pub async fn bare(engine: &Engine) -> Result<Self, DbError> {
        Self::connect(engine, TestAmbient::default()).await
    }

    async fn connect(engine: &Engine, ambient: TestAmbient) -> Result<Self, DbError> {
        let (url, cleanup) = match engine {
            Engine::Sqlite => sqlite()?,
            Engine::Postgres(server) => postgres(server).await?,
        };
        let keyring =
            Keyring::new(MasterKey::generate(ambient.ambient.rng.as_ref()), Vec::new(), Arc::clone(&ambient.ambient.rng));
        let mut config = DbConfig::new(url.clone());
        config.max_connections = 4;
        // Waiting for a test machine under load is no failure.
        config.acquire_timeout = std::time::Duration::from_secs(20);
        let db = Db::connect(config, ambient.ambient, keyring).await?;
        Ok(Self { db, clock: ambient.clock, url, cleanup })
    }
}

fn sqlite() -> Result<(String, Cleanup), DbError> {
    let folder = tempfile::tempdir().map_err(|error| DbError::Internal(DbErr::Custom(error.to_string())))?;
    let path = folder.path().join("test.sqlite");
    Ok((format!("sqlite://{}", path.display()), Cleanup::Folder(folder)))
}

async fn postgres(server: &str) -> Result<(String, Cleanup), DbError> {
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let moment = core_kernel::Ambient::system().ids.next().simple().to_string();
    let name = format!("brickwork_test_{moment}_{number}");
    let connection = Database::connect(server).await?;
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    connection.close().await?;
    let (head, query) = server.split_once('?').map_or((server, None), |(head, query)| (head, Some(query)));
    let base = head.rsplit_once('/').map_or(head, |(base, _)| base);
    let url = query.map_or_else(|| format!("{base}/{name}"), |query| format!("{base}/{name}?{query}"));
    Ok((url, Cleanup::Database { server: server.to_owned(), name }))
}

impl Drop for TestDb {
    /// Drops the PostgreSQL database, on a thread of its own because the test's runtime may be gone.
    fn drop(&mut self) {
        let Cleanup::Database { server, name } = &self.cleanup else { return };
        let (server, name) = (server.clone(), name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let connection = Database::connect(server).await.ok()?;
                connection.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.ok()?;
                connection.close().await.ok()
            })
        });
        drop(dropped.join());
    }
}
