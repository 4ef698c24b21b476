//! Fifty of the same at once: where one is to win, one wins, and nobody meets a fault of the server.

use auth::{AuthError, Device, Registered};
use core_kernel::{DomainError, ErrorKind, Secret};
use futures_util::future::join_all;

use crate::world::{World, fresh};

const COPIES: usize = 50;
const ADA: &str = "ada@example.com";

/// How many won; the others were refused for a reason that is the caller's.
fn winners<T: std::fmt::Debug>(outcomes: &[Result<T, AuthError>]) -> usize {
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(!matches!(error.code().kind, ErrorKind::Internal), "{error:?}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn one_registers_an_address_in_whatever_spelling(world) {
        let spellings = ["ren\u{e9}@example.com", "rene\u{301}@example.com", "REN\u{c9}@Example.com", " Ren\u{e9}@EXAMPLE.com"];
        let copies = (0..COPIES).map(|copy| world.auth.accounts.register(World::registration(spellings[copy % spellings.len()])));
        let outcomes = join_all(copies).await;
        assert_eq!(winners(&outcomes), 1, "{outcomes:?}");
        assert_eq!(world.events("user.created").await.len(), 1);
    }

    async fn one_uses_a_magic_link(world) {
        world.register(ADA).await;
        world.auth.magic_links.request(ADA).await.unwrap();
        let code = world.code_mailed_to(ADA).await.unwrap();
        let outcomes = join_all((0..COPIES).map(|_| world.auth.magic_links.consume(&code, Device::default()))).await;
        assert_eq!(winners(&outcomes), 1, "{outcomes:?}");
    }

    async fn one_verifies_an_address(world) {
        world.register(ADA).await;
        let code = world.code_mailed_to(ADA).await.unwrap();
        let outcomes = join_all((0..COPIES).map(|_| world.auth.recovery.verify_email(&code))).await;
        assert_eq!(winners(&outcomes), 1, "{outcomes:?}");
    }

    async fn one_resets_a_password(world) {
        world.register(ADA).await;
        world.auth.recovery.forgot_password(ADA).await.unwrap();
        let code = world.code_mailed_to(ADA).await.unwrap();
        let new = Secret::new("another sentence, just for me");
        let outcomes = join_all((0..COPIES).map(|_| world.auth.recovery.reset_password(&code, &new))).await;
        assert_eq!(winners(&outcomes), 1, "{outcomes:?}");
    }

    async fn one_refresh_moves_the_counter_and_the_others_get_its_answer(world) {
        let (_, first) = world.register(ADA).await;
        let token = Secret::new(first.refresh_token);
        let outcomes = join_all((0..COPIES).map(|_| world.auth.sessions.refresh(&token))).await;
        assert_eq!(winners(&outcomes), COPIES);
        let successors: std::collections::BTreeSet<String> =
            outcomes.into_iter().map(|outcome| outcome.unwrap().refresh_token).collect();
        assert_eq!(successors.len(), 1, "one generation, one successor");
    }

    async fn both_sides_of_a_change_of_address_speak_at_once_and_it_is_made_once(world) {
        let (account, here) = world.register(ADA).await;
        let actor = world.actor(&here).await;
        world.auth.email_changes.request(&actor, "ada@example.org").await.unwrap();
        let (old, new) = (world.code_mailed_to(ADA).await.unwrap(), world.code_mailed_to("ada@example.org").await.unwrap());
        let codes = [old, new];
        let outcomes = join_all((0..COPIES).map(|copy| {
            let code = &codes[copy % 2];
            world.auth.email_changes.decide(code, auth::Decision::Approve)
        }))
        .await;
        assert_eq!(winners(&outcomes), 2, "{outcomes:?}");
        let changed = world.auth.accounts.find(account.id).await.unwrap().unwrap();
        assert_eq!(changed.email.as_str(), "ada@example.org");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_addresses_must_be_verified_all_fifty_are_told_to_check_their_mail() {
    for engine in core_testing::engines() {
        let world = crate::world::strict(&engine).await;
        let outcomes = join_all((0..COPIES).map(|_| world.auth.accounts.register(World::registration(ADA)))).await;
        assert_eq!(winners(&outcomes), COPIES, "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Registered::CheckMail))));
        assert_eq!(world.events("user.created").await.len(), 1);
    }
}
