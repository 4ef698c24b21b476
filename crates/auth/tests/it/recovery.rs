use std::time::Duration;

use auth::{AuthError, Device, NewApiKey};

use crate::world::{PASSWORD, fresh};

const NEW: &str = "another sentence, just for me";

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_link_in_the_mail_verifies_the_address_once(world) {
        let (account, _) = world.register("ada@example.com").await;
        let code = world.mailed_code().await;
        world.auth.recovery.verify_email(&code.as_str().into()).await.unwrap();
        let verified = world.auth.accounts.find(account.id).await.unwrap().unwrap();
        assert!(verified.email_verified_at.is_some() && verified.version > account.version);
        let again = world.auth.recovery.verify_email(&code.as_str().into()).await;
        assert!(matches!(again, Err(AuthError::InvalidCode)));
    }

    async fn another_link_ends_the_one_before_and_an_unknown_address_gets_none(world) {
        world.register("ada@example.com").await;
        let first = world.mailed_code().await;
        world.auth.recovery.resend_verification("ADA@example.com").await.unwrap();
        world.auth.recovery.resend_verification("eve@example.com").await.unwrap();
        world.auth.recovery.resend_verification("nonsense").await.unwrap();
        let second = world.mailed_code().await;
        assert_eq!(world.mails().await, 2);
        assert!(world.auth.recovery.verify_email(&first.as_str().into()).await.is_err());
        world.auth.recovery.verify_email(&second.as_str().into()).await.unwrap();
        world.auth.recovery.resend_verification("ada@example.com").await.unwrap();
        assert_eq!(world.mails().await, 2, "a verified address needs no link");
    }

    async fn a_link_of_one_purpose_does_not_work_for_another(world) {
        world.register("ada@example.com").await;
        let verify = world.mailed_code().await;
        assert!(matches!(world.auth.recovery.reset_password(&verify.as_str().into(), &NEW.into()).await, Err(AuthError::InvalidCode)));
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let reset = world.mailed_code().await;
        assert!(matches!(world.auth.recovery.verify_email(&reset.as_str().into()).await, Err(AuthError::InvalidCode)));
    }

    async fn a_reset_sets_the_password_and_ends_every_session(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = world.mailed_code().await;
        world.auth.recovery.reset_password(&code.as_str().into(), &NEW.into()).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&tokens.access_token, false).await, Err(AuthError::SessionEnded)));
        assert!(world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await.is_err());
        world.login("ada@example.com", NEW).await;
    }

    async fn a_reset_that_proves_the_address_for_the_first_time_takes_back_the_keys_of_whoever_registered_it(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let key = || NewApiKey { name: "waits".into(), scopes: vec!["auth:self".into()], expires_at: None };
        let (_, waiting) = world.auth.api_keys.create(&world.actor(&tokens).await, key()).await.unwrap();
        assert!(world.auth.api_keys.identify(waiting.expose(), false).await.is_ok());
        let reset = async |password: &str| {
            world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
            let code = world.mailed_code().await;
            world.auth.recovery.reset_password(&code.as_str().into(), &password.into()).await.unwrap();
        };
        reset(NEW).await;
        assert!(world.auth.api_keys.identify(waiting.expose(), false).await.is_err());
        // What its owner makes from then on is theirs, and the next reset leaves it.
        let tokens = world.login("ada@example.com", NEW).await;
        let (_, kept) = world.auth.api_keys.create(&world.actor(&tokens).await, key()).await.unwrap();
        reset("yet another sentence, for me alone").await;
        assert!(world.auth.api_keys.identify(kept.expose(), false).await.is_ok());
    }

    async fn a_weak_new_password_does_not_use_the_link_up(world) {
        world.register("ada@example.com").await;
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = world.mailed_code().await;
        assert!(matches!(world.auth.recovery.reset_password(&code.as_str().into(), &"short".into()).await, Err(AuthError::Invalid(_))));
        world.auth.recovery.reset_password(&code.as_str().into(), &NEW.into()).await.unwrap();
    }

    async fn a_reset_link_ends_after_half_an_hour_and_with_the_next_password(world) {
        world.register("ada@example.com").await;
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let late = world.mailed_code().await;
        world.test.clock.advance(Duration::from_mins(30));
        assert!(world.auth.recovery.reset_password(&late.as_str().into(), &NEW.into()).await.is_err());
    }

    async fn of_many_resets_with_one_link_one_wins(world) {
        world.register("ada@example.com").await;
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = world.mailed_code().await;
        let (code, new) = (core_kernel::Secret::new(code), core_kernel::Secret::new(NEW));
        let all = (0..8).map(|_| world.auth.recovery.reset_password(&code, &new));
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    }
}
