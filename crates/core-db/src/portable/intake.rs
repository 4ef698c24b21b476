use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;

use super::table::{self, Kind, PROGRESS, Table};
use super::{PortableError, Row};
use crate::{Db, DbError, Ledger, Tx};

/// The mark that the rows of migrations are gone.
const CLEARED: &str = "cleared";

/// Takes rows into a database without tables. How far it came is stored with the rows, so that the same source may go on after a fall.
#[derive(Debug)]
pub struct Intake {
    db: Db,
    tables: BTreeMap<String, Table>,
}

impl Intake {
    /// Opens a database without tables for the rows of `source`, which names where they come from, and migrates it.
    ///
    /// # Errors
    /// [`PortableError::Refused`] when it has tables that are not of an unfinished intake of the same source.
    pub async fn open(db: &Db, source: &str, ledgers: &[Ledger]) -> Result<Self, PortableError> {
        begin(db, source).await?;
        crate::migrate(db, ledgers).await?;
        let tables: BTreeMap<_, _> = table::all(db.read()).await?.into_iter().map(|table| (table.name.clone(), table)).collect();
        let intake = Self { db: db.clone(), tables };
        if intake.place(CLEARED).await? == 0 {
            intake.clear().await?;
        }
        Ok(intake)
    }

    /// Takes away the rows that migrations leave behind: the source has its own.
    async fn clear(&self) -> Result<(), PortableError> {
        let cleared = self.db.write(|tx| async move {
            for table in self.tables.keys() {
                tx.execute_unprepared(&format!("DELETE FROM \"{table}\"")).await?;
            }
            remember(&tx, CLEARED, 1).await
        });
        Ok(cleared.await?)
    }

    /// After which place of the source a table goes on; 0 at its beginning.
    #[expect(clippy::disallowed_methods, reason = "has no entity; raw SQL is core-db's to write")]
    pub async fn place(&self, table: &str) -> Result<i64, PortableError> {
        let sql = format!("SELECT place FROM {PROGRESS} WHERE name = $1");
        let ask = Statement::from_sql_and_values(self.db.backend(), sql, [table.into()]);
        let row = self.db.read().query_one_raw(ask).await?;
        Ok(row.map(|row| row.try_get("", "place")).transpose()?.unwrap_or(0))
    }

    /// Stores rows and the place of the last, both or neither.
    ///
    /// # Errors
    /// [`PortableError::Refused`] for a table or column that the target does not have.
    pub async fn put(&self, table: &str, rows: &[Row], place: i64) -> Result<(), PortableError> {
        let missing = || PortableError::Refused(format!("the target has no table {table}; are both of the same version?"));
        let table = self.tables.get(table).ok_or_else(missing)?;
        if let Some(column) = rows.iter().flat_map(Row::keys).find(|column| !table.columns.contains_key(*column)) {
            return Err(PortableError::Refused(format!("the target has no column {}.{column}", table.name)));
        }
        let statement = insert(table, rows, self.db.backend())?;
        self.db
            .write(|tx| {
                let statement = statement.clone();
                async move {
                    tx.execute_raw(statement).await?;
                    remember(&tx, &table.name, place).await
                }
            })
            .await?;
        Ok(())
    }

    /// Everything is there: forgets how far it came.
    pub async fn finish(self) -> Result<(), PortableError> {
        forget(&self.db).await
    }

    /// The database it fills.
    pub fn db(&self) -> &Db {
        &self.db
    }
}

/// Notes whose rows these will be, before there are any.
#[expect(clippy::disallowed_methods, reason = "has no entity; raw SQL is core-db's to write")]
async fn begin(db: &Db, source: &str) -> Result<(), PortableError> {
    let source = format!("source {source}");
    let create = format!("CREATE TABLE IF NOT EXISTS {PROGRESS} (name varchar PRIMARY KEY, place bigint NOT NULL)");
    let held = table::all(db.read()).await?;
    let (backend, source, create) = (db.backend(), source.as_str(), create.as_str());
    let refused = db
        .write(|tx| {
            let held = held.first().map(|table| table.name.clone());
            async move {
                tx.execute_unprepared(create).await?;
                let ask = format!("SELECT name FROM {PROGRESS} WHERE name LIKE 'source %'");
                let row = tx.query_one_raw(Statement::from_string(backend, ask)).await?;
                match (row.map(|row| row.try_get::<String>("", "name")).transpose()?, held) {
                    (Some(found), _) if found == source => Ok(None),
                    (Some(_), _) => Ok(Some("the target holds part of another source. Name an empty database.".to_owned())),
                    (None, Some(table)) => {
                        tx.execute_unprepared(&format!("DROP TABLE {PROGRESS}")).await?;
                        Ok(Some(format!("the target is not empty: it has a table {table}. Name an empty database.")))
                    }
                    (None, None) => remember(&tx, source, 0).await.map(|()| None),
                }
            }
        })
        .await?;
    refused.map_or(Ok(()), |text| Err(PortableError::Refused(text)))
}

async fn forget(db: &Db) -> Result<(), PortableError> {
    let drop = format!("DROP TABLE {PROGRESS}");
    let drop = drop.as_str();
    Ok(db.write(|tx| async move { Ok::<_, DbError>(tx.execute_unprepared(drop).await.map(|_| ())?) }).await?)
}

#[expect(clippy::disallowed_methods, reason = "has no entity; raw SQL is core-db's to write")]
async fn remember(tx: &Tx, name: &str, place: i64) -> Result<(), DbError> {
    let sql =
        format!("INSERT INTO {PROGRESS} (name, place) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET place = excluded.place");
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [name.into(), place.into()])).await?;
    Ok(())
}

/// One statement for all rows: a round trip per batch, whatever the distance.
#[expect(clippy::disallowed_methods, reason = "writes any table; raw SQL is core-db's to write")]
fn insert(table: &Table, rows: &[Row], backend: DbBackend) -> Result<Statement, PortableError> {
    let names: Vec<String> = table.columns.keys().map(|name| format!("\"{name}\"")).collect();
    let (mut values, mut lines) = (Vec::new(), Vec::new());
    for row in rows {
        let mut places = Vec::new();
        for (name, kind) in &table.columns {
            values.push(value(table, name, *kind, row.get(name).unwrap_or(&Value::Null))?);
            places.push(format!("${}{}", values.len(), kind.cast(backend)));
        }
        lines.push(format!("({})", places.join(", ")));
    }
    let sql = format!("INSERT INTO \"{}\" ({}) VALUES {}", table.name, names.join(", "), lines.join(", "));
    Ok(Statement::from_sql_and_values(backend, sql, values))
}

fn value(table: &Table, column: &str, kind: Kind, cell: &Value) -> Result<sea_orm::Value, PortableError> {
    let wrong = || PortableError::Refused(format!("{}.{column} holds what is no {kind:?}", table.name));
    let text = || cell.as_str().map(str::to_owned).ok_or_else(wrong);
    Ok(match (kind, cell) {
        (Kind::Text | Kind::Json, Value::Null) => sea_orm::Value::String(None),
        (Kind::Integer, Value::Null) => sea_orm::Value::BigInt(None),
        (Kind::Real, Value::Null) => sea_orm::Value::Double(None),
        (Kind::Boolean, Value::Null) => sea_orm::Value::Bool(None),
        (Kind::Bytes, Value::Null) => sea_orm::Value::Bytes(None),
        (Kind::Uuid, Value::Null) => sea_orm::Value::Uuid(None),
        (Kind::Text | Kind::Json, _) => text()?.into(),
        (Kind::Integer, _) => cell.as_i64().ok_or_else(wrong)?.into(),
        (Kind::Real, _) => cell.as_f64().ok_or_else(wrong)?.into(),
        (Kind::Boolean, _) => cell.as_bool().ok_or_else(wrong)?.into(),
        (Kind::Bytes, _) => bytes(&text()?).ok_or_else(wrong)?.into(),
        (Kind::Uuid, _) => uuid::Uuid::try_parse(&text()?).map_err(|_no_id| wrong())?.into(),
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2)).collect()
}
