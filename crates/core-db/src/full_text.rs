use core_kernel::Owner;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use sea_orm_migration::SchemaManager;
use uuid::Uuid;

use crate::{DbError, Tx};

/// A full-text index: FTS5 on SQLite, tsvector with a GIN index on PostgreSQL. Words match by prefix, without case or accents
/// on SQLite and without case on PostgreSQL; all words must occur.
///
/// The texts are rows of a table with the same columns on both engines. On SQLite FTS5 indexes it by triggers (its documentation, 4.4.3): a row is
/// found by its id, however many there are, which FTS5 alone can't. The owner is a word of the index there, so that nobody's search ranks the
/// texts of others.
#[derive(Clone, Copy, Debug)]
pub struct FullText {
    /// The table of texts: lower-case letters, digits and `_`; a constant of the feature, never input.
    pub table: &'static str,
}

/// On SQLite, the number by which FTS5 knows a row. It is nobody else's, and differs from database to database.
pub(crate) const ROW: &str = "fts_row";

/// On SQLite, the owner as one word, which follows from the row.
const OWNER: &str = "owner text GENERATED ALWAYS AS (hex(owner_id)) VIRTUAL";

/// A match, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The indexed row.
    pub id: Uuid,
    /// Higher is better; comparable within one answer only.
    pub score: f64,
}

/// More words than this are left out of a query.
const MAX_WORDS: usize = 16;

#[expect(clippy::disallowed_methods, reason = "full-text queries have no builder; raw SQL is core-db's to write")]
impl FullText {
    /// Makes the index, inside a migration.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = self.table;
        let connection = manager.get_connection();
        let sql = if manager.get_database_backend() == DbBackend::Sqlite {
            on_sqlite(table)
        } else {
            format!(
                "CREATE TABLE {table} (id uuid PRIMARY KEY, owner_id uuid NOT NULL, body text NOT NULL, \
                 words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED); \
                 CREATE INDEX {table}_words ON {table} USING gin (words); \
                 CREATE INDEX {table}_owner ON {table} (owner_id)"
            )
        };
        connection.execute_unprepared(&sql).await.map(|_| ())
    }

    /// Makes an index of an earlier form on SQLite one of the present form, which stays as it is. The first form was FTS5 alone and read all of
    /// itself to find one id; the second ranked the texts of all owners for one of them.
    pub async fn renew(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = self.table;
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let connection = manager.get_connection();
        let sql = "SELECT 1 FROM sqlite_master WHERE name = $1 AND instr(sql, $2) = 0";
        let earlier = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [table.into(), OWNER.into()]);
        if connection.query_one_raw(earlier).await?.is_none() {
            return Ok(());
        }
        let keep = format!(
            "CREATE TABLE {table}_kept AS SELECT id, owner_id, body FROM {table}; DROP TABLE IF EXISTS {table}_index; DROP TABLE {table}"
        );
        connection.execute_unprepared(&keep).await?;
        self.create(manager).await?;
        let fill = format!(
            "INSERT OR IGNORE INTO {table} (id, owner_id, body) SELECT id, owner_id, body FROM {table}_kept; DROP TABLE {table}_kept"
        );
        connection.execute_unprepared(&fill).await.map(|_| ())
    }

    /// Takes the index away, inside a migration.
    pub async fn drop(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = self.table;
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Sqlite {
            connection.execute_unprepared(&format!("DROP TABLE IF EXISTS {table}_index")).await?;
        }
        connection.execute_unprepared(&format!("DROP TABLE {table}")).await.map(|_| ())
    }

    /// Indexes `body` under `id`, in place of what was there.
    pub async fn index(&self, tx: &Tx, owner: Owner, id: Uuid, body: &str) -> Result<(), DbError> {
        let sql = format!(
            "INSERT INTO {} (id, owner_id, body) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, body = excluded.body",
            self.table
        );
        let values: [Value; 3] = [id.into(), owner.get().into(), body.into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        Ok(())
    }

    /// Takes one row out.
    pub async fn remove(&self, tx: &Tx, id: Uuid) -> Result<(), DbError> {
        let sql = format!("DELETE FROM {} WHERE id = $1", self.table);
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [id.into()])).await?;
        Ok(())
    }

    /// Takes all rows of an owner out.
    pub async fn remove_owner(&self, tx: &Tx, owner: Owner) -> Result<(), DbError> {
        let sql = format!("DELETE FROM {} WHERE owner_id = $1", self.table);
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [owner.get().into()])).await?;
        Ok(())
    }

    /// The owner's rows that hold every word of `query`, best first. A query without a word finds nothing.
    pub async fn search<C: ConnectionTrait>(
        &self,
        connection: &C,
        owner: Owner,
        query: &str,
        limit: u16,
    ) -> Result<Vec<Hit>, DbError> {
        let words: Vec<String> = words(query);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.table;
        let backend = connection.get_database_backend();
        let (sql, expression) = if backend == DbBackend::Sqlite {
            let sql = format!(
                "SELECT texts.id AS id, -bm25({table}_index, 0.0, 1.0) AS score FROM {table}_index \
                 JOIN {table} AS texts ON texts.{ROW} = {table}_index.rowid \
                 WHERE {table}_index MATCH $1 AND texts.owner_id = $2 ORDER BY score DESC LIMIT $3"
            );
            (sql, own_words(owner, &words))
        } else {
            let sql = format!(
                "SELECT id, ts_rank(words, to_tsquery('simple', $1))::float8 AS score FROM {table} \
                 WHERE words @@ to_tsquery('simple', $1) AND owner_id = $2 ORDER BY score DESC LIMIT $3"
            );
            (sql, words.iter().map(|word| format!("'{word}':*")).collect::<Vec<_>>().join(" & "))
        };
        let values: [Value; 3] = [expression.into(), owner.get().into(), i64::from(limit).into()];
        let rows = connection.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let hits = rows.iter().map(|row| Ok(Hit { id: row.try_get("", "id")?, score: row.try_get("", "score")? }));
        Ok(hits.collect::<Result<_, DbErr>>()?)
    }
}

/// The table and the index that triggers keep. Words of deleted rows leave the index with them, and not when it is merged some day (FTS5, 6.14).
fn on_sqlite(table: &str) -> String {
    let added = format!("INSERT INTO {table}_index (rowid, owner, body) VALUES (new.{ROW}, new.owner, new.body);");
    let removed = format!(
        "INSERT INTO {table}_index ({table}_index, rowid, owner, body) VALUES ('delete', old.{ROW}, old.owner, old.body);"
    );
    format!(
        "CREATE TABLE {table} ({ROW} integer PRIMARY KEY, id uuid_text NOT NULL UNIQUE, owner_id uuid_text NOT NULL, body text NOT NULL, \
           {OWNER}); \
         CREATE INDEX {table}_owner ON {table} (owner_id); \
         CREATE VIRTUAL TABLE {table}_index USING fts5(owner, body, content='{table}', content_rowid='{ROW}', \
           tokenize='unicode61 remove_diacritics 2'); \
         INSERT INTO {table}_index ({table}_index, rank) VALUES ('secure-delete', 1); \
         CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {added} END; \
         CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {removed} END; \
         CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} BEGIN {removed} {added} END"
    )
}

/// What FTS5 is asked on SQLite: the owner's texts, and of these the ones that hold all words (its documentation, 3.7 and 3.8).
fn own_words(owner: Owner, words: &[String]) -> String {
    let words = words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" AND ");
    format!("owner : \"{}\" AND body : ({words})", owner.get().simple())
}

/// Runs of letters and digits, so that nothing of either query language gets through.
fn words(query: &str) -> Vec<String> {
    query
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_query_is_cut_into_plain_words() {
        assert_eq!(words("  NEAR(\"x\" OR y)* --; Ünïcode"), ["near", "x", "or", "y", "ünïcode"]);
    }
}
