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

/// A text of the first form, which databases of earlier versions have.
struct FirstForm;
core_db::named_migration!(FirstForm, "old_0001_first_form");

const OLD: FullText = FullText { table: "old_text" };

#[async_trait::async_trait]
#[expect(clippy::disallowed_methods, reason = "the first form has no builder any more")]
impl MigrationTrait for FirstForm {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Sqlite {
            let sql = "CREATE VIRTUAL TABLE old_text USING fts5(id UNINDEXED, owner_id UNINDEXED, body)";
            connection.execute_unprepared(sql).await?;
        } else {
            OLD.create(manager).await?;
        }
        let sql = "INSERT INTO old_text (id, owner_id, body) VALUES ($1, $2, 'Deadlifts')";
        let values = [Uuid::from_u128(7).into(), MINE.get().into()];
        connection.execute_raw(Statement::from_sql_and_values(manager.get_database_backend(), sql, values)).await.map(|_| ())
    }
}

struct Renewed;
core_db::named_migration!(Renewed, "old_0002_renewed");

#[async_trait::async_trait]
impl MigrationTrait for Renewed {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        OLD.renew(manager).await?;
        OLD.renew(manager).await
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

    async fn an_index_of_the_first_form_keeps_its_texts_in_the_present_one(test) {
        let old = Ledger { name: "old", migrations: vec![Box::new(FirstForm), Box::new(Renewed)] };
        migrate(&test.db, &[old]).await.unwrap();
        assert_eq!(found(&test.db, OLD, MINE, "deadl").await, [Uuid::from_u128(7)]);
        let written: Result<(), DbError> = test.db.write(|tx| async move { OLD.index(&tx, MINE, Uuid::from_u128(7), "rows").await }).await;
        written.unwrap();
        assert!(found(&test.db, OLD, MINE, "deadl").await.is_empty());
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
