use sea_orm::DbBackend;

use crate::Db;

/// The connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// `reader` and `writer` on SQLite, `shared` on PostgreSQL.
    pub name: &'static str,
    /// How many there are.
    pub open: usize,
    /// How many of them nobody uses.
    pub idle: usize,
}

impl Db {
    /// The pools as they are now.
    pub fn pools(&self) -> Vec<Pool> {
        let pool = |name, open: u32, idle| Pool { name, open: usize::try_from(open).unwrap_or(usize::MAX), idle };
        // What is kept between statements counts as taken in its pool.
        let kept = self.kept();
        if self.backend() == DbBackend::Postgres {
            let shared = self.writer().get_postgres_connection_pool();
            return vec![pool("shared", shared.size(), shared.num_idle() + kept)];
        }
        let (reader, writer) = (self.reading().get_sqlite_connection_pool(), self.writer().get_sqlite_connection_pool());
        vec![pool("reader", reader.size(), reader.num_idle() + kept), pool("writer", writer.size(), writer.num_idle())]
    }
}
