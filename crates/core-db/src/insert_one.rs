use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{DbBackend, DbErr, EntityTrait, QueryTrait, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Executor, Sqlite, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::held::acquired;
use crate::tx::{ATTEMPTS, IN_WRITE};
use crate::{Db, DbError};

impl Db {
    /// Stores one row in a transaction of its own, in one exchange with the database instead of three. No job, event or audit row
    /// can be part of it.
    ///
    /// The row survives the end of the process. On SQLite this does not wait for the disk: when the machine loses its power, the rows
    /// stored so since the last unit of work may be gone (the file stays whole). For rows of which that may be said: accounts of
    /// what has happened, not what somebody was promised. Rows that come while the writer is busy share their turn at it; each has its own outcome.
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
            match stored.inspect_err(|error| self.failover().look_at(error)).map_err(DbError::from) {
                Err(error) if error.is_retryable() && attempt < ATTEMPTS => self.pause(attempt).await,
                stored => return stored,
            }
            attempt += 1;
        }
    }

    async fn insert_relaxed(&self, statement: Statement) -> Result<(), DbErr> {
        let (told, answer) = oneshot::channel();
        if self.rows().push(statement, told) {
            // In a task of its own, since others wait for it whatever becomes of this caller. Shutdown waits for whoever waits for a row.
            Handle::current().spawn(Turn { rows: self.rows().clone(), come: false }.run(self.clone()));
        }
        answer.await.unwrap_or_else(|_gone| Err(DbErr::Conn(RuntimeErr::Internal("the writer's task has ended".to_owned()))))
    }
}

type Outcome = Result<(), DbErr>;

/// A row, and who waits for what becomes of it.
type Waiting = (Statement, oneshot::Sender<Outcome>);

/// Rows that wait for their turn at the writer.
#[derive(Clone, Default)]
pub(crate) struct Rows(Arc<Mutex<Vec<Waiting>>>);

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl Rows {
    /// True for the first, who has to see to the turn of all.
    fn push(&self, statement: Statement, told: oneshot::Sender<Outcome>) -> bool {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.push((statement, told));
        rows.len() == 1
    }

    fn take(&self) -> (Vec<Statement>, Vec<oneshot::Sender<Outcome>>) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().unzip()
    }
}

/// A turn at the writer to come. When it never does (a runtime that ends), the rows that wait for it are let go.
struct Turn {
    rows: Rows,
    come: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.come {
            drop(self.rows.take());
        }
    }
}

impl Turn {
    async fn run(mut self, db: Db) {
        let connection = db.writer().get_sqlite_connection_pool().acquire().await;
        // All that have come until now. Whoever comes from here on is the first of the next turn.
        let (statements, waiting) = self.rows.take();
        self.come = true;
        let stored = match connection {
            Ok(connection) => store(connection, db.waits_for_the_disk(), statements).await,
            Err(error) => Err(acquired(error)),
        };
        db.commits().add();
        let outcomes = stored.unwrap_or_else(|error| vec![Err(error); waiting.len()]);
        for (told, outcome) in waiting.into_iter().zip(outcomes) {
            // Who has left does not want to know.
            drop(told.send(outcome));
        }
    }
}

/// Stores rows in one transaction. An error: nothing is stored of any of them.
async fn store(connection: PoolConnection<Sqlite>, waited: bool, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbErr> {
    let mut writer = Relaxed { connection: Some(connection), waited };
    let Some(connection) = writer.connection.as_deref_mut() else { return Ok(Vec::new()) };
    if waited {
        connection.execute("PRAGMA synchronous = NORMAL").await.map_err(failed)?;
    }
    if statements.len() == 1 {
        let mut outcomes = Vec::with_capacity(1);
        for statement in statements {
            outcomes.push(insert(connection, statement).await);
        }
        return Ok(outcomes);
    }
    let mut outcomes = Vec::with_capacity(statements.len());
    let mut together = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    for statement in statements {
        let outcome = insert(&mut together, statement).await;
        // A row that conflicts takes back itself alone. After anything else SQLite may have ended the transaction.
        if let Err(error) = &outcome
            && !matches!(DbError::from(error.clone()), DbError::Conflict(_))
        {
            return Err(error.clone());
        }
        outcomes.push(outcome);
    }
    together.commit().await.map_err(failed)?;
    Ok(outcomes)
}

async fn insert(connection: &mut SqliteConnection, statement: Statement) -> Outcome {
    let Statement { sql, values, .. } = statement;
    let values = SqlxValues(values.unwrap_or_else(|| sea_orm::Values(Vec::new())));
    sqlx::query_with(sqlx::AssertSqlSafe(sql), values).execute(connection).await.map(drop).map_err(failed)
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The writer while it does not wait for the disk. Whatever becomes of the turn, the next one gets a writer that waits.
struct Relaxed {
    connection: Option<PoolConnection<Sqlite>>,
    /// It waited before, as the settings say.
    waited: bool,
}

impl Drop for Relaxed {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take().filter(|_| self.waited) else { return };
        let Ok(runtime) = Handle::try_current() else { return connection.close_on_drop() };
        runtime.spawn(async move {
            if connection.execute("PRAGMA synchronous = FULL").await.is_err() {
                connection.close_on_drop();
            }
        });
    }
}
