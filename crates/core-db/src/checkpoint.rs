use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// So many commits after the last time, what is in SQLite's log is copied into the file.
const COMMITS: u32 = 64;
/// The least time between two copies.
const REST: Duration = Duration::from_millis(200);

/// Copies SQLite's log into its file beside the writer (<https://www.sqlite.org/wal.html#ckpt>). Where the writer did it itself, at the
/// end of every thousandth page, whoever waited for the writer then waited for milliseconds more. The writer still does it when the log is
/// long all the same, and finds little left to copy.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    commits: Arc<Commits>,
    /// Ends with the database.
    _task: JoinSet<()>,
}

/// Commits since the last copy.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    count: AtomicU32,
    enough: Notify,
}

impl Commits {
    /// Something was written.
    pub(crate) fn add(&self) {
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 == COMMITS {
            self.enough.notify_one();
        }
    }
}

impl Checkpoints {
    /// Copies through `connection`, which nobody else uses and which is opened at the first need.
    pub(crate) fn through(connection: DatabaseConnection) -> Self {
        let commits = Arc::<Commits>::default();
        let mut task = JoinSet::new();
        task.spawn(copy(connection, Arc::clone(&commits)));
        Self { commits, _task: task }
    }

    pub(crate) fn commits(&self) -> &Arc<Commits> {
        &self.commits
    }
}

async fn copy(connection: DatabaseConnection, commits: Arc<Commits>) {
    loop {
        commits.enough.notified().await;
        commits.count.store(0, Ordering::Relaxed);
        // PASSIVE waits for nobody and makes nobody wait. What fails here the writer does later.
        if let Err(error) = connection.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await {
            tracing::debug!(%error, "the log was not copied into the file");
        }
        tokio::time::sleep(REST).await;
    }
}
