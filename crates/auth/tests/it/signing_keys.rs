use std::time::Duration;

use auth::{AuthError, Device, KeyState, Rotation};

use crate::world::{PASSWORD, World, fresh};

const HOUR: Duration = Duration::from_hours(1);

async fn states(world: &World) -> Vec<KeyState> {
    world.auth.signing_keys.list().await.unwrap().into_iter().map(|key| key.state).collect()
}

fn published(auth: &auth::Auth) -> Vec<String> {
    let jwks: serde_json::Value = serde_json::from_str(&auth.sessions.jwks()).unwrap();
    jwks.get("keys").unwrap().as_array().unwrap().iter().map(|key| key.get("kid").unwrap().as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    use base64::Engine as _;
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&head).unwrap().get("kid").unwrap().as_str().unwrap().to_owned()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_key_is_published_a_day_before_it_signs_and_verifies_for_two_lives_of_a_token_afterwards(world) {
        let keys = &world.auth.signing_keys;
        world.register("ada@example.com").await;
        keys.advance().await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Active], "nothing is due");
        world.test.clock.advance(HOUR * 24 * 29);
        keys.advance().await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Active, KeyState::Next]);
        assert_eq!(published(&world.auth).len(), 2);
        let before = world.login("ada@example.com", PASSWORD).await;
        assert_eq!(kid(&before.access_token), published(&world.auth)[0], "the next one does not sign yet");
        world.test.clock.advance(Duration::from_millis(24 * 3_600_000 - 1));
        keys.advance().await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Active, KeyState::Next]);
        let before = world.login("ada@example.com", PASSWORD).await;
        world.test.clock.advance(Duration::from_millis(1));
        keys.advance().await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Retiring, KeyState::Active]);
        let after = world.login("ada@example.com", PASSWORD).await;
        assert_eq!(kid(&after.access_token), published(&world.auth)[1]);
        for tokens in [&before, &after] {
            world.auth.sessions.identify(&tokens.access_token, true).await.unwrap();
        }
        world.test.clock.advance(Duration::from_mins(20));
        keys.advance().await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Active]);
        assert_eq!(published(&world.auth).len(), 1);
    }

    async fn replicas_whose_clocks_differ_by_half_a_minute_take_each_others_tokens(world) {
        let half = Duration::from_secs(30);
        world.test.clock.advance(half);
        let (account, tokens) = world.register("ada@example.com").await;
        let (behind, clock) = world.replica_with_its_own_clock().await;
        let seen = behind.sessions.identify(&tokens.access_token, true).await.unwrap();
        assert_eq!(seen.user, account.id, "a token of half a minute from now");
        let login = behind.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await.unwrap();
        let tokens = login.tokens().unwrap();
        world.auth.sessions.identify(&tokens.access_token, true).await.unwrap();
        let again = world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.unwrap();
        behind.sessions.identify(&again.access_token, true).await.unwrap();
        // A whole minute is a fault of the operator's clocks, and is refused rather than guessed at.
        world.test.clock.advance(half);
        let ahead = world.login("ada@example.com", PASSWORD).await;
        assert!(matches!(behind.sessions.identify(&ahead.access_token, true).await, Err(AuthError::InvalidToken("not valid yet"))));
        clock.advance(half);
        behind.sessions.identify(&ahead.access_token, true).await.unwrap();
    }

    async fn another_replica_takes_a_new_key_up_by_itself(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let replica = world.replica().await;
        replica.sessions.identify(&tokens.access_token, false).await.unwrap();
        world.auth.signing_keys.rotate(Rotation::Now).await.unwrap();
        world.test.clock.advance(Duration::from_secs(5));
        let fresh = world.login("ada@example.com", PASSWORD).await;
        replica.sessions.identify(&fresh.access_token, false).await.unwrap();
        assert_eq!(published(&replica), published(&world.auth));
        // One that sees no unknown key signs with the new one within a minute.
        let quiet = world.replica().await;
        world.auth.signing_keys.rotate(Rotation::Now).await.unwrap();
        world.test.clock.advance(Duration::from_mins(1));
        let tokens = quiet.sessions.refresh(&fresh.refresh_token.as_str().into()).await.unwrap();
        assert_eq!(kid(&tokens.access_token), *published(&world.auth).last().unwrap());
    }

    async fn tokens_of_unknown_keys_do_not_make_the_keys_be_read_all_the_time(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let (_, rest) = tokens.access_token.split_once('.').unwrap();
        use base64::Engine as _;
        let forged = |kid: u32| {
            let head = serde_json::json!({"typ": "at+jwt", "alg": "EdDSA", "kid": kid.to_string()}).to_string();
            format!("{}.{rest}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(head))
        };
        world.test.clock.advance(Duration::from_secs(5));
        let cost = world.statements(async {
            for kid in 0..20 {
                let refused = world.auth.sessions.identify(&forged(kid), false).await;
                assert!(matches!(refused, Err(AuthError::InvalidToken("unknown key"))));
            }
        });
        assert_eq!(cost.await, 1);
    }

    async fn a_stolen_key_is_ended_with_every_token_that_it_signed(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        world.auth.signing_keys.rotate(Rotation::Announced).await.unwrap();
        world.auth.signing_keys.rotate(Rotation::Announced).await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Active, KeyState::Next], "a key that waits is enough");
        world.auth.signing_keys.rotate(Rotation::Revoking).await.unwrap();
        assert_eq!(states(&world).await, [KeyState::Active]);
        let replica = world.replica().await;
        assert!(replica.sessions.identify(&tokens.access_token, false).await.is_err());
        assert!(world.auth.sessions.identify(&tokens.access_token, false).await.is_err(), "what was verified before is verified again");
        world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.unwrap();
    }

    async fn many_rotations_at_once_leave_one_key_that_signs(world) {
        let keys = &world.auth.signing_keys;
        world.test.clock.advance(HOUR * 24 * 29);
        futures_util::future::join_all((0..50).map(|_| keys.advance())).await.into_iter().for_each(Result::unwrap);
        assert_eq!(states(&world).await, [KeyState::Active, KeyState::Next]);
        futures_util::future::join_all((0..10).map(|_| keys.rotate(Rotation::Now))).await.into_iter().for_each(Result::unwrap);
        assert_eq!(states(&world).await.iter().filter(|state| **state == KeyState::Active).count(), 1);
    }
}
