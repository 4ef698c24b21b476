use std::time::Duration;

use auth::{AuthError, Device, Proof};

use crate::world::{PASSWORD, World, fresh};

const ADA: &str = "ada@example.com";
const NOBODY: &str = "nobody@example.com";

async fn guess(world: &World, email: &str) -> AuthError {
    world.auth.sessions.login(email, &"wrong".into(), Device::default()).await.unwrap_err()
}

/// Guesses wrong until there is a wait, waits, and so on; gives the waits in seconds.
async fn waits(world: &World, email: &str, rounds: usize) -> Vec<u64> {
    let mut waits = Vec::new();
    while waits.len() < rounds {
        match guess(world, email).await {
            AuthError::InvalidCredentials => {}
            AuthError::TooManyTries(wait) => {
                waits.push(wait.as_secs());
                world.test.clock.advance(wait);
            }
            other => panic!("{other:?}"),
        }
    }
    waits
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn from_the_fifth_wrong_password_on_there_is_a_wait_that_doubles_for_known_and_unknown_addresses(world) {
        world.register(ADA).await;
        let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900];
        assert_eq!(waits(&world, ADA, 12).await, expected);
        assert_eq!(waits(&world, NOBODY, 12).await, expected);
    }

    async fn while_one_waits_not_even_the_right_password_is_looked_at_and_afterwards_it_is(world) {
        world.register(ADA).await;
        for _ in 0..5 {
            assert!(matches!(guess(&world, ADA).await, AuthError::InvalidCredentials));
        }
        let early = world.auth.sessions.login(ADA, &PASSWORD.into(), Device::default()).await;
        assert!(matches!(early, Err(AuthError::TooManyTries(wait)) if wait == Duration::from_secs(1)));
        world.test.clock.advance(Duration::from_secs(1));
        world.login(ADA, PASSWORD).await;
        for _ in 0..4 {
            assert!(matches!(guess(&world, ADA).await, AuthError::InvalidCredentials), "a right one forgets the wrong ones");
        }
        world.login(ADA, PASSWORD).await;
    }

    async fn guesses_that_are_made_at_once_are_not_free(world) {
        world.register(ADA).await;
        let outcomes = futures_util::future::join_all((0..20).map(|_| guess(&world, ADA))).await;
        let looked_at = outcomes.iter().filter(|outcome| matches!(outcome, AuthError::InvalidCredentials)).count();
        let waited = outcomes.iter().filter(|outcome| matches!(outcome, AuthError::TooManyTries(_))).count();
        assert_eq!((looked_at, waited), (5, 15), "{outcomes:?}");
    }

    async fn many_right_logins_at_once_do_not_wait(world) {
        world.register(ADA).await;
        let password = PASSWORD.into();
        let all = (0..20).map(|_| world.auth.sessions.login(ADA, &password, Device::default()));
        assert!(futures_util::future::join_all(all).await.iter().all(Result::is_ok));
    }

    async fn after_a_hundred_wrong_passwords_in_a_row_a_link_from_a_mail_is_the_way_in(world) {
        let (account, _) = world.register(ADA).await;
        for email in [ADA, NOBODY] {
            let mut wrong = 0;
            loop {
                match guess(&world, email).await {
                    AuthError::InvalidCredentials => wrong += 1,
                    AuthError::TooManyTries(wait) => world.test.clock.advance(wait),
                    AuthError::Locked(_) => break,
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(wrong, 100);
        }
        world.test.clock.advance(Duration::from_hours(24));
        let late = world.auth.sessions.login(ADA, &PASSWORD.into(), Device::default()).await;
        assert!(matches!(late, Err(AuthError::Locked(_))));
        assert!(world.code_mailed_to(ADA).await.is_some());
        assert_eq!(world.mailer.sent().pop().unwrap().content.subject, "Somebody guesses your password");
        assert!(world.mailer.sent().iter().all(|mail| mail.to != NOBODY));
        world.auth.magic_links.request(ADA).await.unwrap();
        let code = world.code_mailed_to(ADA).await.unwrap();
        world.auth.magic_links.consume(&code, Device::default()).await.unwrap();
        world.login(ADA, PASSWORD).await;
        assert!(world.auth.accounts.find(account.id).await.unwrap().is_some());
    }

    async fn a_reset_forgets_the_wrong_guesses(world) {
        world.register(ADA).await;
        waits(&world, ADA, 3).await;
        world.auth.recovery.forgot_password(ADA).await.unwrap();
        let code = world.code_mailed_to(ADA).await.unwrap();
        world.auth.recovery.reset_password(&code, &"another sentence, just for me".into()).await.unwrap();
        world.login(ADA, "another sentence, just for me").await;
    }

    async fn whoever_has_a_session_can_not_guess_the_password_faster(world) {
        let (_, tokens) = world.register(ADA).await;
        let actor = world.actor(&tokens).await;
        for _ in 0..5 {
            let wrong = world.auth.credentials.reauthenticate(&actor, &Proof::Password("wrong".into())).await;
            assert!(matches!(wrong, Err(AuthError::WrongPassword)));
        }
        let right = world.auth.credentials.reauthenticate(&actor, &Proof::Password(PASSWORD.into())).await;
        assert!(matches!(right, Err(AuthError::TooManyTries(_))));
    }

    async fn a_login_costs_one_hash_and_as_many_statements_whether_or_not_the_address_is_known(world) {
        world.register(ADA).await;
        let mut costs = Vec::new();
        // The fifth starts the wait, the sixth is refused by it.
        for _ in 0..6 {
            for email in [ADA, NOBODY] {
                let hashes = world.auth.argon2_runs();
                let statements = world.statements(guess(&world, email)).await;
                costs.push((email, world.auth.argon2_runs() - hashes, statements));
            }
        }
        for pair in costs.chunks(2) {
            assert_eq!((pair[0].1, pair[0].2), (pair[1].1, pair[1].2), "{costs:?}");
        }
        assert!(costs[..10].iter().all(|cost| cost.1 == 1) && costs[10..].iter().all(|cost| cost.1 == 0), "{costs:?}");
    }

    async fn asking_for_mail_costs_as_many_statements_whether_or_not_the_address_is_known(world) {
        world.register(ADA).await;
        let forgot = [
            world.statements(world.auth.recovery.forgot_password(ADA)).await,
            world.statements(world.auth.recovery.forgot_password(NOBODY)).await,
        ];
        let resend = [
            world.statements(world.auth.recovery.resend_verification(ADA)).await,
            world.statements(world.auth.recovery.resend_verification(NOBODY)).await,
        ];
        assert_eq!((forgot[0], resend[0]), (forgot[1], resend[1]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_costs_one_hash_and_as_many_statements_whether_or_not_the_address_is_free() {
    for engine in core_testing::engines() {
        let world = crate::world::strict(&engine).await;
        let mut costs = Vec::new();
        for _ in 0..2 {
            let hashes = world.auth.argon2_runs();
            let statements = world.statements(world.auth.accounts.register(World::registration(ADA))).await;
            costs.push((world.auth.argon2_runs() - hashes, statements));
        }
        assert_eq!(costs[0], costs[1], "{engine:?}");
        assert_eq!(costs[0].0, 1);
    }
}
