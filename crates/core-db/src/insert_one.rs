use std::sync::Arc;
use std::sync::atomic::Ordering;

use sea_orm::{DbBackend, DbErr, EntityTrait, QueryTrait, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{Executor, Sqlite};

use crate::held::acquired;
use crate::tx::{ATTEMPTS, IN_WRITE};
use crate::{Db, DbError};

impl Db {
    /// Stores one row in a transaction of its own, in one exchange with the database instead of three. No job, event or audit row
    /// can be part of it.
    ///
    /// The row survives the end of the process. On SQLite this does not wait for the disk: when the machine loses its power, the rows
    /// stored so since the last unit of work may be gone (the file stays whole). For rows of which that may be said: accounts of
    /// what has happened, not what somebody was promised.
    pub async fn insert_one<E: EntityTrait>(&self, row: E::ActiveModel) -> Result<(), DbError> {
        if IN_WRITE.try_with(|()| ()).is_ok() {
            return Err(DbError::NestedWrite);
        }
        let mut attempt = 1;
        loop {
            self.counter().fetch_add(1, Ordering::Relaxed);
            let stored = match self.backend() {
                DbBackend::Sqlite => self.insert_relaxed(E::insert(row.clone()).build(DbBackend::Sqlite)).await,
                _ => E::insert(row.clone()).exec_without_returning(self.writer()).await.map(drop),
            };
            match stored.map_err(DbError::from) {
                Err(error) if error.is_retryable() && attempt < ATTEMPTS => self.pause(attempt).await,
                stored => return stored,
            }
            attempt += 1;
        }
    }

    async fn insert_relaxed(&self, statement: Statement) -> Result<(), DbErr> {
        let pool = self.writer().get_sqlite_connection_pool();
        let connection = pool.acquire().await.map_err(acquired)?;
        let mut writer = Relaxed { connection: Some(connection), waited: self.waits_for_the_disk() };
        let Some(connection) = writer.connection.as_deref_mut() else { return Ok(()) };
        let failed = |error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)));
        if writer.waited {
            connection.execute("PRAGMA synchronous = NORMAL").await.map_err(failed)?;
        }
        let Statement { sql, values, .. } = statement;
        let values = SqlxValues(values.unwrap_or_else(|| sea_orm::Values(Vec::new())));
        let outcome = sqlx::query_with(sqlx::AssertSqlSafe(sql), values).execute(connection).await;
        outcome.map(drop).map_err(failed)
    }
}

/// The writer while it does not wait for the disk. Whatever becomes of the caller, the next one gets a writer that waits.
struct Relaxed {
    connection: Option<PoolConnection<Sqlite>>,
    /// It waited before, as the settings say.
    waited: bool,
}

impl Drop for Relaxed {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take().filter(|_| self.waited) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return connection.close_on_drop() };
        runtime.spawn(async move {
            if connection.execute("PRAGMA synchronous = FULL").await.is_err() {
                connection.close_on_drop();
            }
        });
    }
}
