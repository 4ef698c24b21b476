use std::time::Duration;

use core_kernel::Secret;

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// `sqlite://path?mode=rwc` or `postgres://...`; a secret, since it may carry a password.
    pub url: Secret,
    /// Readers on SQLite, all connections on PostgreSQL.
    pub max_connections: u32,
    /// How long a caller waits for a connection before it is told "unavailable".
    pub acquire_timeout: Duration,
    /// The longest that PostgreSQL may work on one statement.
    pub statement_timeout: Duration,
    /// SQLite `synchronous`: `true` is FULL (an acknowledged write survives power loss), `false` is NORMAL (it survives
    /// a killed process only).
    pub synchronous_full: bool,
}

impl DbConfig {
    /// The defaults for a URL.
    pub fn new(url: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            max_connections: 8,
            acquire_timeout: Duration::from_millis(1800),
            statement_timeout: Duration::from_secs(5),
            synchronous_full: true,
        }
    }
}
