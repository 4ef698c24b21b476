use std::time::Duration;

use auth::AuthError;
use core_kernel::{PageRequest, Secret};

use crate::world::{PASSWORD, fresh};

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_refresh_token_gives_the_next_one_and_ends_the_session_when_it_is_used_again(world) {
        let (_, first) = world.register("ada@example.com").await;
        let second = world.auth.sessions.refresh(&first.refresh_token.as_str().into()).await.unwrap();
        let third = world.auth.sessions.refresh(&second.refresh_token.as_str().into()).await.unwrap();
        let stolen = world.auth.sessions.refresh(&first.refresh_token.as_str().into()).await;
        assert!(matches!(stolen, Err(AuthError::SessionEnded)));
        assert!(world.auth.sessions.refresh(&third.refresh_token.as_str().into()).await.is_err(), "the owner is signed out too");
        assert!(world.auth.sessions.identify(&third.access_token, false).await.is_err());
    }

    async fn a_lost_answer_is_given_again_for_ten_seconds_while_its_successor_is_unused(world) {
        let (_, first) = world.register("ada@example.com").await;
        let token = Secret::new(first.refresh_token.clone());
        let second = world.auth.sessions.refresh(&token).await.unwrap();
        world.test.clock.advance(Duration::from_secs(10));
        let again = world.auth.sessions.refresh(&token).await.unwrap();
        assert_eq!(again.refresh_token, second.refresh_token);
        world.test.clock.advance(Duration::from_millis(1));
        assert!(matches!(world.auth.sessions.refresh(&token).await, Err(AuthError::SessionEnded)));
    }

    async fn of_many_refreshes_with_one_token_all_get_the_same_successor(world) {
        let (_, first) = world.register("ada@example.com").await;
        let token = Secret::new(first.refresh_token);
        let all = (0..8).map(|_| world.auth.sessions.refresh(&token));
        let tokens: Vec<String> =
            futures_util::future::join_all(all).await.into_iter().map(|outcome| outcome.unwrap().refresh_token).collect();
        assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]), "one generation, one successor");
    }

    async fn a_session_ends_when_it_is_not_used_and_in_any_case_after_its_absolute_life(world) {
        let (_, mut tokens) = world.register("ada@example.com").await;
        for _ in 0..8 {
            world.test.clock.advance(Duration::from_hours(24 * 11));
            tokens = world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.unwrap();
        }
        world.test.clock.advance(Duration::from_hours(24 * 3));
        assert!(world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.is_err(), "91 days");
        let tokens = world.login("ada@example.com", PASSWORD).await;
        world.test.clock.advance(Duration::from_hours(24 * 14));
        assert!(world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.is_err(), "14 days idle");
    }

    async fn a_logout_is_refused_here_at_once_and_elsewhere_within_a_second(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let replica = world.replica().await;
        replica.sessions.identify(&tokens.access_token, false).await.unwrap();
        let actor = world.actor(&tokens).await;
        world.auth.sessions.logout(&actor).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&tokens.access_token, false).await, Err(AuthError::SessionEnded)));
        assert!(matches!(replica.sessions.identify(&tokens.access_token, true).await, Err(AuthError::SessionEnded)), "dangerous operations");
        world.test.clock.advance(Duration::from_secs(1));
        assert!(matches!(replica.sessions.identify(&tokens.access_token, false).await, Err(AuthError::SessionEnded)));
    }

    async fn a_warm_look_at_a_token_asks_the_database_nothing(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        let before = world.test.db.statements();
        world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!(world.test.db.statements(), before);
        world.test.clock.advance(Duration::from_secs(1));
        world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!(world.test.db.statements(), before + 1, "one statement a second");
    }

    async fn an_access_token_ends_after_ten_minutes_and_can_not_be_changed(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let (head, rest) = tokens.access_token.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        for forged in [format!("{head}.{claims}."), format!("{head}.{claims}x.{signature}"), format!("eyJhbGciOiJub25lIn0.{claims}."), "x".repeat(5000), String::new()] {
            assert!(matches!(world.auth.sessions.identify(&forged, false).await, Err(AuthError::InvalidToken(_))), "{forged}");
        }
        world.test.clock.advance(Duration::from_secs(629));
        world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        world.test.clock.advance(Duration::from_secs(1));
        assert!(matches!(world.auth.sessions.identify(&tokens.access_token, false).await, Err(AuthError::InvalidToken("expired"))));
    }

    async fn a_token_of_another_issuer_is_refused_though_the_keys_are_the_same(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let other = auth::Auth::new(crate::world::deps(world.test.db.clone(), crate::world::quick(), "https://other.example")).unwrap();
        other.start().await.unwrap();
        assert!(matches!(other.sessions.identify(&tokens.access_token, false).await, Err(AuthError::InvalidToken(_))));
    }

    async fn devices_are_listed_and_ended_one_by_one_or_all(world) {
        let (_, first) = world.register("ada@example.com").await;
        let second = world.login("ada@example.com", PASSWORD).await;
        let (_, stranger) = world.register("eve@example.com").await;
        let actor = world.actor(&first).await;
        let listed = world.auth.sessions.list(&actor, &PageRequest::default()).await.unwrap().items;
        assert_eq!(listed.len(), 2);
        assert!(world.auth.sessions.revoke(&actor, stranger.session).await.is_err(), "somebody else's session is not there");
        world.auth.sessions.revoke(&actor, second.session).await.unwrap();
        assert_eq!(world.auth.sessions.list(&actor, &PageRequest::default()).await.unwrap().items.len(), 1);
        world.auth.sessions.logout_all(&actor).await.unwrap();
        assert!(world.auth.sessions.identify(&first.access_token, false).await.is_err());
        world.auth.sessions.identify(&stranger.access_token, false).await.unwrap();
    }

    async fn the_published_keys_are_public(world) {
        let jwks: serde_json::Value = serde_json::from_str(&world.auth.sessions.jwks()).unwrap();
        assert_eq!(jwks["keys"][0]["crv"], "Ed25519");
        assert!(jwks["keys"][0].get("d").is_none());
    }
}
