//! Rows that are carried from one database to another.

use core_db::portable::{Dump, Intake, PortableError, Snapshot, copy, dump, restore, verify};
use core_db::{Columns, DbError, Ledger};
use core_kernel::Owner;
use core_testing::{Engine, TestDb};
use sea_orm::sea_query::{Alias, ColumnDef, Query};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::notes;

struct CreateKinds;
core_db::named_migration!(CreateKinds, "kinds_0001_create");

#[async_trait::async_trait]
impl MigrationTrait for CreateKinds {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let null = |name: &str| ColumnDef::new(Alias::new(name));
        let columns = [
            Columns::id(),
            Columns::text_null("text"),
            Columns::integer_null("number"),
            null("small").integer().null().to_owned(),
            null("real").double().null().to_owned(),
            null("yes").boolean().null().to_owned(),
            null("bytes").binary().null().to_owned(),
            Columns::json_null("data"),
            Columns::uuid_null("other"),
        ];
        manager.create_table(Columns::table("kinds", columns)).await?;
        let id = null("id").integer().not_null().to_owned();
        manager.create_table(Columns::table("counters", [id, Columns::integer("value")])).await
    }
}

fn ledgers() -> Vec<Ledger> {
    vec![core_db::ledger(), notes::ledger(), Ledger { name: "kinds", migrations: vec![Box::new(CreateKinds)] }]
}

const ADA: Owner = Owner(Uuid::from_u128(0xADA));

/// A small database of every kind of value.
async fn filled() -> TestDb {
    let test = empty(&Engine::Sqlite).await;
    let intake = Intake::open(&test.db, "the test", &ledgers()).await.unwrap();
    let full = json!({
        "id": "0190000000007000800000000000ffff", "text": "Grüße, 'quoted' \"twice\" \u{1F600}\n", "number": i64::MAX, "small": -7,
        "real": 0.1 + 0.2, "yes": true, "bytes": "00ff7f", "data": "{\"b\": [1, 2.5, null], \"a\": \"\\u00e9\"}",
        "other": "00000000000000000000000000000000",
    });
    let empty = json!({"id": "01900000000070008000000000000001"});
    let null = json!({"id": "01900000000070008000000000000002", "data": "null", "text": "", "bytes": ""});
    let rows: Vec<_> = [full, empty, null].iter().map(|row| row.as_object().unwrap().clone()).collect();
    intake.put("kinds", &rows, 3).await.unwrap();
    intake.finish().await.unwrap();
    for number in 0..250 {
        notes::add(&test.db, ADA, &format!("note {number}")).await.unwrap();
    }
    test
}

async fn empty(engine: &Engine) -> TestDb {
    TestDb::bare(engine).await.unwrap()
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, PortableError>) -> String {
    match outcome.unwrap_err() {
        PortableError::Refused(text) | PortableError::Differs(text) => text,
        other => panic!("{other:?}"),
    }
}

core_testing::on_every_engine! {
    setup = empty;

    async fn every_value_arrives_and_can_be_found_and_a_changed_one_is_noticed(test) {
        let source = filled().await;
        let snapshot = Snapshot::open(&source.db).await.unwrap();
        let intake = Intake::open(&test.db, "source", &ledgers()).await.unwrap();
        let mut told = Vec::new();
        copy(&snapshot, &intake, |table| told.push(table.to_owned())).await.unwrap();
        assert!(["kinds", "notes", "notes_text", "audit_entries"].iter().all(|table| told.iter().any(|told| told == table)), "{told:?}");
        let expected = snapshot.digests().await.unwrap();
        assert_eq!((expected["kinds"].rows, expected["notes"].rows, expected["notes_text"].rows), (3, 250, 250));
        verify(&expected, &Snapshot::open(&test.db).await.unwrap()).await.unwrap();
        intake.finish().await.unwrap();
        let hits = notes::FOUND_BY.search(test.db.read(), ADA, "note 24", 100).await.unwrap();
        assert_eq!(hits.len(), 11);
        let one = "DELETE FROM notes WHERE body = 'note 3'";
        test.db.write(|tx| async move { tx.execute_unprepared(one).await.map(|_| ()).map_err(DbError::from) }).await.unwrap();
        let noticed = refusal(verify(&expected, &Snapshot::open(&test.db).await.unwrap()).await);
        assert!(noticed.contains("notes has 250 rows here and 249 there"), "{noticed}");
    }

    async fn it_goes_on_where_it_stopped_and_leaves_other_peoples_databases_alone(test) {
        let source = filled().await;
        let snapshot = Snapshot::open(&source.db).await.unwrap();
        let intake = Intake::open(&test.db, "source", &ledgers()).await.unwrap();
        let table = snapshot.tables().iter().find(|table| table.name() == "notes").unwrap();
        let (rows, place) = snapshot.rows(table, 0).next().await.unwrap().unwrap();
        assert!(rows.len() < 250, "one batch is not all");
        intake.put("notes", &rows, place).await.unwrap();
        assert!(refusal(Intake::open(&test.db, "another source", &ledgers()).await).contains("another source"));
        let again = Intake::open(&test.db, "source", &ledgers()).await.unwrap();
        copy(&snapshot, &again, |_| ()).await.unwrap();
        verify(&snapshot.digests().await.unwrap(), &Snapshot::open(&test.db).await.unwrap()).await.unwrap();
        again.finish().await.unwrap();
        assert!(refusal(Intake::open(&test.db, "source", &ledgers()).await).contains("not empty"));
    }

    async fn what_a_migration_wrote_with_other_types_does_not_stand_in_the_way_of_its_rows(test) {
        let intake = Intake::open(&test.db, "the test", &ledgers()).await.unwrap();
        // As a builder writes it, with a number of four bytes, on every connection that writes: SQLite has one, PostgreSQL's pool four, of
        // which one reads.
        let connections = if test.db.backend() == DbBackend::Postgres { 3 } else { 1 };
        let all = Barrier::new(connections);
        let written = (0..connections).map(|_| {
            test.db.write(|tx| {
                let all = &all;
                async move {
                let insert = Query::insert().into_table("counters").columns(["id", "value"]).values_panic([1.into(), 0_i64.into()]).to_owned();
                tx.execute(&insert).await?;
                tx.execute_unprepared("DELETE FROM counters").await?;
                all.wait().await;
                Ok::<_, DbError>(())
            }})
        });
        futures_util::future::try_join_all(written).await.unwrap();
        let row = json!({"id": 7, "value": i64::MAX});
        intake.put("counters", &[row.as_object().unwrap().clone()], 1).await.unwrap();
    }

    async fn a_snapshot_does_not_see_what_is_written_after_it(test) {
        core_db::migrate(&test.db, &ledgers()).await.unwrap();
        notes::add(&test.db, ADA, "before").await.unwrap();
        let snapshot = Snapshot::open(&test.db).await.unwrap();
        let before = snapshot.digests().await.unwrap();
        notes::add(&test.db, ADA, "after").await.unwrap();
        assert_eq!(snapshot.digests().await.unwrap(), before);
        assert_eq!(Snapshot::open(&test.db).await.unwrap().digests().await.unwrap()["notes"].rows, 2);
    }

    async fn a_dump_comes_back_whole_also_from_an_older_version(test) {
        let folder = tempfile::tempdir().unwrap();
        let into = Dump::fresh(&folder.path().join("backup")).await.unwrap();
        let source = filled().await;
        let manifest = dump(&source.db, &ledgers(), &into).await.unwrap();
        let mut newer = ledgers();
        newer.push(notes::second_ledger());
        assert!(refusal(restore(&into, &test.db, newer).await).contains("not a whole one"));
        into.complete(&manifest).await.unwrap();
        assert!(refusal(restore(&into, &test.db, vec![core_db::ledger(), notes::ledger()]).await).contains("newer version"));
        let mut newer = ledgers();
        newer.push(notes::second_ledger());
        let moved = restore(&into, &test.db, newer).await.unwrap();
        assert_eq!(moved.iter().map(|moved| moved.digest.rows).sum::<u64>(), 503);
        assert!(Snapshot::open(&test.db).await.unwrap().digests().await.unwrap().contains_key("more"));
        assert!(refusal(Dump::fresh(&folder.path().join("backup")).await).contains("there already"));
    }

    async fn what_a_program_was_built_without_is_not_left_out_of_a_dump_in_silence(test) {
        let folder = tempfile::tempdir().unwrap();
        core_db::migrate(&test.db, &ledgers()).await.unwrap();
        let fresh = async |name: &str| Dump::fresh(&folder.path().join(name)).await.unwrap();
        let mut without = ledgers();
        without.retain(|ledger| ledger.name != "notes");
        let said = refusal(dump(&test.db, &without, &fresh("refused").await).await);
        assert!(said.contains("has tables of notes, which this program was built without"), "{said}");
        // One that was reverted leaves its table, with nothing in it.
        core_db::migrate(&test.db, &[Ledger { name: "reverted", migrations: Vec::new() }]).await.unwrap();
        dump(&test.db, &ledgers(), &fresh("made").await).await.unwrap();
    }

    async fn a_dump_that_was_changed_is_refused(test) {
        let folder = tempfile::tempdir().unwrap();
        let into = Dump::fresh(&folder.path().join("backup")).await.unwrap();
        let source = filled().await;
        let manifest = dump(&source.db, &ledgers(), &into).await.unwrap();
        into.complete(&manifest).await.unwrap();
        let file = folder.path().join("backup/tables/notes.ndjson");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("\"note 7\"", "\"note 8 \"")).unwrap();
        assert!(refusal(restore(&into, &test.db, ledgers()).await).contains("notes has"));
    }

    async fn nonsense_is_refused_by_name(test) {
        let intake = Intake::open(&test.db, "source", &ledgers()).await.unwrap();
        let put = async |table: &str, row: Value| refusal(intake.put(table, &[row.as_object().unwrap().clone()], 1).await);
        assert!(put("nowhere", json!({"id": "x"})).await.contains("no table nowhere"));
        assert!(put("kinds", json!({"id": "01900000000070008000000000000001", "hue": 1})).await.contains("kinds.hue"));
        for (column, value) in [("id", json!("x")), ("number", json!("1")), ("bytes", json!("abc")), ("yes", json!(1)), ("data", json!({}))] {
            let mut row = json!({"id": "01900000000070008000000000000001"});
            row[column] = value;
            assert!(put("kinds", row).await.contains(&format!("kinds.{column}")));
        }
        let stored: Result<(), DbError> = test.db.ping().await;
        assert!(stored.is_ok() && Snapshot::open(&test.db).await.unwrap().digests().await.unwrap()["kinds"].rows == 0);
    }
}
