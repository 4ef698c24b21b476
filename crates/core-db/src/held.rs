use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Pool, Postgres, Sqlite};
use tokio::sync::Semaphore;

use crate::DbError;
use crate::failover::Failover;

/// A connection that was not used for this long is asked for a sign of life before it is used.
const IDLE: Duration = Duration::from_secs(5);

/// Connections for single statements outside transactions, kept between statements.
///
/// The pool pings a connection each time it is given back, in a task of its own: on PostgreSQL a second round trip for every read,
/// on SQLite a second hand-over to the connection's thread. A whole statement leaves nothing behind that a ping would find, so
/// these connections are given back only when a statement did not end well.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Sqlite(Arc<Kept<Sqlite>>),
    Postgres(Arc<Kept<Postgres>>),
}

pub(crate) struct Kept<DB: Database> {
    pool: Pool<DB>,
    idle: Mutex<Vec<(PoolConnection<DB>, Instant)>>,
    places: Semaphore,
    patience: Duration,
    failover: Arc<Failover>,
}

impl<DB: Database> std::fmt::Debug for Kept<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl<DB: Database> Kept<DB> {
    fn new(pool: &Pool<DB>, failover: &Arc<Failover>, places: usize, patience: Duration) -> Arc<Self> {
        let idle = Mutex::new(Vec::with_capacity(places));
        let failover = Arc::clone(failover);
        Arc::new(Self { pool: pool.clone(), idle, places: Semaphore::new(places), patience, failover })
    }

    fn pop(&self) -> Option<(PoolConnection<DB>, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: PoolConnection<DB>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((connection, Instant::now()));
    }

    async fn take(&self) -> Result<PoolConnection<DB>, DbErr> {
        while let Some((mut connection, since)) = self.pop() {
            if self.failover.outdates(since.elapsed()) {
                connection.close_on_drop();
                continue;
            }
            if since.elapsed() < IDLE || connection.ping().await.is_ok() {
                return Ok(connection);
            }
            connection.close_on_drop();
        }
        self.pool.acquire().await.map_err(acquired)
    }

    /// Keeps the connection after a statement that ended well. Dropped in the middle of one (its caller went away), or after an
    /// error, it goes back to the pool, which looks at it.
    fn settle<T>(&self, mut connection: PoolConnection<DB>, taken: Instant, outcome: Result<T, sqlx::Error>) -> Result<T, DbErr> {
        match outcome {
            Ok(value) if self.failover.outdates(taken.elapsed()) => {
                connection.close_on_drop();
                Ok(value)
            }
            Ok(value) => {
                self.keep(connection);
                Ok(value)
            }
            Err(error) => {
                let error = DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)));
                if matches!(DbError::from(error.clone()), DbError::Unavailable(_)) {
                    connection.close_on_drop();
                }
                Err(error)
            }
        }
    }
}

/// What it means that a pool gave no connection.
pub(crate) fn acquired(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(other))),
    }
}

/// The same lines for both engines: their types differ, and sqlx' bounds over any engine are longer than this.
macro_rules! ask {
    ($kept:expr, $statement:expr, $fetch:ident) => {{
        let kept = $kept;
        let place = tokio::time::timeout(kept.patience, kept.places.acquire()).await;
        let _place = place.map_err(|_elapsed| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let mut connection = kept.take().await?;
        let taken = Instant::now();
        let Statement { sql, values, .. } = $statement;
        let values = SqlxValues(values.unwrap_or_else(|| sea_orm::Values(Vec::new())));
        let outcome = sqlx::query_with(sqlx::AssertSqlSafe(sql), values).$fetch(&mut *connection).await;
        kept.settle(connection, taken, outcome)
    }};
}

impl Held {
    /// Keeps connections of this pool: all of them on SQLite, whose readers write nothing; half of them on PostgreSQL, where
    /// transactions need theirs too.
    pub(crate) fn new(connection: &DatabaseConnection, failover: &Arc<Failover>, connections: u32, patience: Duration) -> Self {
        let all = usize::try_from(connections).unwrap_or(1).max(1);
        if connection.get_database_backend() == DbBackend::Postgres {
            Self::Postgres(Kept::new(connection.get_postgres_connection_pool(), failover, (all / 2).max(1), patience))
        } else {
            Self::Sqlite(Kept::new(connection.get_sqlite_connection_pool(), failover, all, patience))
        }
    }

    pub(crate) async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(kept) => Ok(ask!(kept, statement, fetch_optional)?.map(QueryResult::from)),
            Self::Postgres(kept) => Ok(ask!(kept, statement, fetch_optional)?.map(QueryResult::from)),
        }
    }

    pub(crate) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(kept) => Ok(ask!(kept, statement, fetch_all)?.into_iter().map(QueryResult::from).collect()),
            Self::Postgres(kept) => Ok(ask!(kept, statement, fetch_all)?.into_iter().map(QueryResult::from).collect()),
        }
    }

    /// How many are idle here.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Self::Sqlite(kept) => kept.idle.lock().unwrap_or_else(PoisonError::into_inner).len(),
            Self::Postgres(kept) => kept.idle.lock().unwrap_or_else(PoisonError::into_inner).len(),
        }
    }

    /// Gives every idle connection back.
    pub(crate) fn clear(&self) {
        match self {
            Self::Sqlite(kept) => kept.idle.lock().unwrap_or_else(PoisonError::into_inner).clear(),
            Self::Postgres(kept) => kept.idle.lock().unwrap_or_else(PoisonError::into_inner).clear(),
        }
    }
}
