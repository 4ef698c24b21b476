//! Texts that are found by their words.

use core_db::{Db, DbBackend, DbError, FullText, Ledger, migrate};
use core_kernel::Owner;
use core_testing::{Engine, TestDb};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use uuid::Uuid;

use crate::notes::{FOUND_BY, add, ledger};

const MINE: Owner = Owner(Uuid::from_u128(1));
const THEIRS: Owner = Owner(Uuid::from_u128(2));

async fn fresh(engine: &Engine) -> TestDb {
    TestDb::fresh(engine, vec![ledger()]).await.unwrap()
}

async fn found(db: &Db, index: FullText, owner: Owner, words: &str) -> Vec<Uuid> {
    index.search(db.read(), owner, words, 10).await.unwrap().into_iter().map(|hit| hit.id).collect()
}

async fn index(db: &Db, id: Uuid, body: &str) {
    db.write(|tx| async move { FOUND_BY.index(&tx, MINE, id, body).await }).await.unwrap();
}

/// What databases of earlier versions have.
#[derive(Clone, Copy)]
enum OldForm {
    /// FTS5 alone.
    First,
    /// A table that FTS5 indexes, in which owners are no words.
    Second,
}

const SECOND_FORM: &str = "CREATE TABLE older_text (fts_row integer PRIMARY KEY, id uuid_text NOT NULL UNIQUE, owner_id uuid_text NOT NULL, \
    body text NOT NULL); CREATE INDEX older_text_owner ON older_text (owner_id); \
    CREATE VIRTUAL TABLE older_text_index USING fts5(body, content='older_text', content_rowid='fts_row'); \
    CREATE TRIGGER older_text_added AFTER INSERT ON older_text BEGIN \
      INSERT INTO older_text_index (rowid, body) VALUES (new.fts_row, new.body); END";

impl OldForm {
    fn index(self) -> FullText {
        FullText { table: if matches!(self, Self::First) { "old_text" } else { "older_text" } }
    }

    fn on_sqlite(self) -> &'static str {
        match self {
            Self::First => "CREATE VIRTUAL TABLE old_text USING fts5(id UNINDEXED, owner_id UNINDEXED, body)",
            Self::Second => SECOND_FORM,
        }
    }
}

struct Earlier(OldForm);
core_db::named_migration!(Earlier, "old_0001_earlier_form");

#[async_trait::async_trait]
#[expect(clippy::disallowed_methods, reason = "an earlier form has no builder any more")]
impl MigrationTrait for Earlier {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (connection, index) = (manager.get_connection(), self.0.index());
        if manager.get_database_backend() == DbBackend::Sqlite {
            connection.execute_unprepared(self.0.on_sqlite()).await?;
        } else {
            index.create(manager).await?;
        }
        let sql = format!("INSERT INTO {} (id, owner_id, body) VALUES ($1, $2, 'Deadlifts')", index.table);
        let values = [Uuid::from_u128(7).into(), MINE.get().into()];
        connection.execute_raw(Statement::from_sql_and_values(manager.get_database_backend(), sql, values)).await.map(|_| ())
    }
}

struct Renewed(OldForm);
core_db::named_migration!(Renewed, "old_0002_renewed");

#[async_trait::async_trait]
impl MigrationTrait for Renewed {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.index().renew(manager).await?;
        self.0.index().renew(manager).await
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn words_are_found_by_prefix_and_only_the_owners(test) {
        let id = add(&test.db, MINE, "Deadlifts twice a week").await.unwrap();
        add(&test.db, THEIRS, "deadlift secrets").await.unwrap();
        assert_eq!(found(&test.db, FOUND_BY, MINE, "DEADLIFT wee").await, [id]);
        for hostile in ["", "\"", "* OR *", "'; DROP TABLE notes --", "deadlift NOT week", ":&|!()"] {
            found(&test.db, FOUND_BY, MINE, hostile).await;
        }
    }

    async fn a_text_takes_the_place_of_the_one_before_and_goes_with_its_row_or_owner(test) {
        let (one, other) = (Uuid::from_u128(3), Uuid::from_u128(4));
        index(&test.db, one, "squats").await;
        index(&test.db, other, "squats and lunges").await;
        index(&test.db, one, "rows").await;
        assert_eq!(found(&test.db, FOUND_BY, MINE, "squats").await, [other]);
        assert_eq!(found(&test.db, FOUND_BY, MINE, "rows").await, [one]);
        test.db.write(|tx| async move { FOUND_BY.remove(&tx, one).await }).await.unwrap();
        assert!(found(&test.db, FOUND_BY, MINE, "rows").await.is_empty());
        test.db.write(|tx| async move { FOUND_BY.remove_owner(&tx, MINE).await }).await.unwrap();
        assert!(found(&test.db, FOUND_BY, MINE, "squats").await.is_empty());
    }

    async fn an_index_of_an_earlier_form_keeps_its_texts_in_the_present_one(test) {
        for (name, form) in [("old", OldForm::First), ("older", OldForm::Second)] {
            let old = Ledger { name, migrations: vec![Box::new(Earlier(form)), Box::new(Renewed(form))] };
            migrate(&test.db, &[old]).await.unwrap();
            let index = form.index();
            assert_eq!(found(&test.db, index, MINE, "deadl").await, [Uuid::from_u128(7)]);
            let written: Result<(), DbError> =
                test.db.write(|tx| async move { index.index(&tx, MINE, Uuid::from_u128(7), "rows").await }).await;
            written.unwrap();
            assert!(found(&test.db, index, MINE, "deadl").await.is_empty());
            assert_eq!(found(&test.db, index, MINE, "rows").await, [Uuid::from_u128(7)]);
        }
    }

    async fn nobody_is_found_by_a_word_that_names_an_owner(test) {
        add(&test.db, MINE, "deadlifts").await.unwrap();
        let mine = MINE.get().simple().to_string();
        assert!(found(&test.db, FOUND_BY, MINE, &mine).await.is_empty());
        assert!(found(&test.db, FOUND_BY, THEIRS, &mine).await.is_empty());
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the plan of a statement is not asked for otherwise")]
async fn a_text_is_found_by_its_id_without_reading_the_others_and_leaves_no_word_behind() {
    let test = fresh(&Engine::Sqlite).await;
    for statement in ["DELETE FROM notes_text WHERE id = x'01'", "DELETE FROM notes_text WHERE owner_id = x'01'"] {
        let ask = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = test.db.read().query_all_raw(ask).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        assert!(plan[0].contains("USING") && !plan[0].contains("SCAN"), "{statement}: {plan:?}");
    }
    index(&test.db, Uuid::from_u128(3), "canary").await;
    let left = async || {
        let sql = "SELECT count(*) AS n FROM notes_text_index_data WHERE instr(block, CAST('canary' AS blob)) > 0";
        let row = test.db.read().query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
        row.try_get::<i64>("", "n").unwrap()
    };
    assert_eq!(left().await, 1);
    test.db.write(|tx| async move { FOUND_BY.remove(&tx, Uuid::from_u128(3)).await }).await.unwrap();
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn a_search_looks_at_nobody_elses_texts() {
    let test = fresh(&Engine::Sqlite).await;
    let id = add(&test.db, MINE, "deadlifts").await.unwrap();
    add(&test.db, THEIRS, "deadlifts").await.unwrap();
    // Whoever's texts the index names here would belong to the owner below, so only the index itself can tell them apart.
    let sql = "DROP TRIGGER notes_text_changed; UPDATE notes_text SET owner_id = (SELECT owner_id FROM notes_text ORDER BY fts_row LIMIT 1)";
    let done: Result<(), DbError> =
        test.db.write(|tx| async move { tx.execute_unprepared(sql).await.map(|_| ()).map_err(DbError::from) }).await;
    done.unwrap();
    assert_eq!(found(&test.db, FOUND_BY, MINE, "deadlifts").await, [id]);
}
