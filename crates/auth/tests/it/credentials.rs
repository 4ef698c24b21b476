use std::time::Duration;

use auth::{AuthError, Device, Proof};
use core_kernel::{ActorKind, DomainError};

use crate::world::{PASSWORD, fresh};

const NEW: &str = "another sentence, just for me";

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_changed_password_ends_the_other_sessions_and_tells_the_address(world) {
        let (_, here) = world.register("ada@example.com").await;
        let elsewhere = world.login("ada@example.com", PASSWORD).await;
        let actor = world.actor(&here).await;
        world.auth.credentials.change_password(&actor, &PASSWORD.into(), &NEW.into()).await.unwrap();
        world.auth.sessions.identify(&here.access_token, true).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&elsewhere.access_token, false).await, Err(AuthError::SessionEnded)));
        assert!(world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await.is_err());
        world.login("ada@example.com", NEW).await;
        world.mails().await;
        assert_eq!(world.mailer.sent().pop().unwrap().content.subject, "Your password was changed");
    }

    async fn a_password_is_not_changed_without_the_current_one(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let actor = world.actor(&tokens).await;
        let wrong = world.auth.credentials.change_password(&actor, &"wrong".into(), &NEW.into()).await.unwrap_err();
        assert_eq!(wrong.fields()[0].pointer, "/current_password");
        let weak = world.auth.credentials.change_password(&actor, &PASSWORD.into(), &"short".into()).await.unwrap_err();
        assert_eq!(weak.fields()[0].pointer, "/new_password");
        world.login("ada@example.com", PASSWORD).await;
    }

    async fn of_many_changes_from_one_password_one_wins(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let actor = world.actor(&tokens).await;
        let (old, new) = (PASSWORD.into(), NEW.into());
        let all = (0..8).map(|_| world.auth.credentials.change_password(&actor, &old, &new));
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    }

    async fn proving_who_one_is_again_makes_the_login_recent(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let actor = world.actor(&tokens).await;
        world.test.clock.advance(Duration::from_mins(9));
        let wrong = world.auth.credentials.reauthenticate(&actor, &Proof::Password("wrong".into())).await;
        assert!(matches!(wrong, Err(AuthError::WrongPassword)));
        let before = world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        let token = world.auth.credentials.reauthenticate(&actor, &Proof::Password(PASSWORD.into())).await.unwrap();
        let after = world.auth.sessions.identify(&token.access_token, false).await.unwrap();
        assert_eq!(after.session, before.session);
        assert_eq!(after.auth_time.since(before.auth_time), Duration::from_mins(9));
    }

    async fn programs_and_administrators_in_somebodys_place_can_do_neither(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let person = world.actor(&tokens).await;
        for kind in [ActorKind::ApiKey { key: person.subject.get() }, ActorKind::Impersonated { by: person.subject }] {
            let actor = core_kernel::Actor { kind, ..person.clone() };
            assert!(matches!(world.auth.credentials.change_password(&actor, &PASSWORD.into(), &NEW.into()).await, Err(AuthError::PersonNeeded)));
            assert!(matches!(world.auth.credentials.reauthenticate(&actor, &Proof::Password(PASSWORD.into())).await, Err(AuthError::PersonNeeded)));
        }
    }

    async fn the_event_says_that_the_address_was_verified(world) {
        let (account, _) = world.register("ada@example.com").await;
        let code = world.mailed_code().await;
        assert_eq!(world.events("user.updated").await.len(), 0);
        world.auth.recovery.verify_email(&code.as_str().into()).await.unwrap();
        let events = world.events("user.updated").await;
        assert_eq!(events.len(), 1);
        assert_eq!((&events[0]["email"], &events[0]["email_verified"]), (&"ada@example.com".into(), &true.into()));
        assert!(events[0]["account_version"].as_i64().unwrap() > account.version);
    }
}
