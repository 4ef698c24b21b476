use core_db::Db;

/// Counts SQL statements over a stretch of a test.
#[derive(Debug)]
pub struct StatementCounter {
    db: Db,
    start: u64,
}

impl StatementCounter {
    /// Counts from now on.
    pub fn start(db: &Db) -> Self {
        Self { db: db.clone(), start: db.statements() }
    }

    /// How many statements there were since the start.
    pub fn count(&self) -> u64 {
        self.db.statements().saturating_sub(self.start)
    }
}
