use core_kernel::Secret;
use sea_orm::ConnectionTrait;

use crate::world::{World, fresh};

/// Changes rows as somebody with the database in hand does.
async fn tamper(world: &World, sql: &str) {
    #[expect(clippy::disallowed_methods, reason = "does what no part of the server does")]
    let statement = sea_orm::Statement::from_string(world.test.db.backend(), sql.to_owned());
    let statement = &statement;
    let changed = world
        .test
        .db
        .write(|tx| async move { Ok::<_, core_db::DbError>(tx.execute_raw(statement.clone()).await?.rows_affected()) })
        .await
        .unwrap();
    assert!(changed > 0, "{sql}");
}

/// Some events, sealed.
async fn sealed(world: &World) -> auth::Account {
    let (ada, _) = world.register("ada@example.com").await;
    world.register("eve@example.com").await;
    for email in ["ada@example.com", "eve@example.com"] {
        world.login(email, crate::world::PASSWORD).await;
        world.auth.recovery.forgot_password(email).await.unwrap();
    }
    world.mails().await;
    assert!(core_db::seal_audit(&world.test.db).await.unwrap() >= 6);
    assert_eq!(core_db::seal_audit(&world.test.db).await.unwrap(), 0);
    ada
}

async fn faults(world: &World) -> Vec<String> {
    core_db::verify_audit(&world.test.db).await.unwrap().faults
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn what_was_written_is_sealed_in_order_and_more_can_follow(world) {
        sealed(&world).await;
        let first = core_db::verify_audit(&world.test.db).await.unwrap();
        assert_eq!((first.faults.as_slice(), first.unsealed), ([].as_slice(), 0));
        world.login("ada@example.com", crate::world::PASSWORD).await;
        assert_eq!(core_db::verify_audit(&world.test.db).await.unwrap().unsealed, 1);
        core_db::seal_audit(&world.test.db).await.unwrap();
        let second = core_db::verify_audit(&world.test.db).await.unwrap();
        assert_eq!((second.head.position, second.faults.len()), (first.head.position + 1, 0));
        assert_ne!(second.head.link, first.head.link);
    }

    async fn a_changed_entry_is_found(world) {
        sealed(&world).await;
        tamper(&world, "UPDATE audit_entries SET outcome = 'failure' WHERE position = 3").await;
        let found = faults(&world).await;
        assert!(found.len() == 1 && found[0].starts_with("entry 3 ("), "{found:?}");
    }

    async fn an_entry_that_is_said_to_be_about_somebody_else_is_found(world) {
        sealed(&world).await;
        tamper(&world, "UPDATE audit_entries SET subject_sealed = (SELECT subject_sealed FROM audit_entries WHERE position = 2) WHERE position = 1").await;
        assert!(faults(&world).await.iter().any(|fault| fault.contains("whom it is about")));
    }

    async fn a_removed_entry_is_found_in_the_middle_and_at_the_end(world) {
        sealed(&world).await;
        tamper(&world, "DELETE FROM audit_entries WHERE position = 2").await;
        let found = faults(&world).await;
        assert!(found.iter().any(|fault| fault.starts_with("entry 3 (") && fault.contains("gone")), "{found:?}");
        let other = fresh(&world.engine).await;
        sealed(&other).await;
        tamper(&other, "DELETE FROM audit_entries WHERE position = (SELECT MAX(position) FROM audit_entries)").await;
        let found = faults(&other).await;
        assert!(found.len() == 1 && found[0].contains("the log ends at"), "{found:?}");
    }

    async fn moved_entries_are_found(world) {
        sealed(&world).await;
        for sql in [
            "UPDATE audit_entries SET position = -1 WHERE position = 2",
            "UPDATE audit_entries SET position = 2 WHERE position = 3",
            "UPDATE audit_entries SET position = 3 WHERE position = -1",
        ] {
            tamper(&world, sql).await;
        }
        assert!(!faults(&world).await.is_empty());
    }

    async fn an_entry_that_is_taken_out_of_the_chain_or_a_chain_that_is_dropped_is_found(world) {
        sealed(&world).await;
        tamper(&world, "UPDATE audit_entries SET position = NULL, link = NULL WHERE position = 2").await;
        assert!(!faults(&world).await.is_empty());
        tamper(&world, "UPDATE audit_entries SET position = NULL, link = NULL, subject_digest = NULL").await;
        assert!(!faults(&world).await.is_empty());
    }

    async fn the_chain_holds_when_somebody_is_erased(world) {
        use core_feature::Feature;
        let ada = sealed(&world).await;
        world.auth.erase(ada.id.into()).await.unwrap();
        assert_eq!(faults(&world).await, Vec::<String>::new());
    }

    async fn many_who_seal_at_once_make_one_chain(world) {
        sealed(&world).await;
        let password = Secret::new(crate::world::PASSWORD);
        for _ in 0..5 {
            world.auth.sessions.login("ada@example.com", &password, auth::Device::default()).await.unwrap();
        }
        let all = (0..20).map(|_| core_db::seal_audit(&world.test.db));
        let sealed: u64 = futures_util::future::join_all(all).await.into_iter().map(Result::unwrap).sum();
        assert_eq!((sealed, faults(&world).await.len()), (5, 0));
    }
}
