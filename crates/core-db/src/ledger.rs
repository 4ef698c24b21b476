use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use sea_orm::sea_query::{Alias, ColumnDef, Expr, ExprTrait, Query, Table};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::{Db, DbError};

/// The migrations of one crate, with a table of their own (`migrations_<name>`), so that a product that drops a feature still
/// starts and two crates can't hide each other's migrations.
pub struct Ledger {
    /// The crate's short name.
    pub name: &'static str,
    /// In the order in which they apply; names are unique within the ledger and never change.
    pub migrations: Vec<Box<dyn MigrationTrait>>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("name", &self.name).field("migrations", &self.migrations.len()).finish()
    }
}

/// Whether a migration has been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrationState {
    /// It is in the database.
    Applied,
    /// It is in this program only.
    Pending,
    /// It is in the database only: a newer program was here.
    Unknown,
}

/// One line of `migrate status`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LedgerStatus {
    /// Which ledger.
    pub ledger: &'static str,
    /// Which migration.
    pub migration: String,
    /// Its state.
    pub state: MigrationState,
}

/// Applies what is pending, ledger by ledger in the given order. One lock is held over check and apply, so that replicas that
/// start together apply everything once; each migration is one transaction on both engines. Returns the names applied.
pub async fn migrate(db: &Db, ledgers: &[Ledger]) -> Result<Vec<String>, DbError> {
    let lock = Lock::take(db).await?;
    let mut applied = Vec::new();
    for ledger in ledgers {
        let known = read_or_create(db, ledger).await?;
        for migration in ledger.migrations.iter().filter(|migration| !known.contains(migration.name())) {
            let transaction = db.writer().begin().await?;
            let outcome = apply(&transaction, db, ledger, migration.as_ref()).await;
            settle(transaction, outcome).await?;
            applied.push(format!("{}/{}", ledger.name, migration.name()));
        }
    }
    lock.release().await?;
    Ok(applied)
}

/// Reverts the newest `steps` migrations of one ledger. Returns their names.
pub async fn revert(db: &Db, ledger: &Ledger, steps: usize) -> Result<Vec<String>, DbError> {
    let lock = Lock::take(db).await?;
    let known = read_or_create(db, ledger).await?;
    let mut reverted = Vec::new();
    for migration in ledger.migrations.iter().rev().filter(|migration| known.contains(migration.name())).take(steps) {
        let transaction = db.writer().begin().await?;
        let outcome = unapply(&transaction, ledger, migration.as_ref()).await;
        settle(transaction, outcome).await?;
        reverted.push(migration.name().to_owned());
    }
    lock.release().await?;
    Ok(reverted)
}

/// Every migration that the program or the database knows. Reads only.
pub async fn status(db: &Db, ledgers: &[Ledger]) -> Result<Vec<LedgerStatus>, DbError> {
    let mut lines = Vec::new();
    for ledger in ledgers {
        let mut known = read(db, ledger).await.unwrap_or_default();
        for migration in &ledger.migrations {
            let state = if known.remove(migration.name()) { MigrationState::Applied } else { MigrationState::Pending };
            lines.push(LedgerStatus { ledger: ledger.name, migration: migration.name().to_owned(), state });
        }
        lines.extend(known.into_iter().map(|name| LedgerStatus {
            ledger: ledger.name,
            migration: name,
            state: MigrationState::Unknown,
        }));
    }
    Ok(lines)
}

/// How many migrations are still to be applied. Reads only.
pub async fn pending(db: &Db, ledgers: &[Ledger]) -> Result<usize, DbError> {
    let lines = status(db, ledgers).await?;
    Ok(lines.iter().filter(|line| line.state == MigrationState::Pending).count())
}

/// The names of ledgers that the database has something of and that are none of these: tables of what a program was built or started
/// without. Reads only.
pub async fn ledgers_beyond(db: &Db, known: &[&str]) -> Result<Vec<String>, DbError> {
    let names: Vec<String> = tables(db).await?.iter().filter_map(|table| table.strip_prefix(TABLES)).map(str::to_owned).collect();
    let mut beyond = Vec::new();
    for name in names.into_iter().filter(|name| !known.contains(&name.as_str())) {
        let applied = Query::select().column(Alias::new("name")).from(Alias::new(format!("{TABLES}{name}"))).limit(1).to_owned();
        if db.writer().query_one(&applied).await?.is_some() {
            beyond.push(name);
        }
    }
    Ok(beyond)
}

#[expect(clippy::disallowed_methods, reason = "the catalogue has no builder; raw SQL is core-db's to write")]
async fn tables(db: &Db) -> Result<Vec<String>, DbError> {
    let sql = match db.backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        _ => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
    };
    let rows = db.writer().query_all_raw(Statement::from_string(db.backend(), sql)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, DbErr>>()?)
}

/// What stands before the name of a ledger in the name of its table.
const TABLES: &str = "migrations_";

fn table_of(ledger: &Ledger) -> Alias {
    Alias::new(format!("{TABLES}{}", ledger.name))
}

async fn read_or_create(db: &Db, ledger: &Ledger) -> Result<BTreeSet<String>, DbError> {
    let create = Table::create()
        .table(table_of(ledger))
        .if_not_exists()
        .col(ColumnDef::new(Alias::new("name")).string().not_null().primary_key())
        .col(ColumnDef::new(Alias::new("applied_at")).big_integer().not_null())
        .to_owned();
    db.writer().execute(&create).await?;
    read(db, ledger).await
}

async fn read(db: &Db, ledger: &Ledger) -> Result<BTreeSet<String>, DbError> {
    let select = Query::select().column(Alias::new("name")).from(table_of(ledger)).to_owned();
    let rows = db.writer().query_all(&select).await?;
    Ok(rows.iter().map(|row| row.try_get::<String>("", "name")).collect::<Result<_, DbErr>>()?)
}

async fn apply(tx: &DatabaseTransaction, db: &Db, ledger: &Ledger, migration: &dyn MigrationTrait) -> Result<(), DbErr> {
    migration.up(&SchemaManager::new(tx)).await?;
    let row = Query::insert()
        .into_table(table_of(ledger))
        .columns([Alias::new("name"), Alias::new("applied_at")])
        .values_panic([migration.name().into(), db.ambient().now().millis().into()])
        .to_owned();
    tx.execute(&row).await.map(|_| ())
}

async fn unapply(tx: &DatabaseTransaction, ledger: &Ledger, migration: &dyn MigrationTrait) -> Result<(), DbErr> {
    migration.down(&SchemaManager::new(tx)).await?;
    let row =
        Query::delete().from_table(table_of(ledger)).and_where(Expr::col(Alias::new("name")).eq(migration.name())).to_owned();
    tx.execute(&row).await.map(|_| ())
}

async fn settle(transaction: DatabaseTransaction, outcome: Result<(), DbErr>) -> Result<(), DbError> {
    match outcome {
        Ok(()) => Ok(transaction.commit().await?),
        Err(error) => {
            transaction.rollback().await?;
            Err(error.into())
        }
    }
}

/// Held while migrations are checked and applied. A holder that dies frees it: PostgreSQL ends its transaction, the operating
/// system drops its file lock.
enum Lock {
    Postgres(DatabaseTransaction),
    File(std::fs::File),
    /// A database in memory belongs to this process alone.
    Alone,
}

/// "brickwrk" in ASCII, the key of the advisory lock.
const ADVISORY_KEY: i64 = 0x6272_6963_6b77_726b;

impl Lock {
    async fn take(db: &Db) -> Result<Self, DbError> {
        if db.backend() == DbBackend::Postgres { Self::take_advisory(db).await } else { Self::take_file(db).await }
    }

    #[expect(clippy::disallowed_methods, reason = "advisory locks have no builder; raw SQL is core-db's to write")]
    async fn take_advisory(db: &Db) -> Result<Self, DbError> {
        let transaction = db.writer().begin().await?;
        let ask = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_try_advisory_xact_lock($1) AS taken",
            [ADVISORY_KEY.into()],
        );
        // Polled, because a waiting statement would run into the statement timeout.
        for _ in 0..3000 {
            let row = transaction.query_one_raw(ask.clone()).await?;
            if row.map(|row| row.try_get::<bool>("", "taken")).transpose()?.unwrap_or(false) {
                return Ok(Self::Postgres(transaction));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(DbError::Busy(DbErr::Migration("another process has held the migration lock for five minutes".into())))
    }

    async fn take_file(db: &Db) -> Result<Self, DbError> {
        let Some(file) = db.sqlite_file() else { return Ok(Self::Alone) };
        let mut path = file.as_os_str().to_owned();
        path.push(".migrate.lock");
        let locked = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::options().create(true).truncate(false).write(true).open(path)?;
            file.lock()?;
            Ok::<_, std::io::Error>(file)
        });
        match locked.await {
            Ok(Ok(file)) => Ok(Self::File(file)),
            Ok(Err(error)) => Err(DbError::Unavailable(DbErr::Custom(format!("the migration lock file: {error}")))),
            Err(error) => Err(DbError::Internal(DbErr::Custom(error.to_string()))),
        }
    }

    async fn release(self) -> Result<(), DbError> {
        match self {
            Self::Postgres(transaction) => Ok(transaction.commit().await?),
            Self::File(file) => {
                drop(file);
                Ok(())
            }
            Self::Alone => Ok(()),
        }
    }
}
