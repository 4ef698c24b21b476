//! Random sign-ins with a second factor, and random recoveries, against models of their rules.

use std::time::Duration;

use auth::{Device, SecondProof, SignIn};
use core_kernel::{Clock, DomainError, Secret};
use core_testing::Engine;
use proptest::prelude::*;

use crate::second_factors::App;
use crate::world::{PASSWORD, World, fresh};

/// Wrong ones in a row after which one has to wait; the scripts stay below.
const FREE: usize = 4;
const MFA_LIFE: i64 = 5 * 60_000;
const RESET_LIFE: i64 = 30 * 60_000;

#[derive(Clone, Debug)]
enum Step {
    Enroll,
    Confirm { right: bool },
    Login,
    App { token: usize, right: bool },
    RecoveryCode { token: usize, code: usize },
    Renew,
    Remove,
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Step> {
    let token = || 0_usize..4;
    prop_oneof![
        3 => Just(Step::Enroll),
        4 => prop_oneof![4 => Just(true), 1 => Just(false)].prop_map(|right| Step::Confirm { right }),
        5 => Just(Step::Login),
        6 => (token(), prop_oneof![4 => Just(true), 1 => Just(false)]).prop_map(|(token, right)| Step::App { token, right }),
        3 => (token(), 0_usize..14).prop_map(|(token, code)| Step::RecoveryCode { token, code }),
        1 => Just(Step::Renew),
        1 => Just(Step::Remove),
        4 => prop_oneof![Just(1_000), Just(30_000), Just(MFA_LIFE)].prop_map(Step::Wait),
    ]
}

#[derive(Default)]
struct Model {
    /// Scanned, and whether it is in use.
    app: Option<(App, bool)>,
    /// The last step of the app that was accepted.
    last_step: i64,
    /// All that were given, and whether each would be accepted.
    codes: Vec<(Secret, bool)>,
    /// Of sign-ins: the token, until when it is good, and whether it was used.
    tokens: Vec<(Secret, i64, bool)>,
    wrong: usize,
}

impl Model {
    fn in_use(&self) -> bool {
        matches!(self.app, Some((_, true)))
    }

    fn shows(&self, world: &World, right: bool) -> Secret {
        match &self.app {
            Some((app, _)) if right => app.shows(world),
            _ => "000000".into(),
        }
    }

    /// What a proof with this token is to answer.
    fn expected(&mut self, number: usize, right: bool, now: i64) -> &'static str {
        let (_, until, used) = &mut self.tokens[number];
        if *used || now >= *until {
            return "auth.invalid_mfa_token";
        }
        if !right {
            self.wrong += 1;
            return "auth.wrong_code";
        }
        *used = true;
        self.wrong = 0;
        "ok"
    }
}

fn code_of<T>(outcome: &Result<T, auth::AuthError>) -> &'static str {
    outcome.as_ref().map_or_else(|error| error.code().code, |_| "ok")
}

async fn prove(world: &World, model: &mut Model, number: usize, proof: SecondProof, right: bool) -> Result<(), TestCaseError> {
    let token = model.tokens[number].0.clone();
    let expected = model.expected(number, right, world.test.clock.now().millis());
    let outcome = world.auth.second_factor.verify(&token, &proof).await;
    prop_assert_eq!(code_of(&outcome), expected);
    if let Ok(tokens) = outcome {
        let amr = world.auth.sessions.identify(&tokens.access_token, true).await.unwrap().amr.clone();
        prop_assert!(amr.contains(&"mfa".to_owned()), "{:?}", amr);
    }
    Ok(())
}

async fn confirm(
    world: &World,
    ada: &core_kernel::Actor,
    model: &mut Model,
    right: bool,
    period: i64,
) -> Result<(), TestCaseError> {
    let shown = model.shows(world, right);
    let outcome = world.auth.second_factor.confirm(ada, &shown).await;
    let accepted = right && matches!(model.app, Some((_, false)));
    prop_assert_eq!(outcome.is_ok(), accepted, "{:?}", outcome);
    if let (Ok(codes), Some((_, in_use))) = (outcome, &mut model.app) {
        (*in_use, model.last_step) = (true, period);
        model.codes.extend(codes.into_iter().map(|code| (code, true)));
    }
    Ok(())
}

async fn take(world: &World, ada: &core_kernel::Actor, model: &mut Model, step: Step) -> Result<(), TestCaseError> {
    let (factor, now) = (&world.auth.second_factor, world.test.clock.now().millis());
    let period = now / 30_000;
    match step {
        Step::Enroll => {
            let outcome = factor.enroll(ada).await;
            prop_assert_eq!(code_of(&outcome), if model.in_use() { "auth.totp_in_use" } else { "ok" });
            if let Ok(enrollment) = outcome {
                (model.app, model.last_step) = (Some((App::scan(&enrollment.secret), false)), 0);
            }
        }
        Step::Confirm { right } => confirm(world, ada, model, right, period).await?,
        Step::Login => match world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await.unwrap() {
            SignIn::Done(_) => prop_assert!(!model.in_use(), "signed in without the second factor"),
            SignIn::SecondFactor(challenge) => {
                prop_assert!(model.in_use());
                model.tokens.push((challenge.token, now + MFA_LIFE, false));
            }
        },
        Step::App { token, right } if !model.tokens.is_empty() && model.wrong < FREE => {
            let (number, shown) = (token % model.tokens.len(), model.shows(world, right));
            let accepted = right && model.in_use() && period > model.last_step;
            let (_, until, used) = model.tokens[number];
            prove(world, model, number, SecondProof::Totp(shown), accepted).await?;
            if accepted && !used && now < until {
                model.last_step = period;
            }
        }
        Step::RecoveryCode { token, code } if !model.tokens.is_empty() && !model.codes.is_empty() && model.wrong < FREE => {
            let (number, which) = (token % model.tokens.len(), code % model.codes.len());
            let (text, good) = model.codes[which].clone();
            let (_, until, used) = model.tokens[number];
            prove(world, model, number, SecondProof::RecoveryCode(text), good).await?;
            model.codes[which].1 = good && (used || now >= until);
        }
        Step::App { .. } | Step::RecoveryCode { .. } => {}
        Step::Renew => {
            let outcome = factor.renew_recovery_codes(ada).await;
            prop_assert_eq!(code_of(&outcome), if model.in_use() { "ok" } else { "auth.no_second_factor" });
            if let Ok(fresh) = outcome {
                model.codes.iter_mut().for_each(|(_, good)| *good = false);
                model.codes.extend(fresh.into_iter().map(|code| (code, true)));
            }
        }
        Step::Remove => {
            factor.remove(ada).await.unwrap();
            model.app = None;
            model.codes.iter_mut().for_each(|(_, good)| *good = false);
        }
        Step::Wait(millis) => world.test.clock.advance(Duration::from_millis(millis.unsigned_abs())),
    }
    Ok(())
}

async fn second_factors(script: Vec<Step>) -> Result<(), TestCaseError> {
    let world = fresh(&Engine::Sqlite).await;
    let (_, tokens) = world.register("ada@example.com").await;
    let ada = world.actor(&tokens).await;
    let mut model = Model::default();
    for step in script {
        take(&world, &ada, &mut model, step.clone()).await.map_err(|error| TestCaseError::fail(format!("{step:?}: {error}")))?;
    }
    Ok(())
}

#[derive(Clone, Debug)]
enum Recovering {
    Forgot,
    /// With one of the codes that were mailed.
    Reset {
        code: usize,
    },
    Wait(i64),
}

fn recoveries() -> impl Strategy<Value = Recovering> {
    let waits = prop_oneof![Just(1_000), Just(RESET_LIFE - 1), Just(RESET_LIFE)];
    prop_oneof![
        3 => Just(Recovering::Forgot),
        4 => (0_usize..4).prop_map(|code| Recovering::Reset { code }),
        2 => waits.prop_map(Recovering::Wait),
    ]
}

async fn recovery(script: Vec<Recovering>) -> Result<(), TestCaseError> {
    let world = fresh(&Engine::Sqlite).await;
    world.register("ada@example.com").await;
    let mut password = PASSWORD.to_owned();
    // All codes that were mailed, newest last, and until when the newest is good.
    let (mut codes, mut good_until): (Vec<Secret>, i64) = (Vec::new(), 0);
    for (number, one) in script.into_iter().enumerate() {
        match one {
            Recovering::Forgot => {
                world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
                let code: Secret = world.mailed_code().await.as_str().into();
                prop_assert!(codes.iter().all(|old| old.expose() != code.expose()));
                codes.push(code);
                good_until = world.test.clock.now().millis() + RESET_LIFE;
            }
            Recovering::Reset { code } if !codes.is_empty() => {
                let which = code % codes.len();
                let good = which + 1 == codes.len() && world.test.clock.now().millis() < good_until;
                let next = format!("sentence number {number} of this script");
                let outcome = world.auth.recovery.reset_password(&codes[which], &next.as_str().into()).await;
                prop_assert_eq!(code_of(&outcome), if good { "ok" } else { "auth.invalid_code" });
                if good {
                    (password, good_until) = (next, 0);
                }
            }
            Recovering::Reset { .. } => {}
            Recovering::Wait(millis) => world.test.clock.advance(Duration::from_millis(millis.unsigned_abs())),
        }
        // Whatever happened, one password opens the account: the last one that was set.
        world.login("ada@example.com", &password).await;
    }
    Ok(())
}

fn run(work: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_steps_gets_past_a_second_factor_that_is_in_use(script in proptest::collection::vec(steps(), 1..40)) {
        run(second_factors(script))?;
    }

    #[test]
    fn no_order_of_steps_lets_any_but_the_newest_link_set_the_password_once(
        script in proptest::collection::vec(recoveries(), 1..16),
    ) {
        run(recovery(script))?;
    }
}
