use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::{Db, DbError, Tx};

/// The PostgreSQL channel over which replicas wake each other.
const CHANNEL: &str = "brickwork_signals";

/// A wake-up that follows a commit. It carries nothing and may be lost: whoever waits also polls.
#[derive(Debug)]
pub struct Signal {
    waiting: Notify,
    last: Mutex<Instant>,
}

impl Signal {
    /// Ends with the next wake-up after this call.
    pub fn notified(&self) -> Notified<'_> {
        self.waiting.notified()
    }

    /// When it was last given, if ever; what was committed for it is seen by whoever reads from then on. The same for all whom it woke, however much
    /// later each of them runs.
    pub fn last_wake(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits now, in this process.
    pub fn wake(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.waiting.notify_waiters();
    }
}

/// The wake-ups of one database by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    named: Arc<Mutex<HashMap<String, Arc<Signal>>>>,
}

impl Signals {
    fn get(&self, name: &str) -> Arc<Signal> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || Arc::new(Signal { waiting: Notify::new(), last: Mutex::new(Instant::now()) });
        Arc::clone(named.entry(name.to_owned()).or_insert_with(first))
    }
}

impl Db {
    /// The wake-up of this name.
    pub fn signal(&self, name: &str) -> Arc<Signal> {
        self.signals().get(name)
    }

    /// On PostgreSQL, passes on the wake-ups of other replicas until the future is dropped; on SQLite it waits for ever, since
    /// there are none. A lost connection is taken up again; what was missed meanwhile is found by polling.
    pub async fn relay_signals(&self) {
        let Some(pool) = self.postgres_pool() else { return std::future::pending().await };
        loop {
            match sqlx::postgres::PgListener::connect_with(pool).await {
                Ok(mut listener) => {
                    if let Err(error) = self.relay(&mut listener).await {
                        tracing::debug!(%error, "listening for wake-ups failed; polling goes on");
                    }
                }
                Err(error) => tracing::debug!(%error, "no connection to listen on; polling goes on"),
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    }

    async fn relay(&self, listener: &mut sqlx::postgres::PgListener) -> Result<(), sqlx::Error> {
        listener.listen(CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            self.signal(notification.payload()).wake();
        }
    }
}

impl Tx {
    /// Wakes who waits for this name, in this process and in others, once the change is durable.
    #[expect(clippy::disallowed_methods, reason = "pg_notify has no builder; raw SQL is core-db's to write")]
    pub async fn wake(&self, name: &str) -> Result<(), DbError> {
        let signal = self.signals().get(name);
        self.after_commit(move || signal.wake());
        if self.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_notify($1, $2)";
            let values = [CHANNEL.into(), name.into()];
            self.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        }
        Ok(())
    }
}
