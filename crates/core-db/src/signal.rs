use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::sync::Notify;

use crate::{Db, DbError, Tx};

/// The PostgreSQL channel over which replicas wake each other.
const CHANNEL: &str = "brickwork_signals";

/// Named wake-ups that follow a commit. They carry nothing and may be lost: whoever waits also polls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    named: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

impl Signals {
    fn get(&self, name: &str) -> Arc<Notify> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(named.entry(name.to_owned()).or_default())
    }
}

impl Db {
    /// The wake-up of this name: wait on `notified()`.
    pub fn signal(&self, name: &str) -> Arc<Notify> {
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
            self.signal(notification.payload()).notify_waiters();
        }
    }
}

impl Tx {
    /// Wakes who waits for this name, in this process and in others, once the change is durable.
    #[expect(clippy::disallowed_methods, reason = "pg_notify has no builder; raw SQL is core-db's to write")]
    pub async fn wake(&self, name: &str) -> Result<(), DbError> {
        let signal = self.signals().get(name);
        self.after_commit(move || signal.notify_waiters());
        if self.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_notify($1, $2)";
            let values = [CHANNEL.into(), name.into()];
            self.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        }
        Ok(())
    }
}
