use auth::{Account, AccountDraft, AuditScope, AuthError, Device, NewApiKey, Tokens};
use core_kernel::{Actor, DomainError, ErrorKind, PageRequest, Secret};

use crate::world::{PASSWORD, World, fresh};

async fn admin(world: &World) -> (Account, Actor) {
    let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
    let (account, tokens) = world.auth.accounts.claim(&code, World::registration("root@example.com")).await.unwrap();
    (account, world.actor(&tokens).await)
}

fn draft(email: &str) -> AccountDraft {
    AccountDraft { email: email.to_owned(), display_name: Some("Grace".to_owned()) }
}

/// Somebody who manages accounts and has no other platform right.
async fn manager(world: &World, root: &Actor) -> (Account, Actor) {
    let (account, tokens) = world.register("manager@example.com").await;
    world.auth.roles.create(root, "manager", &["auth:users_manage".to_owned()]).await.unwrap();
    world.auth.roles.assign(root, account.id, &["manager".to_owned()]).await.unwrap();
    let actor = world.actor(&tokens).await;
    (account, actor)
}

async fn refused(world: &World, tokens: &Tokens) -> bool {
    let by_access = world.auth.sessions.identify(&tokens.access_token, false).await.is_err();
    by_access && world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.is_err()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn somebody_for_whom_an_account_was_made_chooses_a_password_by_the_mailed_link(world) {
        let (_, root) = admin(&world).await;
        let account = world.auth.administration.create(&root, draft("grace@example.com")).await.unwrap();
        assert!(account.email_verified_at.is_none());
        let login = world.auth.sessions.login("grace@example.com", &"".into(), Device::default()).await;
        assert!(matches!(login, Err(AuthError::InvalidCredentials)));
        let code = Secret::from(world.mailed_code().await.as_str());
        world.auth.recovery.reset_password(&code, &PASSWORD.into()).await.unwrap();
        world.login("grace@example.com", PASSWORD).await;
        assert!(world.auth.accounts.find(account.id).await.unwrap().unwrap().email_verified_at.is_some());
        let again = world.auth.administration.create(&root, draft("GRACE@example.com")).await;
        assert!(matches!(again, Err(AuthError::EmailTaken)));
        assert_eq!(world.events("user.created").await.len(), 2);
    }

    async fn a_suspension_ends_sessions_and_keys_at_once_and_lets_nobody_in_until_it_is_taken_back(world) {
        let (_, root) = admin(&world).await;
        let (ada, tokens) = world.register("ada@example.com").await;
        let key = NewApiKey { name: "ci".into(), scopes: vec!["auth:self".into()], expires_at: None };
        let (_, key) = world.auth.api_keys.create(&world.actor(&tokens).await, key).await.unwrap();
        assert!(world.auth.api_keys.identify(key.expose(), false).await.is_ok());
        for _ in 0..2 {
            world.auth.administration.suspend(&root, ada.id).await.unwrap();
        }
        assert!(refused(&world, &tokens).await);
        assert!(world.auth.api_keys.identify(key.expose(), false).await.is_err());
        let login = world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await;
        assert!(matches!(login, Err(AuthError::Suspended)));
        for _ in 0..2 {
            world.auth.administration.reactivate(&root, ada.id).await.unwrap();
        }
        assert!(refused(&world, &tokens).await, "the sessions of before stay ended");
        assert!(world.auth.api_keys.identify(key.expose(), false).await.is_ok());
        world.login("ada@example.com", PASSWORD).await;
        assert_eq!(world.events("user.updated").await.len(), 2);
        let events = world.auth.audit_log.events(&root, AuditScope::All, &PageRequest::default()).await.unwrap().items;
        let of_root = events.iter().filter(|row| row.details["by"] == serde_json::json!(root.subject));
        let actions: Vec<&str> = of_root.map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["auth.account_reactivated", "auth.account_suspended"]);
    }

    async fn nobody_reaches_an_account_with_rights_beyond_their_own(world) {
        let (boss, root) = admin(&world).await;
        let (_, manager) = manager(&world, &root).await;
        let desk = &world.auth.administration;
        for outcome in [
            desk.suspend(&manager, boss.id).await,
            desk.close(&manager, boss.id).await,
            desk.reactivate(&manager, boss.id).await,
        ] {
            assert!(matches!(outcome, Err(AuthError::BeyondOwnRights)));
        }
        let (ada, tokens) = world.register("ada@example.com").await;
        desk.suspend(&manager, ada.id).await.unwrap();
        desk.reactivate(&manager, ada.id).await.unwrap();
        desk.close(&manager, ada.id).await.unwrap();
        assert!(refused(&world, &tokens).await);
        assert_eq!(desk.suspend(&manager, ada.id).await.unwrap_err().code().kind, ErrorKind::NotFound);
        assert_eq!(world.events("user.deleted").await.len(), 1);
    }

    async fn the_last_administrator_is_neither_suspended_nor_closed(world) {
        let (boss, root) = admin(&world).await;
        let desk = &world.auth.administration;
        assert!(matches!(desk.suspend(&root, boss.id).await, Err(AuthError::LastAdministrator)));
        assert!(matches!(desk.close(&root, boss.id).await, Err(AuthError::LastAdministrator)));
    }

    async fn two_administrators_who_suspend_each_other_leave_one(world) {
        let (boss, root) = admin(&world).await;
        let (ada, tokens) = world.register("ada@example.com").await;
        world.auth.roles.assign(&root, ada.id, &["admin".to_owned()]).await.unwrap();
        let second = world.actor(&tokens).await;
        let desk = &world.auth.administration;
        let (one, other) = futures_util::future::join(desk.suspend(&root, ada.id), desk.suspend(&second, boss.id)).await;
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1);
    }

    async fn making_and_suspending_needs_the_right(world) {
        let (ada, tokens) = world.register("ada@example.com").await;
        let actor = world.actor(&tokens).await;
        let desk = &world.auth.administration;
        assert!(matches!(desk.create(&actor, draft("a@example.com")).await, Err(AuthError::Denied(_))));
        for outcome in [desk.suspend(&actor, ada.id).await, desk.reactivate(&actor, ada.id).await, desk.close(&actor, ada.id).await] {
            assert!(matches!(outcome, Err(AuthError::Denied(_))));
        }
    }
}
