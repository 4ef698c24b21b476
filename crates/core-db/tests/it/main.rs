//! The contract of core-db on every engine at hand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod faults;
mod full_text;
mod notes;
mod outage;
mod portable;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use core_db::{AuditEntry, AuditQuery, Begin, Db, DbConfig, DbError, IdempotencyStore, StoredAnswer};
use core_kernel::{Order, OsRng, Owner, PageRequest, UserId};
use core_keys::{Keyring, MasterKey};
use core_testing::TestDb;
use futures_util::FutureExt as _;
use notes::{add, all, fresh, page_of};
use uuid::Uuid;

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_committed_unit_of_work_is_readable_and_a_failed_one_leaves_nothing(test) {
        let owner = Owner(Uuid::from_u128(1));
        add(&test.db, owner, "kept").await.unwrap();
        let failed: Result<(), DbError> = test.db.write(|tx| async move {
            notes::insert(&tx, owner, "lost").await?;
            Err(DbError::NotFound)
        }).await;
        assert!(matches!(failed, Err(DbError::NotFound)));
        assert_eq!(all(&test.db, owner).await, ["kept"]);
    }

    async fn a_row_by_itself_is_stored_once_and_the_next_unit_of_work_waits_for_the_disk_again(test) {
        let owner = Owner(Uuid::from_u128(1));
        notes::add_one(&test.db, owner, "alone").await.unwrap();
        assert!(matches!(notes::add_one(&test.db, owner, "alone").await, Err(DbError::Conflict(_))));
        assert_eq!(all(&test.db, owner).await, ["alone"]);
        assert!(matches!(notes::synchronous(&test.db).await, None | Some(2)));
        // Somebody who gives up in the middle leaves the writer as it was, too.
        let abandoned = notes::add_one(&test.db, owner, "abandoned");
        drop(tokio::time::timeout(std::time::Duration::ZERO, abandoned).await);
        assert!(matches!(notes::synchronous(&test.db).await, None | Some(2)));
        let (db, db2) = (test.db.clone(), &test.db);
        let nested: Result<(), DbError> = db2.write(|_tx| {
            let db = db.clone();
            async move { notes::add_one(&db, owner, "nested").await }
        }).await;
        assert!(matches!(nested, Err(DbError::NestedWrite)));
    }

    async fn rows_that_wait_for_the_writer_share_one_turn_and_each_has_its_own_outcome(test) {
        let owner = Owner(Uuid::from_u128(1));
        let log = test.db.sqlite_file().map(|file| format!("{}-wal", file.display()));
        let size = || log.as_ref().map_or(0, |log| std::fs::metadata(log).unwrap().len());
        let bodies: Vec<String> = (0..20).map(|number| format!("note {}", number.max(1))).collect();
        let rows = futures_util::future::join_all(bodies.iter().map(|body| notes::add_one(&test.db, owner, body)));
        let mut rows = std::pin::pin!(rows);
        let mut before = 0;
        test.db.write(|tx| {
            before = size();
            assert!(rows.as_mut().now_or_never().is_none(), "the writer is taken");
            async move { drop(tx); Ok::<_, DbError>(()) }
        }).await.unwrap();
        let outcomes = rows.await;
        let refused: Vec<bool> = outcomes.iter().map(|outcome| matches!(outcome, Err(DbError::Conflict(_)))).collect();
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().zip(&refused).all(|(outcome, refused)| outcome.is_ok() != *refused));
        assert_eq!(all(&test.db, owner).await.len(), 19);
        // Twenty transactions would have written each page that they share twenty times.
        assert!(size() - before < 20 * 4096, "{} bytes", size() - before);
        assert!(matches!(notes::synchronous(&test.db).await, None | Some(2)));
    }

    async fn a_write_inside_a_write_is_refused_at_once(test) {
        let db = test.db.clone();
        let nested: Result<(), DbError> = test.db.write(|_tx| {
            let db = db.clone();
            async move { db.write(|_| async { Ok::<_, DbError>(()) }).await }
        }).await;
        assert!(matches!(nested, Err(DbError::NestedWrite)));
    }

    async fn a_handle_that_outlives_its_unit_of_work_rolls_it_back(test) {
        let owner = Owner(Uuid::from_u128(1));
        let escaped = Arc::new(std::sync::Mutex::new(None));
        let outcome: Result<(), DbError> = test.db.write(|tx| {
            let escaped = Arc::clone(&escaped);
            async move {
                notes::insert(&tx, owner, "escapes").await?;
                *escaped.lock().unwrap() = Some(tx.clone());
                Ok(())
            }
        }).await;
        assert!(matches!(outcome, Err(DbError::EscapedTx)));
        assert!(all(&test.db, owner).await.is_empty());
        let late = escaped.lock().unwrap().take().unwrap();
        assert!(notes::insert(&late, owner, "too late").await.is_err());
        add(&test.db, owner, "next").await.unwrap();
    }

    async fn wake_ups_follow_the_commit_and_not_a_rollback(test) {
        let fired = Arc::new(AtomicU32::new(0));
        for fails in [true, false] {
            let _ = test.db.write(|tx| {
                let fired = Arc::clone(&fired);
                async move {
                    tx.after_commit(move || { fired.fetch_add(1, Ordering::SeqCst); });
                    if fails { Err(DbError::NotFound) } else { Ok(()) }
                }
            }).await;
        }
        assert_eq!(fired.load(Ordering::SeqCst), 1);
    }

    async fn competing_writers_all_get_through(test) {
        let owner = Owner(Uuid::from_u128(1));
        let writers = (0..16).map(|writer| { let db = test.db.clone(); async move {
            for turn in 0..5 { add(&db, owner, &format!("{writer}-{turn}")).await.unwrap(); }
        }});
        futures_util::future::join_all(writers).await;
        assert_eq!(all(&test.db, owner).await.len(), 80);
    }

    async fn a_taken_unique_value_is_a_conflict(test) {
        let owner = Owner(Uuid::from_u128(1));
        add(&test.db, owner, "once").await.unwrap();
        assert!(add(&test.db, owner, "once").await.unwrap_err().is_conflict());
    }

    async fn owned_queries_never_see_rows_of_others(test) {
        let (mine, theirs) = (Owner(Uuid::from_u128(1)), Owner(Uuid::from_u128(2)));
        add(&test.db, mine, "mine").await.unwrap();
        let id = add(&test.db, theirs, "theirs").await.unwrap();
        assert_eq!(all(&test.db, mine).await, ["mine"]);
        assert!(notes::by_id(&test.db, mine, id).await.is_none());
        assert_eq!(notes::rename_all(&test.db, mine, "renamed").await, 1);
        assert_eq!(notes::delete_all(&test.db, mine).await, 1);
        assert_eq!(all(&test.db, theirs).await, ["theirs"]);
    }

    async fn pages_cover_every_row_once_even_when_times_are_equal(test) {
        let owner = Owner(Uuid::from_u128(1));
        for number in 0..7 { add(&test.db, owner, &format!("{number}")).await.unwrap(); }
        for order in [Order::Asc, Order::Desc] {
            let mut seen = Vec::new();
            let mut request = PageRequest::first(3, order);
            loop {
                let page = page_of(&test.db, owner, &request).await;
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                request.after = Some(next);
            }
            let mut expected: Vec<String> = (0..7).map(|number| number.to_string()).collect();
            if order == Order::Desc { expected.reverse(); }
            assert_eq!(seen, expected);
        }
    }

    async fn an_idempotency_key_runs_once_and_replays_its_answer(test) {
        let store = IdempotencyStore::new(test.db.clone());
        let day = Duration::from_hours(24);
        let answer = StoredAnswer { status: 201, headers: vec![("location".into(), "/x".into())], body: b"{\"canary\":1}".to_vec() };
        assert_eq!(store.begin("scope", "key", &[1; 32], day).await.unwrap(), Begin::Started);
        assert_eq!(store.begin("scope", "key", &[1; 32], day).await.unwrap(), Begin::Running);
        store.finish("scope", "key", &answer).await.unwrap();
        assert_eq!(store.begin("scope", "key", &[1; 32], day).await.unwrap(), Begin::Replay(answer));
        assert_eq!(store.begin("scope", "key", &[2; 32], day).await.unwrap(), Begin::Mismatch);
        assert_eq!(store.begin("other", "key", &[2; 32], day).await.unwrap(), Begin::Started);
        store.finish_secret("other", "key").await.unwrap();
        assert_eq!(store.begin("other", "key", &[2; 32], day).await.unwrap(), Begin::SecretDone);
        test.clock.advance(day);
        assert_eq!(store.sweep(test.db.ambient().now(), 1).await.unwrap(), 1);
        assert_eq!(store.begin("scope", "key", &[2; 32], day).await.unwrap(), Begin::Started);
        store.abandon("scope", "key").await.unwrap();
        assert_eq!(store.begin("scope", "key", &[3; 32], day).await.unwrap(), Begin::Started);
    }

    async fn of_sixteen_requests_with_one_key_one_starts(test) {
        let store = IdempotencyStore::new(test.db.clone());
        let starts = (0..16).map(|_| { let store = store.clone(); async move {
            store.begin("scope", "key", &[1; 32], Duration::from_mins(1)).await.unwrap() == Begin::Started
        }});
        let started = futures_util::future::join_all(starts).await;
        assert_eq!(started.iter().filter(|started| **started).count(), 1);
    }

    async fn audit_rows_name_their_subject_to_this_server_until_it_is_erased(test) {
        let user = UserId(Uuid::from_u128(7));
        let entry = AuditEntry { action: "auth.login", outcome: "success", subject: user, org: None, details: serde_json::json!({}) };
        test.db.write(|tx| { let entry = entry.clone(); async move { core_db::audit(&tx, entry).await } }).await.unwrap();
        let rows = core_db::audit_rows(&test.db, AuditQuery::Subject(user), &PageRequest::default()).await.unwrap();
        assert_eq!((rows.items.len(), rows.items[0].subject), (1, Some(user)));
        test.db.write(|tx| async move { core_db::erase_audit_subject(&tx, user).await }).await.unwrap();
        let rows = core_db::audit_rows(&test.db, AuditQuery::All, &PageRequest::default()).await.unwrap();
        assert_eq!((rows.items.len(), rows.items[0].subject), (1, None));
    }

    async fn migrations_apply_once_even_when_two_processes_start_together(test) {
        let twice = futures_util::future::join(
            core_db::migrate(&test.db, &[]), async { core_db::migrate(&test.db, &[notes::second_ledger()]).await },
        ).await;
        let more = futures_util::future::join(
            async { core_db::migrate(&test.db, &[notes::second_ledger()]).await },
            async { core_db::migrate(&test.db, &[notes::second_ledger()]).await },
        ).await;
        assert_eq!((twice.0.unwrap().len(), twice.1.unwrap().len()), (0, 1));
        assert_eq!((more.0.unwrap().len(), more.1.unwrap().len()), (0, 0));
        assert_eq!(core_db::pending(&test.db, &[notes::ledger(), notes::second_ledger()]).await.unwrap(), 0);
        assert_eq!(core_db::revert(&test.db, &notes::second_ledger(), 1).await.unwrap().len(), 1);
        assert_eq!(core_db::pending(&test.db, &[notes::second_ledger()]).await.unwrap(), 1);
    }

    async fn many_readers_at_once_leave_room_for_a_sign_of_life(test) {
        let owner = Owner(Uuid::from_u128(1));
        let looks = (0..64).map(|_| notes::look(&test.db, owner));
        assert!(futures_util::future::join_all(looks).await.into_iter().all(|outcome| outcome.is_ok()));
        test.db.ping().await.unwrap();
        assert_eq!(test.db.statements(), 64, "a sign of life is no statement of an operation");
    }

    async fn a_fact_keeps_its_first_value_until_it_is_replaced(test) {
        assert_eq!(core_db::remembered(&test.db, "key").await.unwrap(), None);
        assert_eq!(core_db::remember_once(&test.db, "key", "one").await.unwrap(), "one");
        assert_eq!(core_db::remember_once(&test.db, "key", "two").await.unwrap(), "one");
        core_db::remember_instead(&test.db, "key", "two", "three").await.unwrap();
        assert_eq!(core_db::remembered(&test.db, "key").await.unwrap().as_deref(), Some("one"));
        core_db::remember_instead(&test.db, "key", "one", "three").await.unwrap();
        assert_eq!(core_db::remembered(&test.db, "key").await.unwrap().as_deref(), Some("three"));
    }

    async fn those_who_remember_the_same_at_once_all_get_one_value(test) {
        let values: Vec<String> = (0..8).map(|number| number.to_string()).collect();
        let kept = values.iter().map(|value| core_db::remember_once(&test.db, "key", value));
        let kept: Vec<String> = futures_util::future::try_join_all(kept).await.unwrap();
        assert!(kept.iter().all(|value| *value == kept[0]), "{kept:?}");
    }

    async fn security_events_of_before_the_key_was_changed_are_still_about_their_person(test) {
        let (old, new) = (MasterKey::generate(&OsRng), MasterKey::generate(&OsRng));
        let open = async |keys: Keyring| Db::connect(DbConfig::new(test.url.clone()), test.db.ambient().clone(), keys).await.unwrap();
        let before = open(Keyring::new(old.clone(), vec![], Arc::new(OsRng))).await;
        let after = open(Keyring::new(new, vec![old], Arc::new(OsRng))).await;
        let user = UserId(Uuid::from_u128(7));
        let entry = AuditEntry { action: "auth.login", outcome: "success", subject: user, org: None, details: serde_json::json!({}) };
        before.write(|tx| { let entry = entry.clone(); async move { core_db::audit(&tx, entry).await } }).await.unwrap();
        let mine = async || core_db::audit_rows(&after, AuditQuery::Subject(user), &PageRequest::default()).await.unwrap().items.len();
        assert_eq!(mine().await, 1);
        after.write(|tx| async move { core_db::erase_audit_subject(&tx, user).await }).await.unwrap();
        assert_eq!(mine().await, 0);
    }

    async fn a_migration_that_fails_midway_leaves_nothing(test) {
        assert!(core_db::migrate(&test.db, &[notes::broken_ledger()]).await.is_err());
        assert!(core_db::migrate(&test.db, &[notes::broken_ledger()]).await.is_err());
        assert_eq!(core_db::pending(&test.db, &[notes::broken_ledger()]).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_reader_on_sqlite_refuses_to_write() {
    let test: TestDb = fresh(&core_testing::Engine::Sqlite).await;
    use sea_orm::ConnectionTrait;
    assert!(test.db.read().execute_unprepared("DELETE FROM notes").await.is_err());
}

#[tokio::test]
async fn what_is_committed_is_copied_from_the_log_into_the_file_beside_the_writer() {
    let test = fresh(&core_testing::Engine::Sqlite).await;
    let file = test.db.sqlite_file().unwrap().to_owned();
    let size = || std::fs::metadata(&file).unwrap().len();
    let (owner, before) = (Owner(Uuid::from_u128(1)), size());
    for number in 0..100 {
        notes::add_one(&test.db, owner, &format!("{number} {}", "long ".repeat(200))).await.unwrap();
    }
    let copied = async {
        while size() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), copied).await.expect("the file grows");
    assert_eq!(all(&test.db, owner).await.len(), 100);
}

#[tokio::test]
async fn what_was_deleted_is_in_no_file_once_the_log_is_emptied() {
    let test = fresh(&core_testing::Engine::Sqlite).await;
    let file = test.db.sqlite_file().unwrap().display().to_string();
    let owner = Owner(Uuid::from_u128(1));
    let held = |name: &str| String::from_utf8_lossy(&std::fs::read(name).unwrap()).contains("heliotrope");
    notes::add_one(&test.db, owner, "heliotrope").await.unwrap();
    assert_eq!(notes::delete_all(&test.db, owner).await, 1);
    assert!(held(&format!("{file}-wal")));
    test.db.empty_log().await.unwrap();
    assert!(!held(&format!("{file}-wal")) && !held(&file));
}

#[tokio::test]
async fn every_sqlite_connection_has_the_pragmas() {
    use sea_orm::{ConnectionTrait, Statement};
    let test = fresh(&core_testing::Engine::Sqlite).await;
    for (pragma, expected) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")] {
        #[expect(clippy::disallowed_methods, reason = "pragmas have no builder")]
        let statement = Statement::from_string(core_db::DbBackend::Sqlite, format!("PRAGMA {pragma}"));
        let row = test.db.read().query_one_raw(statement).await.unwrap().unwrap();
        let value = row.try_get_by_index::<String>(0).or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()));
        assert_eq!(value.unwrap(), expected, "{pragma}");
    }
}

#[tokio::test]
async fn sqlite_does_not_prepare_a_kept_statement_anew_for_each_value_of_its_limit() {
    use sea_orm::{ConnectionTrait, Statement};
    let test = fresh(&core_testing::Engine::Sqlite).await;
    #[expect(clippy::disallowed_methods, reason = "pragmas have no builder")]
    let statement = Statement::from_string(core_db::DbBackend::Sqlite, "PRAGMA compile_options");
    let options = test.db.read().query_all_raw(statement).await.unwrap();
    let told = options.iter().any(|row| row.try_get_by_index::<String>(0).unwrap() == "ENABLE_QPSG");
    assert!(told, "see LIBSQLITE3_FLAGS in .cargo/config.toml");
}
