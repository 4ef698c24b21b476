use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, QueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use serde_json::{Map, Number, Value};

use super::PortableError;
use super::table::{self, Kind, Table};
use crate::Db;

/// One row by column: ids and bytes as lower-case hex, JSON as its text, the others as they are.
pub type Row = Map<String, Value>;

/// How many rows are in memory at a time.
const BATCH: u32 = 100;

/// Every row of every table as of one moment; others go on writing meanwhile. It holds a connection: drop it before [`Db::close`].
pub struct Snapshot {
    transaction: DatabaseTransaction,
    tables: Vec<Table>,
    backend: DbBackend,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("tables", &self.tables.len()).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Opens one.
    pub async fn open(db: &Db) -> Result<Self, PortableError> {
        let backend = db.backend();
        let options = if backend == DbBackend::Sqlite {
            let sqlite_transaction_mode = Some(SqliteTransactionMode::Deferred);
            TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() }
        } else {
            let isolation_level = Some(IsolationLevel::RepeatableRead);
            TransactionOptions { isolation_level, access_mode: Some(AccessMode::ReadOnly), ..TransactionOptions::default() }
        };
        let transaction = db.reading().begin_with_options(options).await?;
        if backend == DbBackend::Postgres {
            // A table may take longer than a request may.
            transaction.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        }
        let tables = table::all(&transaction).await?;
        Ok(Self { transaction, tables, backend })
    }

    /// The tables, by name.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The rows of a table that come after a place that [`Batches::next`] gave; 0 for all. One at a time.
    pub fn rows<'a>(&'a self, table: &'a Table, after: i64) -> Batches<'a> {
        let columns: Vec<String> = table.columns.iter().map(|(name, kind)| kind.read(name, self.backend)).collect();
        Batches { snapshot: self, table, columns: columns.join(", "), place: after, open: false }
    }

    #[expect(clippy::disallowed_methods, reason = "reads any table; raw SQL is core-db's to write")]
    async fn ask(&self, sql: String) -> Result<Vec<QueryResult>, DbErr> {
        self.transaction.query_all_raw(Statement::from_string(self.backend, sql)).await
    }
}

/// The rows of one table, some at a time.
#[derive(Debug)]
pub struct Batches<'a> {
    snapshot: &'a Snapshot,
    table: &'a Table,
    columns: String,
    place: i64,
    /// PostgreSQL's cursor is declared.
    open: bool,
}

impl Batches<'_> {
    /// The next rows, with the place of the last; none: there are no more.
    pub async fn next(&mut self) -> Result<Option<(Vec<Row>, i64)>, PortableError> {
        let found = if self.snapshot.backend == DbBackend::Sqlite { self.by_rowid().await? } else { self.by_cursor().await? };
        let last = match (found.last(), self.snapshot.backend) {
            (None, _) => return Ok(None),
            (Some(row), DbBackend::Sqlite) => row.try_get("", "portable_place")?,
            (Some(_), _) => self.place + i64::try_from(found.len()).unwrap_or(i64::MAX),
        };
        self.place = last;
        let rows = found.iter().map(|row| self.row(row)).collect::<Result<_, PortableError>>()?;
        Ok(Some((rows, last)))
    }

    async fn by_rowid(&self) -> Result<Vec<QueryResult>, DbErr> {
        let (columns, table, after) = (&self.columns, &self.table.name, self.place);
        let sql = format!(
            "SELECT {columns}, rowid AS portable_place FROM \"{table}\" WHERE rowid > {after} ORDER BY rowid LIMIT {BATCH}"
        );
        self.snapshot.ask(sql).await
    }

    async fn by_cursor(&mut self) -> Result<Vec<QueryResult>, DbErr> {
        let transaction = &self.snapshot.transaction;
        if !self.open {
            let (columns, table) = (&self.columns, &self.table.name);
            transaction.execute_unprepared("CLOSE ALL").await?;
            // Named by its table: the driver keeps what a statement's text gives, so the text must differ where the columns do.
            let declare = format!("DECLARE \"{table}_rows\" NO SCROLL CURSOR FOR SELECT {columns} FROM \"{table}\"");
            transaction.execute_unprepared(&declare).await?;
            if self.place > 0 {
                transaction.execute_unprepared(&format!("MOVE FORWARD {} IN \"{table}_rows\"", self.place)).await?;
            }
            self.open = true;
        }
        self.snapshot.ask(format!("FETCH {BATCH} FROM \"{}_rows\"", self.table.name)).await
    }

    fn row(&self, found: &QueryResult) -> Result<Row, PortableError> {
        let mut row = Row::new();
        for (at, (name, kind)) in self.table.columns.iter().enumerate() {
            let cell = match kind {
                Kind::Integer => found.try_get_by_index::<Option<i64>>(at)?.map(Value::from),
                Kind::Boolean => found.try_get_by_index::<Option<bool>>(at)?.map(Value::from),
                Kind::Real => match found.try_get_by_index::<Option<f64>>(at)? {
                    Some(number) => Some(Value::Number(Number::from_f64(number).ok_or_else(|| not_finite(self.table, name))?)),
                    None => None,
                },
                Kind::Text | Kind::Uuid | Kind::Bytes | Kind::Json => {
                    found.try_get_by_index::<Option<String>>(at)?.map(Value::from)
                }
            };
            row.insert(name.clone(), cell.unwrap_or_default());
        }
        Ok(row)
    }
}

fn not_finite(table: &Table, column: &str) -> PortableError {
    PortableError::Refused(format!("{}.{column} holds a number that is not finite", table.name))
}
