use core_kernel::Owner;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use sea_orm_migration::SchemaManager;
use uuid::Uuid;

use crate::{DbError, Tx};

/// A full-text index: FTS5 on SQLite, tsvector with a GIN index on PostgreSQL. Words match by prefix, without case or accents
/// on SQLite and without case on PostgreSQL; all words must occur.
#[derive(Clone, Copy, Debug)]
pub struct FullText {
    /// The index table: lower-case letters, digits and `_`; a constant of the feature, never input.
    pub table: &'static str,
}

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
        if manager.get_database_backend() == DbBackend::Sqlite {
            let sql = format!(
                "CREATE VIRTUAL TABLE {table} USING fts5(id UNINDEXED, owner_id UNINDEXED, body, tokenize='unicode61 remove_diacritics 2')"
            );
            connection.execute_unprepared(&sql).await?;
            // Words of deleted rows leave the index with them, and not when it is merged some day (SQLite, FTS5, 6.14).
            let secure = format!("INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)");
            return connection.execute_unprepared(&secure).await.map(|_| ());
        }
        let sql = format!(
            "CREATE TABLE {table} (id uuid PRIMARY KEY, owner_id uuid NOT NULL, body text NOT NULL, \
             words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED)"
        );
        connection.execute_unprepared(&sql).await?;
        connection.execute_unprepared(&format!("CREATE INDEX {table}_words ON {table} USING gin (words)")).await?;
        connection.execute_unprepared(&format!("CREATE INDEX {table}_owner ON {table} (owner_id)")).await.map(|_| ())
    }

    /// Takes the index away, inside a migration.
    pub async fn drop(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE {}", self.table)).await.map(|_| ())
    }

    /// Indexes `body` under `id`, in place of what was there.
    pub async fn index(&self, tx: &Tx, owner: Owner, id: Uuid, body: &str) -> Result<(), DbError> {
        self.remove(tx, id).await?;
        let sql = format!("INSERT INTO {} (id, owner_id, body) VALUES ($1, $2, $3)", self.table);
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
                "SELECT id, -bm25({table}) AS score FROM {table} WHERE {table} MATCH $1 AND owner_id = $2 ORDER BY score DESC LIMIT $3"
            );
            (sql, words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" "))
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
