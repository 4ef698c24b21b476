use std::time::Duration;

use auth::{AuthError, ChangeState, Decision, Device};
use core_kernel::{Actor, ActorKind, DomainError, Secret};

use crate::world::{PASSWORD, World, fresh};

const OLD: &str = "ada@example.com";
const NEW: &str = "ada@example.org";

async fn ask(world: &World, actor: &Actor) -> (Secret, Secret) {
    world.auth.email_changes.request(actor, NEW).await.unwrap();
    (world.code_mailed_to(OLD).await.unwrap(), world.code_mailed_to(NEW).await.unwrap())
}

async fn say(world: &World, code: &Secret) -> Result<ChangeState, AuthError> {
    world.auth.email_changes.decide(code, Decision::Approve).await
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn both_addresses_confirm_in_any_order_and_the_other_sessions_end(world) {
        let (account, here) = world.register(OLD).await;
        let elsewhere = world.login(OLD, PASSWORD).await;
        let actor = world.actor(&here).await;
        let (old, new) = ask(&world, &actor).await;
        assert_eq!(say(&world, &new).await.unwrap(), ChangeState::Waiting);
        assert!(say(&world, &new).await.is_err(), "one side says yes once");
        assert_eq!(world.auth.accounts.find(account.id).await.unwrap().unwrap().email.as_str(), OLD);
        assert_eq!(say(&world, &old).await.unwrap(), ChangeState::Changed);
        let changed = world.auth.accounts.find(account.id).await.unwrap().unwrap();
        assert_eq!(changed.email.as_str(), NEW);
        assert!(changed.email_verified_at.is_some() && changed.version > account.version);
        world.auth.sessions.identify(&here.access_token, true).await.unwrap();
        assert!(world.auth.sessions.identify(&elsewhere.access_token, false).await.is_err());
        assert!(world.auth.sessions.login(OLD, &PASSWORD.into(), Device::default()).await.is_err());
        world.login(NEW, PASSWORD).await;
        assert_eq!(world.events("user.updated").await[0]["email"], NEW);
        world.mails().await;
        let last = world.mailer.sent().pop().unwrap();
        assert_eq!((last.to.as_str(), last.content.subject.as_str()), (OLD, "Your address was changed"));
        // And back, the other way round.
        world.auth.email_changes.request(&actor, OLD).await.unwrap();
        let (old, new) = (world.code_mailed_to(NEW).await.unwrap(), world.code_mailed_to(OLD).await.unwrap());
        assert_eq!(say(&world, &old).await.unwrap(), ChangeState::Waiting);
        assert_eq!(say(&world, &new).await.unwrap(), ChangeState::Changed);
    }

    async fn either_side_calls_the_change_off(world) {
        let (_, here) = world.register(OLD).await;
        let actor = world.actor(&here).await;
        for cancel_by_old in [true, false] {
            let (old, new) = ask(&world, &actor).await;
            let (cancel, approve) = if cancel_by_old { (old, new) } else { (new, old) };
            assert_eq!(say(&world, &approve).await.unwrap(), ChangeState::Waiting);
            let cancelled = world.auth.email_changes.decide(&cancel, Decision::Cancel).await.unwrap();
            assert_eq!(cancelled, ChangeState::Cancelled);
            assert!(say(&world, &cancel).await.is_err() && say(&world, &approve).await.is_err());
        }
        world.login(OLD, PASSWORD).await;
    }

    async fn the_next_request_and_a_day_end_a_change(world) {
        let (_, here) = world.register(OLD).await;
        let actor = world.actor(&here).await;
        let (old, _) = ask(&world, &actor).await;
        let (_, new) = ask(&world, &actor).await;
        assert!(say(&world, &old).await.is_err(), "replaced");
        world.test.clock.advance(Duration::from_hours(24));
        assert!(say(&world, &new).await.is_err(), "late");
    }

    async fn links_to_the_old_address_are_worth_nothing_afterwards(world) {
        let (_, here) = world.register(OLD).await;
        let verify = world.code_mailed_to(OLD).await.unwrap();
        world.auth.recovery.forgot_password(OLD).await.unwrap();
        let reset = world.code_mailed_to(OLD).await.unwrap();
        world.auth.magic_links.request(OLD).await.unwrap();
        let magic = world.code_mailed_to(OLD).await.unwrap();
        let actor = world.actor(&here).await;
        let (old, new) = ask(&world, &actor).await;
        say(&world, &old).await.unwrap();
        say(&world, &new).await.unwrap();
        assert!(world.auth.recovery.verify_email(&verify).await.is_err());
        assert!(world.auth.recovery.reset_password(&reset, &"another sentence, just for me".into()).await.is_err());
        assert!(world.auth.magic_links.consume(&magic, Device::default()).await.is_err());
    }

    async fn a_taken_address_answers_the_same_and_its_owner_alone_is_told(world) {
        let (_, here) = world.register(OLD).await;
        world.register(NEW).await;
        let actor = world.actor(&here).await;
        let taken = world.statements(world.auth.email_changes.request(&actor, NEW)).await;
        let free = world.statements(world.auth.email_changes.request(&actor, "free@example.org")).await;
        assert_eq!(taken, free);
        world.mails().await;
        let told = world.mailer.sent().into_iter().rev().find(|mail| mail.to == NEW).unwrap();
        assert_eq!(told.content.subject, "This address has an account already");
        assert!(!told.content.text.contains("#token="));
    }

    async fn an_address_that_got_an_account_meanwhile_is_not_taken_over(world) {
        let (account, here) = world.register(OLD).await;
        let actor = world.actor(&here).await;
        let (old, new) = ask(&world, &actor).await;
        say(&world, &old).await.unwrap();
        world.register(NEW).await;
        assert!(matches!(say(&world, &new).await, Err(AuthError::InvalidCode)));
        assert_eq!(world.auth.accounts.find(account.id).await.unwrap().unwrap().email.as_str(), OLD);
    }

    async fn the_same_address_and_nonsense_are_refused_and_so_are_programs(world) {
        let (_, here) = world.register(OLD).await;
        let actor = world.actor(&here).await;
        for (typed, code) in [("ADA@example.com", "same_email"), ("ada", "invalid_email")] {
            let fault = world.auth.email_changes.request(&actor, typed).await.unwrap_err();
            assert_eq!(fault.fields()[0].code, code);
        }
        let program = Actor { kind: ActorKind::ApiKey { key: actor.subject.get() }, ..actor.clone() };
        assert!(matches!(world.auth.email_changes.request(&program, NEW).await, Err(AuthError::PersonNeeded)));
    }
}
