use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::PortableError;
use crate::full_text;

/// Where an [`super::Intake`] remembers how far it came.
pub(super) const PROGRESS: &str = "portable_progress";

/// The tables that SQLite keeps behind one FTS5 table (its documentation, "FTS5 Data Structures").
const BEHIND_FTS5: [&str; 5] = ["data", "idx", "content", "docsize", "config"];

/// One table as rows are carried: its name and the columns that are stored, not computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub(super) name: String,
    /// By name, so that both engines give the same order.
    pub(super) columns: BTreeMap<String, Kind>,
}

impl Table {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What a column holds, whatever the engine calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Real,
    Boolean,
    Bytes,
    Uuid,
    Json,
}

impl Kind {
    /// From the type that a table declares.
    fn of(declared: &str) -> Option<Self> {
        let declared = declared.to_lowercase();
        let has = |part: &str| declared.contains(part);
        // `uuid_text` and `jsonb_text` are how SQLite's tables say it.
        Some(match () {
            () if has("uuid") => Self::Uuid,
            () if has("json") => Self::Json,
            () if has("bool") => Self::Boolean,
            () if has("int") => Self::Integer,
            () if has("blob") || has("bytea") || has("binary") => Self::Bytes,
            () if has("double") || has("real") || has("float") => Self::Real,
            () if has("char") || has("text") => Self::Text,
            () => return None,
        })
    }

    /// What follows the place of a value. The driver keeps statements by their text alone, with the types of the values that came first: a
    /// migration that put a small number there would have the same text mean another type, so the text names its types.
    pub(super) fn cast(self, backend: DbBackend) -> &'static str {
        if backend == DbBackend::Sqlite {
            return "";
        }
        match self {
            Self::Text => "::text",
            Self::Integer => "::bigint",
            Self::Real => "::float8",
            Self::Boolean => "::boolean",
            Self::Bytes => "::bytea",
            Self::Uuid => "::uuid",
            Self::Json => "::jsonb",
        }
    }

    /// The column as SQL that gives text, a number or a truth value.
    pub(super) fn read(self, column: &str, backend: DbBackend) -> String {
        let sqlite = backend == DbBackend::Sqlite;
        match self {
            // `hex` makes an empty text of NULL.
            Self::Uuid | Self::Bytes if sqlite => format!("iif(\"{column}\" IS NULL, NULL, lower(hex(\"{column}\")))"),
            Self::Uuid => format!("replace(\"{column}\"::text, '-', '')"),
            Self::Bytes => format!("encode(\"{column}\", 'hex')"),
            Self::Json if sqlite => format!("CAST(\"{column}\" AS TEXT)"),
            Self::Json | Self::Text if !sqlite => format!("\"{column}\"::text"),
            Self::Integer if !sqlite => format!("\"{column}\"::bigint"),
            Self::Real if !sqlite => format!("\"{column}\"::float8"),
            _ => format!("\"{column}\""),
        }
    }
}

/// Every table of the database but the ledgers and what the engine keeps for itself.
pub(super) async fn all<C: ConnectionTrait>(connection: &C) -> Result<Vec<Table>, PortableError> {
    let found = match connection.get_database_backend() {
        DbBackend::Sqlite => sqlite(connection).await?,
        _ => postgres(connection).await?,
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, declared) in found {
        if table.starts_with("migrations_") || table == PROGRESS {
            continue;
        }
        let unknown = || PortableError::Refused(format!("{table}.{column}: `{declared}` is no type that can be carried over"));
        let kind = Kind::of(&declared).ok_or_else(unknown)?;
        let entry = tables.entry(table.clone()).or_insert_with(|| Table { name: table, columns: BTreeMap::new() });
        entry.columns.insert(column, kind);
    }
    Ok(tables.into_values().collect())
}

type Found = Vec<(String, String, String)>;

#[expect(clippy::disallowed_methods, reason = "the catalogue has no builder; raw SQL is core-db's to write")]
async fn sqlite<C: ConnectionTrait>(connection: &C) -> Result<Found, PortableError> {
    let sql = "SELECT name, sql LIKE 'CREATE VIRTUAL TABLE%' AS virtual FROM sqlite_master \
               WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    let named = rows.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "virtual")?)));
    let named: Vec<(String, bool)> = named.collect::<Result<_, sea_orm::DbErr>>()?;
    let behind = |name: &str| {
        let of =
            |owner: &str| BEHIND_FTS5.iter().any(|part| name.strip_prefix(owner).is_some_and(|rest| rest == format!("_{part}")));
        named.iter().any(|(owner, is_virtual)| *is_virtual && of(owner))
    };
    let mut found = Found::new();
    // What FTS5 keeps follows from the texts.
    for (name, _) in named.iter().filter(|(name, is_virtual)| !is_virtual && !behind(name)) {
        let sql = "SELECT name, type FROM pragma_table_xinfo($1) WHERE hidden = 0 AND name <> $2";
        let ask = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [name.as_str().into(), full_text::ROW.into()]);
        for row in connection.query_all_raw(ask).await? {
            found.push((name.clone(), row.try_get("", "name")?, row.try_get("", "type")?));
        }
    }
    Ok(found)
}

#[expect(clippy::disallowed_methods, reason = "the catalogue has no builder; raw SQL is core-db's to write")]
async fn postgres<C: ConnectionTrait>(connection: &C) -> Result<Found, PortableError> {
    let sql = "SELECT c.table_name::text AS t, c.column_name::text AS n, c.data_type::text AS d \
               FROM information_schema.columns c JOIN information_schema.tables USING (table_schema, table_name) \
               WHERE c.table_schema = current_schema() AND table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'";
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let read = |row: &sea_orm::QueryResult| Ok((row.try_get("", "t")?, row.try_get("", "n")?, row.try_get("", "d")?));
    Ok(rows.iter().map(read).collect::<Result<_, sea_orm::DbErr>>()?)
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn both_engines_names_of_a_type_mean_the_same() {
        for (sqlite, postgres, kind) in [
            ("uuid_text", "uuid", Kind::Uuid),
            ("jsonb_text", "jsonb", Kind::Json),
            ("bigint", "bigint", Kind::Integer),
            ("boolean", "boolean", Kind::Boolean),
            ("blob", "bytea", Kind::Bytes),
            ("double", "double precision", Kind::Real),
            ("varchar", "character varying", Kind::Text),
        ] {
            assert_eq!((Kind::of(sqlite), Kind::of(postgres)), (Some(kind), Some(kind)), "{sqlite}");
        }
        assert_eq!(Kind::of("xml"), None);
    }
}
