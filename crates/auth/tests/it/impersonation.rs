use std::time::Duration;

use auth::{AuthError, Proof, Tokens};
use core_kernel::{Actor, ActorKind, DomainError, PageRequest};

use crate::world::{PASSWORD, World, fresh};

async fn administrator(world: &World) -> (auth::Account, Tokens) {
    let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
    world.auth.accounts.claim(&code, World::registration("root@example.com")).await.unwrap()
}

/// Acts as Ada: gives the token and the caller behind it.
async fn in_place(world: &World, root: &Actor, user: core_kernel::UserId) -> (String, Actor) {
    let token = world.auth.impersonation.impersonate(root, user, "a ticket").await.unwrap();
    assert_eq!(token.expires_in, 900);
    let identity = world.auth.sessions.identify(&token.access_token, true).await.unwrap();
    assert_eq!((identity.user, identity.impersonator), (user, Some(root.subject)));
    let actor = Actor {
        subject: user,
        owner: user.into(),
        kind: ActorKind::Impersonated { by: root.subject },
        session: Some(core_kernel::SessionRef { id: identity.session.get(), auth_time: identity.auth_time }),
        permissions: crate::world::catalogue().personal(),
        ..root.clone()
    };
    (token.access_token, actor)
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_token_names_both_and_ends_after_a_quarter_of_an_hour(world) {
        let (_, tokens) = administrator(&world).await;
        let root = world.actor(&tokens).await;
        let (ada, _) = world.register("ada@example.com").await;
        let (token, _) = in_place(&world, &root, ada.id).await;
        use base64::Engine as _;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((&claims["sub"], &claims["act"]["sub"]), (&serde_json::json!(ada.id), &serde_json::json!(root.subject)));
        world.test.clock.advance(Duration::from_mins(15));
        assert!(matches!(world.auth.sessions.identify(&token, false).await, Err(AuthError::SessionEnded)));
    }

    async fn both_find_it_in_their_logs_with_the_reason(world) {
        let (_, tokens) = administrator(&world).await;
        let root = world.actor(&tokens).await;
        let (ada, hers) = world.register("ada@example.com").await;
        in_place(&world, &root, ada.id).await;
        for actor in [root.clone(), world.actor(&hers).await] {
            let log = world.auth.audit_log.events(&actor, auth::AuditScope::Own, &PageRequest::default()).await.unwrap();
            let entry = log.items.iter().find(|row| row.action == "auth.impersonated").unwrap();
            assert_eq!((&entry.details["by"], &entry.details["user"], &entry.details["reason"]), (&serde_json::json!(root.subject), &serde_json::json!(ada.id), &"a ticket".into()));
        }
        let unreasoned = world.auth.impersonation.impersonate(&root, ada.id, "  ").await.unwrap_err();
        assert_eq!(unreasoned.fields()[0].pointer, "/reason");
    }

    async fn it_ends_with_the_administrators_session_and_rights(world) {
        let (_, tokens) = administrator(&world).await;
        let root = world.actor(&tokens).await;
        let (ada, _) = world.register("ada@example.com").await;
        let (second, hers) = world.register("second@example.com").await;
        world.auth.roles.assign(&root, second.id, &["admin".to_owned()]).await.unwrap();
        let other = world.actor(&hers).await;
        let (by_root, _) = in_place(&world, &root, ada.id).await;
        let (by_second, _) = in_place(&world, &other, ada.id).await;
        world.auth.sessions.logout(&root).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&by_root, true).await, Err(AuthError::SessionEnded)));
        world.auth.sessions.identify(&by_second, true).await.unwrap();
        let root = world.actor(&world.login("root@example.com", PASSWORD).await).await;
        world.auth.roles.assign(&root, second.id, &[]).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&by_second, true).await, Err(AuthError::SessionEnded)));
    }

    async fn nobody_takes_the_place_of_somebody_with_more_rights_or_without_the_right(world) {
        let (admin, tokens) = administrator(&world).await;
        let root = world.actor(&tokens).await;
        world.auth.roles.create(&root, "support", &["auth:impersonate".to_owned()]).await.unwrap();
        let (support, _) = world.register("support@example.com").await;
        world.auth.roles.assign(&root, support.id, &["support".to_owned()]).await.unwrap();
        let (ada, hers) = world.register("ada@example.com").await;
        let support = world.actor(&world.login("support@example.com", PASSWORD).await).await;
        assert!(matches!(world.auth.impersonation.impersonate(&support, admin.id, "up").await, Err(AuthError::BeyondOwnRights)));
        let ada_herself = world.actor(&hers).await;
        assert!(matches!(world.auth.impersonation.impersonate(&ada_herself, support.subject, "up").await, Err(AuthError::Denied(_))));
        let (_, inside) = in_place(&world, &support, ada.id).await;
        let mut chained = inside.clone();
        chained.permissions = root.permissions.clone();
        assert!(matches!(world.auth.impersonation.impersonate(&chained, ada.id, "on").await, Err(AuthError::PersonNeeded)));
    }

    async fn whoever_is_in_somebodys_place_touches_neither_credentials_nor_sessions(world) {
        let (_, tokens) = administrator(&world).await;
        let root = world.actor(&tokens).await;
        let (ada, hers) = world.register("ada@example.com").await;
        let (_, inside) = in_place(&world, &root, ada.id).await;
        assert_eq!(inside.session.unwrap().auth_time.millis(), 0, "no login is recent");
        let auth = &world.auth;
        let new = "another sentence, just for me".into();
        let key = auth::NewApiKey { name: "k".into(), scopes: vec!["auth:self".into()], expires_at: None };
        let outcomes = [
            auth.credentials.change_password(&inside, &PASSWORD.into(), &new).await.err(),
            auth.credentials.reauthenticate(&inside, &Proof::Password(PASSWORD.into())).await.err(),
            auth.second_factor.enroll(&inside).await.err(),
            auth.email_changes.request(&inside, "eve@example.com").await.err(),
            auth.api_keys.create(&inside, key).await.err(),
            auth.sessions.revoke(&inside, hers.session).await.err(),
            auth.sessions.logout_all(&inside).await.err(),
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Some(AuthError::PersonNeeded)), "{outcome:?}");
        }
        auth.sessions.logout(&inside).await.unwrap();
        auth.sessions.identify(&hers.access_token, true).await.unwrap();
        auth.sessions.identify(&tokens.access_token, true).await.unwrap();
    }
}
