//! Random uses of sessions against a model of their rules: which refresh tokens give what, and which sessions are alive.

use std::time::Duration;

use auth::{AuthError, SessionId, Tokens};
use core_kernel::{Clock, DomainError, PageRequest};
use core_testing::Engine;
use proptest::prelude::*;

use crate::world::{PASSWORD, World, fresh};

const GRACE: i64 = 10_000;
const IDLE: i64 = 14 * 24 * 3_600_000;
const ABSOLUTE: i64 = 90 * 24 * 3_600_000;

#[derive(Clone, Debug)]
enum Move {
    Login,
    /// With the token that is `back` before the newest.
    Refresh {
        session: usize,
        back: usize,
    },
    Logout {
        session: usize,
    },
    LogoutAll {
        session: usize,
    },
    Revoke {
        by: usize,
        session: usize,
    },
    Wait(i64),
}

fn moves() -> impl Strategy<Value = Move> {
    let one = || 0_usize..3;
    let waits = prop_oneof![4 => Just(1_000), 1 => Just(GRACE), 1 => Just(GRACE + 1), 1 => Just(IDLE / 2), 1 => Just(IDLE), 1 => Just(ABSOLUTE / 5)];
    prop_oneof![
        2 => Just(Move::Login),
        8 => (one(), 0_usize..4).prop_map(|(session, back)| Move::Refresh { session, back }),
        1 => one().prop_map(|session| Move::Logout { session }),
        1 => one().prop_map(|session| Move::LogoutAll { session }),
        2 => (one(), one()).prop_map(|(by, session)| Move::Revoke { by, session }),
        4 => waits.prop_map(Move::Wait),
    ]
}

struct Known {
    id: SessionId,
    /// All that were given, oldest first.
    tokens: Vec<Tokens>,
    rotated_at: i64,
    idle_until: i64,
    ends_at: i64,
    ended: bool,
}

impl Known {
    fn new(tokens: Tokens, now: i64) -> Self {
        let (idle_until, ends_at) = (now + IDLE, now + ABSOLUTE);
        Self { id: tokens.session, tokens: vec![tokens], rotated_at: now, idle_until, ends_at, ended: false }
    }

    fn alive(&self, now: i64) -> bool {
        !self.ended && now < self.idle_until && now < self.ends_at
    }

    /// What a refresh with the token before the newest by `back` is to answer.
    fn refreshed(&mut self, back: usize, now: i64) -> &'static str {
        if !self.alive(now) {
            return "auth.invalid_refresh_token";
        }
        match back {
            0 => {
                self.rotated_at = now;
                self.idle_until = (now + IDLE).min(self.ends_at);
                "next"
            }
            1 if now - self.rotated_at <= GRACE => "again",
            _ => {
                self.ended = true;
                "auth.session_ended"
            }
        }
    }
}

async fn refresh(world: &World, known: &mut Known, back: usize, now: i64) -> Result<(), TestCaseError> {
    let back = back.min(known.tokens.len() - 1);
    let token = known.tokens[known.tokens.len() - 1 - back].refresh_token.clone();
    let expected = known.refreshed(back, now);
    match world.auth.sessions.refresh(&token.into()).await {
        Ok(next) if expected == "next" => known.tokens.push(next),
        Ok(again) => {
            prop_assert_eq!(expected, "again");
            let newest = known.tokens.last().map(|newest| newest.refresh_token.clone());
            prop_assert_eq!(Some(again.refresh_token), newest, "the same successor again");
        }
        Err(refused) => prop_assert_eq!(refused.code().code, expected),
    }
    Ok(())
}

async fn follows_the_model(script: Vec<Move>) -> Result<(), TestCaseError> {
    let world = fresh(&Engine::Sqlite).await;
    let now = || world.test.clock.now().millis();
    let (account, tokens) = world.register("ada@example.com").await;
    let mut known = vec![Known::new(tokens.clone(), now())];
    let first = world.actor(&tokens).await;
    for one in script {
        let pick = |number: usize| number % known.len();
        let acting = |number: usize| {
            let session = core_kernel::SessionRef { id: known[pick(number)].id.get(), auth_time: world.test.db.ambient().now() };
            core_kernel::Actor { session: Some(session), ..first.clone() }
        };
        match one {
            Move::Login if known.len() < 3 => {
                let tokens = world.login("ada@example.com", PASSWORD).await;
                known.push(Known::new(tokens, now()));
            }
            Move::Login => {}
            Move::Refresh { session, back } => {
                let (at, number) = (now(), pick(session));
                refresh(&world, &mut known[number], back, at).await?;
            }
            Move::Logout { session } => {
                world.auth.sessions.logout(&acting(session)).await.unwrap();
                let number = pick(session);
                known[number].ended = true;
            }
            Move::LogoutAll { session } => {
                world.auth.sessions.logout_all(&acting(session)).await.unwrap();
                for known in &mut known {
                    known.ended = true;
                }
            }
            Move::Revoke { by, session } => {
                let number = pick(session);
                let outcome = world.auth.sessions.revoke(&acting(by), known[number].id).await;
                let refused = matches!(outcome, Err(AuthError::Db(core_db::DbError::NotFound)));
                prop_assert_eq!(refused, known[number].ended, "{:?}", outcome);
                known[number].ended = true;
            }
            Move::Wait(millis) => world.test.clock.advance(Duration::from_millis(millis.unsigned_abs())),
        }
        let at = now();
        let page = world.auth.sessions.list(&first, &PageRequest { limit: 100, ..PageRequest::default() }).await.unwrap();
        let mut listed: Vec<_> = page.items.iter().map(|session| session.id).collect();
        let mut alive: Vec<_> = known.iter().filter(|known| known.alive(at)).map(|known| known.id).collect();
        listed.sort();
        alive.sort();
        prop_assert_eq!(listed, alive);
        for known in &known {
            let fresh = &known.tokens.last().unwrap().access_token;
            let seen = world.auth.sessions.identify(fresh, true).await;
            prop_assert!(seen.is_err() || (known.alive(at) && seen.unwrap().user == account.id));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_uses_keeps_a_session_alive_that_has_ended_or_gives_two_successors(
        script in proptest::collection::vec(moves(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follows_the_model(script))?;
    }
}
