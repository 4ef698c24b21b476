//! What databases do when something breaks that tests can't break, made by the databases themselves.

use core_db::{Db, DbBackend, DbConfig, DbError};
use core_kernel::{DomainError as _, Owner};
use core_testing::TestDb;
use sea_orm::{ConnectionTrait as _, Statement};
use uuid::Uuid;

use crate::notes::{add, all, fresh, look};

const OWNER: Owner = Owner(Uuid::from_u128(1));

/// Runs SQL as it is.
async fn run(test: &TestDb, sql: &str) -> Result<(), DbError> {
    test.db.write(|tx| async move { Ok::<_, DbError>(tx.execute_unprepared(sql).await.map(drop)?) }).await
}

/// What a connection for reading says of itself.
async fn read_only(db: &Db) -> String {
    #[expect(clippy::disallowed_methods, reason = "asks the server, not a table")]
    let ask = Statement::from_string(DbBackend::Postgres, "SHOW default_transaction_read_only");
    db.read().query_one_raw(ask).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_full_disk_is_told_as_such_and_reading_goes_on(test) {
        add(&test.db, OWNER, "before").await.unwrap();
        if test.db.backend() == DbBackend::Sqlite {
            // Fewer pages than there are: as many as there are.
            run(&test, "PRAGMA max_page_count = 1").await.unwrap();
        } else {
            let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$; \
                        CREATE TRIGGER full_disk BEFORE INSERT ON notes EXECUTE FUNCTION full_disk()";
            run(&test, full).await.unwrap();
        }
        let long = "much ".repeat(1 << 16);
        let refused = add(&test.db, OWNER, &long).await;
        assert!(matches!(refused, Err(DbError::InsufficientStorage(_))), "{refused:?}");
        assert_eq!(refused.unwrap_err().code().code, "database.insufficient_storage");
        assert_eq!(all(&test.db, OWNER).await, ["before"]);
        let room = if test.db.backend() == DbBackend::Sqlite { "PRAGMA max_page_count = 1000000" } else { "DROP TRIGGER full_disk ON notes" };
        run(&test, room).await.unwrap();
        add(&test.db, OWNER, "after").await.unwrap();
        assert_eq!(all(&test.db, OWNER).await.len(), 2, "nothing has to be started anew");
    }

    async fn a_connection_that_breaks_at_commit_leaves_the_outcome_unknown_and_says_so(test) {
        if test.db.backend() != DbBackend::Postgres {
            continue;
        }
        // A deferred trigger runs within COMMIT.
        let broken = "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS \
                      $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
                      CREATE CONSTRAINT TRIGGER break AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED \
                      FOR EACH ROW EXECUTE FUNCTION break()";
        run(&test, broken).await.unwrap();
        let broken = add(&test.db, OWNER, "perhaps").await.unwrap_err();
        assert!(matches!(broken, DbError::OutcomeUnknown(_)), "{broken:?}");
        assert_eq!(broken.code().code, "database.outcome_unknown");
        assert!(broken.retry_after().is_some());
        run(&test, "DROP TRIGGER break ON notes").await.unwrap();
        add(&test.db, OWNER, "surely").await.unwrap();
        assert_eq!(all(&test.db, OWNER).await, ["surely"]);
    }

    async fn after_a_failover_connections_to_the_old_server_are_replaced(test) {
        if test.db.backend() != DbBackend::Postgres {
            continue;
        }
        let name = test.url.rsplit_once('/').unwrap().1.split('?').next().unwrap();
        // Whatever is connected from now on may only read, as at the replica that the old server has become.
        run(&test, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await.unwrap();
        let db = Db::connect(DbConfig::new(test.url.clone()), test.db.ambient().clone(), test.db.keyring().clone()).await.unwrap();
        assert_eq!(look(&db, OWNER).await.unwrap(), 0, "reading goes on");
        assert_eq!(read_only(&db).await, "on");
        let refused = add(&db, OWNER, "to the old server").await;
        assert!(matches!(refused, Err(DbError::Unavailable(_))), "{refused:?}");
        run(&test, &format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await.unwrap();
        add(&db, OWNER, "to the new one").await.unwrap();
        assert_eq!(read_only(&db).await, "off", "what only reads goes to the new server, too");
        assert_eq!(all(&db, OWNER).await, ["to the new one"]);
        db.close().await.unwrap();
    }
}
