use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use core_kernel::Ambient;
use core_keys::Keyring;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use crate::checkpoint::{Checkpoints, Commits};
use crate::failover::Failover;
use crate::held::Held;
use crate::insert_one::Rows;
use crate::signal::Signals;
use crate::{DbConfig, DbError};

/// The database: one writer and several query-only readers on SQLite, one pool on PostgreSQL. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    writer: DatabaseConnection,
    reader: Reader,
    ambient: Ambient,
    keyring: Keyring,
    /// The SQLite file, for the lock beside it.
    file: Option<std::path::PathBuf>,
    signals: Signals,
    failover: Arc<Failover>,
    synchronous_full: bool,
    /// Rows by themselves that wait for the writer of SQLite.
    rows: Rows,
    checkpoints: Checkpoints,
    /// What copies the log into the file on SQLite.
    copier: Option<DatabaseConnection>,
}

/// A connection for reading; on SQLite it refuses writes. It counts its statements, which is how tests hold the number of
/// queries of an operation.
#[derive(Clone, Debug)]
pub struct Reader {
    connection: DatabaseConnection,
    held: Held,
    statements: Arc<AtomicU64>,
}

impl Db {
    /// Connects. On SQLite the file is made when it is not there (unless the URL says otherwise); on PostgreSQL connections are
    /// opened when they are first needed, so that a server can start before its database.
    pub async fn connect(config: DbConfig, ambient: Ambient, keyring: Keyring) -> Result<Self, DbError> {
        let url = config.url.expose();
        let statements = Arc::new(AtomicU64::new(0));
        let failover = Arc::<Failover>::default();
        let (writer, reader, file, copier) = if url.starts_with("sqlite:") {
            let writer = Database::connect(sqlite(&config, false)).await.map_err(DbError::from)?;
            let reader = Database::connect(sqlite(&config, true)).await.map_err(DbError::from)?;
            let mut copier = sqlite(&config, false);
            copier.min_connections(0).connect_lazy(true);
            (writer, reader, sqlite_path(url), Some(Database::connect(copier).await.map_err(DbError::from)?))
        } else {
            let pool = Database::connect(postgres(&config, &failover)).await.map_err(DbError::from)?;
            (pool.clone(), pool, None, None)
        };
        let checkpoints = copier.clone().map(Checkpoints::through).unwrap_or_default();
        let held = Held::new(&reader, &failover, config.max_connections, config.acquire_timeout);
        let reader = Reader { connection: reader, held, statements };
        let (signals, synchronous_full) = (Signals::default(), config.synchronous_full);
        let rows = Rows::default();
        let inner =
            Inner { writer, reader, ambient, keyring, file, signals, failover, synchronous_full, rows, checkpoints, copier };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// For reading. Never write through it.
    pub fn read(&self) -> &Reader {
        &self.inner.reader
    }

    /// Which engine this is. Only core-db itself has a reason to ask.
    pub fn backend(&self) -> DbBackend {
        self.inner.writer.get_database_backend()
    }

    /// Time, ids and randomness.
    pub fn ambient(&self) -> &Ambient {
        &self.inner.ambient
    }

    /// Keys for what is sealed in rows.
    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// How many statements were sent so far, by readers and writers.
    pub fn statements(&self) -> u64 {
        self.inner.reader.statements.load(Ordering::Relaxed)
    }

    /// Asks the database for a sign of life.
    #[expect(clippy::disallowed_methods, reason = "has no builder without a table; raw SQL is core-db's to write")]
    pub async fn ping(&self) -> Result<(), DbError> {
        let statement = Statement::from_string(self.backend(), "SELECT 1");
        self.inner.reader.held.query_one(statement).await?;
        Ok(())
    }

    /// Closes every connection; what is open is finished first.
    pub async fn close(&self) -> Result<(), DbError> {
        self.inner.reader.held.clear();
        self.inner.reader.connection.close_by_ref().await?;
        if let Some(copier) = &self.inner.copier {
            copier.close_by_ref().await?;
        }
        Ok(self.inner.writer.close_by_ref().await?)
    }

    /// Copies SQLite's log into the file and empties it, so that what was deleted is in neither. Nothing to do on PostgreSQL.
    #[expect(clippy::disallowed_methods, reason = "a pragma has no builder; raw SQL is core-db's to write")]
    pub async fn empty_log(&self) -> Result<(), DbError> {
        let Some(copier) = &self.inner.copier else { return Ok(()) };
        let statement = Statement::from_string(self.backend(), "PRAGMA wal_checkpoint(TRUNCATE)");
        let told = copier.query_one_raw(statement).await?;
        match told.map(|row| row.try_get_by_index::<i32>(0)).transpose()? {
            Some(0) => Ok(()),
            _ => Err(DbError::Unavailable(DbErr::Custom("somebody still reads what is in the log".to_owned()))),
        }
    }

    /// The pool of PostgreSQL for LISTEN; none on SQLite.
    pub fn postgres_pool(&self) -> Option<&sqlx::PgPool> {
        (self.backend() == DbBackend::Postgres).then(|| self.inner.writer.get_postgres_connection_pool())
    }

    /// The SQLite file; none on PostgreSQL and in memory.
    pub fn sqlite_file(&self) -> Option<&std::path::Path> {
        self.inner.file.as_deref()
    }

    /// How many connections are kept between statements.
    pub(crate) fn kept(&self) -> usize {
        self.inner.reader.held.kept()
    }

    pub(crate) fn waits_for_the_disk(&self) -> bool {
        self.inner.synchronous_full
    }

    pub(crate) fn reading(&self) -> &DatabaseConnection {
        &self.inner.reader.connection
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.inner.writer
    }

    pub(crate) fn rows(&self) -> &Rows {
        &self.inner.rows
    }

    pub(crate) fn commits(&self) -> &Arc<Commits> {
        self.inner.checkpoints.commits()
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.inner.signals
    }

    pub(crate) fn failover(&self) -> &Arc<Failover> {
        &self.inner.failover
    }

    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.inner.reader.statements)
    }
}

fn sqlite_path(url: &str) -> Option<std::path::PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    let path = path.split('?').next().unwrap_or(path);
    (!path.is_empty() && path != ":memory:").then(|| path.into())
}

fn base(config: &DbConfig) -> ConnectOptions {
    let mut options = ConnectOptions::new(config.url.expose());
    options
        .acquire_timeout(config.acquire_timeout)
        .connect_timeout(config.acquire_timeout)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(5));
    options
}

/// Every pragma goes through the connect options, so that each connection of the pool has it, not just the first.
fn sqlite(config: &DbConfig, read_only: bool) -> ConnectOptions {
    let mut options = base(config);
    let synchronous = if config.synchronous_full { "FULL" } else { "NORMAL" };
    // One reader more than are kept, for what does not go through the kept ones.
    options.max_connections(if read_only { config.max_connections + 1 } else { 1 });
    // A writer waits behind other writers of this process in the pool's queue, not in SQLite's busy loop.
    options.acquire_timeout(if read_only { config.acquire_timeout } else { Duration::from_secs(10) });
    options.min_connections(1).idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .create_if_missing(!read_only)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", synchronous)
            // What was deleted is overwritten; else it stays readable in free pages of the file, erased people with it.
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-4096")
            // Pages of the log after which the writer copies it into the file itself; see `checkpoint`.
            .pragma("wal_autocheckpoint", "8000")
            .statement_cache_capacity(200);
        if read_only { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    options
}

fn postgres(config: &DbConfig, failover: &Arc<Failover>) -> ConnectOptions {
    let mut options = base(config);
    let failover = Arc::clone(failover);
    options
        .max_connections(config.max_connections)
        .connect_lazy(true)
        .statement_timeout(config.statement_timeout)
        .max_lifetime(Duration::from_mins(30))
        .map_sqlx_postgres_before_acquire(move |_connection, about| {
            let current = !failover.outdates(about.age);
            Box::pin(async move { Ok(current) })
        });
    options
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.held.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.held.query_all(statement).await
    }
}
