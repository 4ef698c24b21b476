use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use core_kernel::{Ambient, Rng};
use core_keys::Keyring;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::RwLock;

use crate::checkpoint::Commits;
use crate::failover::Failover;
use crate::signal::Signals;
use crate::{Db, DbError};

/// How often a unit of work runs at most, the first time included.
pub(crate) const ATTEMPTS: u32 = 3;

tokio::task_local! {
    /// Set while a unit of work runs, so that a nested write is refused instead of waiting for itself.
    pub(crate) static IN_WRITE: ();
}

type AfterCommit = Box<dyn FnOnce() + Send>;

/// A handle on the open write transaction. Clones share it; none may outlive the closure that got it.
#[derive(Clone)]
pub struct Tx {
    inner: Arc<TxInner>,
}

struct TxInner {
    /// Empty once the unit of work has ended.
    transaction: RwLock<Option<DatabaseTransaction>>,
    backend: DbBackend,
    /// A statement met a busy database or a serialization failure: the whole unit may be run again.
    retryable: AtomicBool,
    statements: Arc<AtomicU64>,
    after_commit: Mutex<Vec<AfterCommit>>,
    ambient: Ambient,
    keyring: Keyring,
    signals: Signals,
    commits: Arc<Commits>,
    failover: Arc<Failover>,
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("backend", &self.inner.backend).finish_non_exhaustive()
    }
}

impl Db {
    /// Runs a unit of work in one write transaction and commits when it gives `Ok`.
    ///
    /// The closure may run up to three times (busy, serialization failure), so its effects go through `tx` alone. A `Tx` that
    /// outlives the closure makes this fail with [`DbError::EscapedTx`]; a write inside a write fails with
    /// [`DbError::NestedWrite`] at once. In both cases nothing is stored.
    ///
    /// ```no_run
    /// # async fn example(db: core_db::Db) -> Result<(), core_db::DbError> {
    /// let answer = db.write(|tx| async move { let _ = tx; Ok::<_, core_db::DbError>(42) }).await?;
    /// # let _ = answer; Ok(()) }
    /// ```
    pub async fn write<T, E, F, Fut>(&self, mut unit: F) -> Result<T, E>
    where
        F: FnMut(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: From<DbError> + Send,
    {
        if IN_WRITE.try_with(|()| ()).is_ok() {
            return Err(DbError::NestedWrite.into());
        }
        let mut attempt = 1;
        loop {
            let tx = match self.begin().await {
                Ok(tx) => tx,
                Err(error) if error.is_retryable() && attempt < ATTEMPTS => {
                    self.pause(attempt).await;
                    attempt += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let outcome = IN_WRITE.scope((), unit(tx.clone())).await;
            match tx.finish(outcome).await {
                Finished::Done(outcome) => return outcome,
                Finished::Again(_) if attempt < ATTEMPTS => {
                    self.pause(attempt).await;
                    attempt += 1;
                }
                Finished::Again(error) => return Err(error),
            }
        }
    }

    async fn begin(&self) -> Result<Tx, DbError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let options = if self.backend() == DbBackend::Sqlite { options } else { TransactionOptions::default() };
        let transaction = self.writer().begin_with_options(options).await?;
        Ok(Tx {
            inner: Arc::new(TxInner {
                transaction: RwLock::new(Some(transaction)),
                backend: self.backend(),
                retryable: AtomicBool::new(false),
                statements: self.counter(),
                after_commit: Mutex::new(Vec::new()),
                ambient: self.ambient().clone(),
                keyring: self.keyring().clone(),
                signals: self.signals().clone(),
                commits: Arc::clone(self.commits()),
                failover: Arc::clone(self.failover()),
            }),
        })
    }

    /// Waits a little before the next attempt: 5-15 ms, then 20-60 ms, so that competing units fall out of step.
    pub(crate) async fn pause(&self, attempt: u32) {
        let mut byte = [0_u8; 1];
        let rng: &dyn Rng = self.ambient().rng.as_ref();
        rng.fill(&mut byte);
        let base = 5 * 4_u64.pow(attempt - 1);
        let jitter = base * 2 * u64::from(byte.first().copied().unwrap_or_default()) / 255;
        tokio::time::sleep(Duration::from_millis(base + jitter)).await;
    }
}

enum Finished<T, E> {
    Done(Result<T, E>),
    Again(E),
}

impl Tx {
    /// Time, ids and randomness.
    pub fn ambient(&self) -> &Ambient {
        &self.inner.ambient
    }

    /// Keys for what is sealed in rows.
    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// Runs `effect` once the change is durable; not at all when it is rolled back. For wake-ups only: it must not fail.
    pub fn after_commit(&self, effect: impl FnOnce() + Send + 'static) {
        self.inner.after_commit.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(effect));
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.inner.signals
    }

    async fn finish<T, E: From<DbError>>(self, outcome: Result<T, E>) -> Finished<T, E> {
        let escaped = Arc::strong_count(&self.inner) > 1;
        let Some(transaction) = self.inner.transaction.write().await.take() else {
            return Finished::Done(Err(DbError::EscapedTx.into()));
        };
        let value = match outcome {
            Ok(value) if !escaped => value,
            Ok(_) => {
                rollback(transaction).await;
                return Finished::Done(Err(DbError::EscapedTx.into()));
            }
            Err(error) => {
                rollback(transaction).await;
                let again = self.inner.retryable.load(Ordering::Relaxed);
                return if again { Finished::Again(error) } else { Finished::Done(Err(error)) };
            }
        };
        match transaction.commit().await.map_err(DbError::from) {
            Ok(()) => {
                self.inner.commits.add();
                let effects = std::mem::take(&mut *self.inner.after_commit.lock().unwrap_or_else(PoisonError::into_inner));
                for effect in effects {
                    effect();
                }
                Finished::Done(Ok(value))
            }
            Err(error) if error.is_retryable() => Finished::Again(error.into()),
            Err(DbError::Unavailable(cause)) => Finished::Done(Err(DbError::OutcomeUnknown(cause).into())),
            Err(error) => Finished::Done(Err(error.into())),
        }
    }

    fn note<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        self.inner.statements.fetch_add(1, Ordering::Relaxed);
        result.inspect_err(|error| {
            self.inner.failover.look_at(error);
            if DbError::from(error.clone()).is_retryable() {
                self.inner.retryable.store(true, Ordering::Relaxed);
            }
        })
    }
}

async fn rollback(transaction: DatabaseTransaction) {
    // A failed rollback means that the connection is gone, and the server side rolls back by itself.
    if let Err(error) = transaction.rollback().await {
        tracing::debug!(%error, "rollback failed; the database rolls back when the connection closes");
    }
}

fn ended() -> DbErr {
    DbErr::Custom("the unit of work has ended".to_owned())
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let guard = self.inner.transaction.read().await;
        self.note(guard.as_ref().ok_or_else(ended)?.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let guard = self.inner.transaction.read().await;
        self.note(guard.as_ref().ok_or_else(ended)?.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let guard = self.inner.transaction.read().await;
        self.note(guard.as_ref().ok_or_else(ended)?.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let guard = self.inner.transaction.read().await;
        self.note(guard.as_ref().ok_or_else(ended)?.query_all_raw(statement).await)
    }
}
