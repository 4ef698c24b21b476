use std::time::Duration;

use auth::{Account, AuthError, Challenge, Proof, SecondProof, SignIn, Tokens};
use core_feature::Feature;
use core_kernel::{Actor, ActorKind, Secret};

use crate::world::{PASSWORD, World, fresh};

/// The app on somebody's phone: another library than ours.
pub(crate) struct App(totp_rs::Totp);

impl App {
    pub(crate) fn scan(secret: &Secret) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret.expose()).unwrap();
        Self(totp_rs::Builder::new().with_secret(secret).build_noncompliant())
    }

    pub(crate) fn shows(&self, world: &World) -> Secret {
        let now = u64::try_from(world.test.db.ambient().now().seconds()).unwrap();
        Secret::new(self.0.generate(now).to_string())
    }

    fn proof(&self, world: &World) -> SecondProof {
        SecondProof::Totp(self.shows(world))
    }
}

async fn ada(world: &World) -> (Account, Tokens, Actor) {
    let (account, tokens) = world.register("ada@example.com").await;
    let actor = world.actor(&tokens).await;
    (account, tokens, actor)
}

/// Somebody with an app in use, whose next code is a fresh one.
async fn enrolled(world: &World) -> (Actor, App, Vec<Secret>) {
    let (_, _, actor) = ada(world).await;
    let enrollment = world.auth.second_factor.enroll(&actor).await.unwrap();
    let app = App::scan(&enrollment.secret);
    let codes = world.auth.second_factor.confirm(&actor, &app.shows(world)).await.unwrap();
    world.test.clock.advance(Duration::from_secs(30));
    (actor, app, codes)
}

async fn challenge(world: &World) -> Challenge {
    match world.auth.sessions.login("ada@example.com", &PASSWORD.into(), auth::Device::default()).await.unwrap() {
        SignIn::SecondFactor(challenge) => challenge,
        SignIn::Done(_) => panic!("no second factor was asked for"),
    }
}

fn wrong() -> SecondProof {
    SecondProof::Totp("000000".into())
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn an_app_is_asked_for_once_it_has_shown_a_code(world) {
        let (_, _, actor) = ada(&world).await;
        let factor = &world.auth.second_factor;
        let first = factor.enroll(&actor).await.unwrap();
        let enrollment = factor.enroll(&actor).await.unwrap();
        assert!(enrollment.url.expose().contains(enrollment.secret.expose()) && enrollment.qr_svg.expose().contains("<svg"));
        world.login("ada@example.com", PASSWORD).await;
        assert!(matches!(factor.confirm(&actor, &App::scan(&first.secret).shows(&world)).await, Err(AuthError::Invalid(_))), "replaced");
        let codes = factor.confirm(&actor, &App::scan(&enrollment.secret).shows(&world)).await.unwrap();
        assert_eq!((codes.len(), codes[0].expose().len()), (10, 19));
        assert_eq!(challenge(&world).await.methods, ["totp", "recovery_code"]);
        assert!(matches!(factor.enroll(&actor).await, Err(AuthError::TotpInUse)));
        world.mails().await;
        assert_eq!(world.mailer.sent().pop().unwrap().content.subject, "The second factor of your account was changed");
    }

    async fn the_second_factor_ends_the_sign_in_and_is_told_in_the_token(world) {
        let (_, app, _) = enrolled(&world).await;
        let challenge = challenge(&world).await;
        let tokens = world.auth.second_factor.verify(&challenge.token, &app.proof(&world)).await.unwrap();
        let identity = world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!(identity.amr, ["pwd", "otp", "mfa"]);
        world.test.clock.advance(Duration::from_secs(30));
        let again = world.auth.second_factor.verify(&challenge.token, &app.proof(&world)).await;
        assert!(matches!(again, Err(AuthError::InvalidMfaToken)), "a token works once");
    }

    async fn a_code_of_the_app_works_once_whatever_it_is_for(world) {
        let (actor, app, _) = enrolled(&world).await;
        let code = app.shows(&world);
        world.auth.credentials.reauthenticate(&actor, &Proof::Totp(code.clone())).await.unwrap();
        let challenge = challenge(&world).await;
        let again = world.auth.second_factor.verify(&challenge.token, &SecondProof::Totp(code)).await;
        assert!(matches!(again, Err(AuthError::WrongCode)));
        world.test.clock.advance(Duration::from_secs(30));
        world.auth.second_factor.verify(&challenge.token, &app.proof(&world)).await.unwrap();
    }

    async fn a_recovery_code_works_once_however_it_is_typed(world) {
        let (_, _, codes) = enrolled(&world).await;
        let typed = codes[3].expose().to_uppercase().replace('-', " ");
        let first = challenge(&world).await;
        let tokens = world.auth.second_factor.verify(&first.token, &SecondProof::RecoveryCode(typed.into())).await.unwrap();
        assert_eq!(world.auth.sessions.identify(&tokens.access_token, false).await.unwrap().amr, ["pwd", "mfa"]);
        let second = challenge(&world).await;
        let again = world.auth.second_factor.verify(&second.token, &SecondProof::RecoveryCode(codes[3].clone())).await;
        assert!(matches!(again, Err(AuthError::WrongCode)));
        world.auth.second_factor.verify(&second.token, &SecondProof::RecoveryCode(codes[4].clone())).await.unwrap();
    }

    async fn new_recovery_codes_end_those_of_before(world) {
        let (actor, _, old) = enrolled(&world).await;
        let new = world.auth.second_factor.renew_recovery_codes(&actor).await.unwrap();
        let token = challenge(&world).await.token;
        let refused = world.auth.second_factor.verify(&token, &SecondProof::RecoveryCode(old[0].clone())).await;
        assert!(matches!(refused, Err(AuthError::WrongCode)));
        world.auth.second_factor.verify(&token, &SecondProof::RecoveryCode(new[0].clone())).await.unwrap();
    }

    async fn of_many_sign_ins_with_one_code_one_wins(world) {
        let (_, app, codes) = enrolled(&world).await;
        for proof in [app.proof(&world), SecondProof::RecoveryCode(codes[0].clone())] {
            // Four are under the number after which one has to wait.
            let mut tokens = Vec::new();
            for _ in 0..4 {
                tokens.push(challenge(&world).await.token);
            }
            let all = tokens.iter().map(|token| world.auth.second_factor.verify(token, &proof));
            let outcomes = futures_util::future::join_all(all).await;
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(AuthError::WrongCode))), "{outcomes:?}");
            world.test.clock.advance(Duration::from_hours(1));
        }
    }

    async fn of_many_uses_of_one_token_one_wins(world) {
        let (_, app, _) = enrolled(&world).await;
        let (token, proof) = (challenge(&world).await.token, app.proof(&world));
        let all = (0..8).map(|_| world.auth.second_factor.verify(&token, &proof));
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    }

    async fn a_token_ends_after_five_minutes_and_with_the_password_it_was_made_with(world) {
        let (actor, app, _) = enrolled(&world).await;
        let late = challenge(&world).await;
        assert_eq!(late.expires_in, 300);
        world.test.clock.advance(Duration::from_mins(5));
        assert!(matches!(world.auth.second_factor.verify(&late.token, &app.proof(&world)).await, Err(AuthError::InvalidMfaToken)));
        let old = challenge(&world).await;
        world.auth.credentials.change_password(&actor, &PASSWORD.into(), &"another sentence, just for me".into()).await.unwrap();
        assert!(matches!(world.auth.second_factor.verify(&old.token, &app.proof(&world)).await, Err(AuthError::InvalidMfaToken)));
        assert!(matches!(world.auth.second_factor.verify(&"made up".into(), &app.proof(&world)).await, Err(AuthError::InvalidMfaToken)));
    }

    async fn after_five_wrong_codes_one_has_to_wait_longer_each_time(world) {
        let (_, app, codes) = enrolled(&world).await;
        let first = challenge(&world).await.token;
        for _ in 0..5 {
            assert!(matches!(world.auth.second_factor.verify(&first, &wrong()).await, Err(AuthError::WrongCode)));
        }
        assert!(matches!(world.auth.second_factor.verify(&first, &app.proof(&world)).await, Err(AuthError::InvalidMfaToken)), "tried too often");
        let second = challenge(&world).await.token;
        for wait in [30, 60, 120] {
            let proof = SecondProof::RecoveryCode(codes[0].clone());
            let blocked = world.auth.second_factor.verify(&second, &proof).await;
            assert!(matches!(blocked, Err(AuthError::TooManyTries(left)) if left == Duration::from_secs(wait)), "{blocked:?}");
            world.test.clock.advance(Duration::from_secs(wait));
            if wait < 120 {
                assert!(matches!(world.auth.second_factor.verify(&second, &wrong()).await, Err(AuthError::WrongCode)));
            }
        }
        world.auth.second_factor.verify(&second, &app.proof(&world)).await.unwrap();
        let third = challenge(&world).await.token;
        assert!(matches!(world.auth.second_factor.verify(&third, &wrong()).await, Err(AuthError::WrongCode)), "forgotten");
    }

    async fn of_many_guesses_at_once_no_more_than_five_are_looked_at(world) {
        enrolled(&world).await;
        let mut tokens = Vec::new();
        for _ in 0..12 {
            tokens.push(challenge(&world).await.token);
        }
        let guess = wrong();
        let all = tokens.iter().map(|token| world.auth.second_factor.verify(token, &guess));
        let outcomes = futures_util::future::join_all(all).await;
        let looked_at = outcomes.iter().filter(|outcome| matches!(outcome, Err(AuthError::WrongCode))).count();
        assert_eq!(looked_at, 5, "{outcomes:?}");
    }

    async fn a_password_reset_does_not_get_around_the_app(world) {
        let (_, app, _) = enrolled(&world).await;
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = world.mailed_code().await;
        world.auth.recovery.reset_password(&code.as_str().into(), &PASSWORD.into()).await.unwrap();
        let token = challenge(&world).await.token;
        world.auth.second_factor.verify(&token, &app.proof(&world)).await.unwrap();
    }

    async fn a_removed_app_is_not_asked_for_and_leaves_nothing(world) {
        let (actor, _, codes) = enrolled(&world).await;
        let token = challenge(&world).await.token;
        world.auth.second_factor.remove(&actor).await.unwrap();
        let refused = world.auth.second_factor.verify(&token, &SecondProof::RecoveryCode(codes[0].clone())).await;
        assert!(matches!(refused, Err(AuthError::WrongCode)));
        world.login("ada@example.com", PASSWORD).await;
        assert!(matches!(world.auth.second_factor.renew_recovery_codes(&actor).await, Err(AuthError::NoSecondFactor)));
        world.auth.second_factor.enroll(&actor).await.unwrap();
        world.auth.erase(actor.owner).await.unwrap();
    }

    async fn programs_can_not_touch_second_factors(world) {
        let (_, _, person) = ada(&world).await;
        let program = Actor { kind: ActorKind::ApiKey { key: person.subject.get() }, session: None, ..person };
        assert!(matches!(world.auth.second_factor.enroll(&program).await, Err(AuthError::PersonNeeded)));
        assert!(matches!(world.auth.second_factor.remove(&program).await, Err(AuthError::PersonNeeded)));
        assert!(matches!(world.auth.second_factor.renew_recovery_codes(&program).await, Err(AuthError::PersonNeeded)));
    }
}
