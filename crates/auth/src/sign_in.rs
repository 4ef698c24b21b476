use std::time::Duration;

use core_db::{DbError, Tx};
use core_kernel::{Secret, UserId};
use serde::{Deserialize, Serialize};

use webauthn_rs::prelude::DiscoverableAuthentication;

use crate::AuthError;
use crate::assertion::{self, Question};
use crate::core::{Core, audit};
use crate::model::{Account, Code, Device, Purpose, Session};
use crate::service::{Challenge, SecondProof, SignIn};
use crate::store::attempts::{self, Slowdown, Tag};
use crate::store::{codes, passkeys, second_factors};
use crate::totp;

/// How long somebody who gave the first factor has for the second one.
const MFA_LIFE: Duration = Duration::from_mins(5);
/// How many codes may be tried with one MFA token.
const MFA_TRIES: i64 = 5;
/// After five wrong codes one has to wait, whatever token they come with.
const SECOND_FACTOR: Slowdown = Slowdown { free: 5, first: Duration::from_secs(30), longest: Duration::from_hours(1) };

/// How far a sign-in has come.
pub(crate) enum Opened {
    Session(Box<Session>),
    /// The token that the second factor is to come with, and what a passkey is asked for.
    Challenge(Secret, Option<serde_json::Value>),
}

/// What the first step of a sign-in leaves for the second, in the code's row.
#[derive(Serialize, Deserialize)]
pub(crate) struct FirstStep {
    /// The password must still be the one that was given.
    password_version: i64,
    pub(crate) amr: String,
    device: Option<String>,
    #[serde(default)]
    by_cookie: bool,
    /// What the answer of a passkey is checked by; none: there is no passkey.
    #[serde(default)]
    pub(crate) passkey: Option<DiscoverableAuthentication>,
}

impl Core {
    /// After the first factor (named as in RFC 8176): a session, or the question for the second one.
    pub(crate) async fn sign_in(
        &self,
        tx: &Tx,
        account: &Account,
        device: &Device,
        first: &'static str,
    ) -> Result<Opened, DbError> {
        if second_factors::in_use_since(tx, account.id).await?.is_none() {
            audit(tx, "auth.login", "success", account.id).await?;
            let session = self.open_session(tx, account.id, device, vec![first.to_owned()]).await?;
            return Ok(Opened::Session(Box::new(session)));
        }
        let question = self.ask_for_passkey(tx, account.id).await?;
        let (options, passkey) = question.map(|question| (question.options, question.state)).unzip();
        let step = FirstStep {
            password_version: account.password_version,
            amr: first.to_owned(),
            device: device.name.clone(),
            by_cookie: device.by_cookie,
            passkey,
        };
        let bound_to = serde_json::json!(step).to_string();
        let token = codes::create_another(tx, Purpose::SecondFactor, Some(account.id), bound_to, MFA_LIFE).await?;
        audit(tx, "auth.second_factor_asked", "success", account.id).await?;
        Ok(Opened::Challenge(token, options))
    }

    /// What a passkey of somebody is asked for, where they have one.
    async fn ask_for_passkey(&self, tx: &Tx, user: UserId) -> Result<Option<Question>, DbError> {
        let Ok(party) = self.relying_party.get() else { return Ok(None) };
        let known = passkeys::credential_ids(tx, user).await?;
        if known.is_empty() {
            return Ok(None);
        }
        assertion::ask(party, &known).map(Some).map_err(|error| DbError::Corrupt(error.to_string()))
    }

    pub(crate) async fn opened(&self, opened: Opened) -> Result<SignIn, AuthError> {
        Ok(match opened {
            Opened::Session(session) => SignIn::Done(self.tokens(&session, session.counter).await?),
            Opened::Challenge(token, passkey) => {
                let mut methods = vec!["totp", "recovery_code"];
                methods.extend(passkey.is_some().then_some("passkey"));
                SignIn::SecondFactor(Challenge { token, methods, expires_in: MFA_LIFE.as_secs(), passkey })
            }
        })
    }
}

/// Counts a try with an MFA token and gives what its first step left. A token that was tried too often is worth nothing.
pub(crate) async fn try_token(tx: &Tx, token: &Secret) -> Result<(Tag, Code, FirstStep), AuthError> {
    let tag = Tag::new(tx, "mfa-token", token.expose().as_bytes());
    let code = codes::look_at(tx, Purpose::SecondFactor, token.expose()).await?.ok_or(AuthError::InvalidMfaToken)?;
    if attempts::begin(tx, &tag).await?.number > MFA_TRIES {
        return Err(AuthError::InvalidMfaToken);
    }
    let step = serde_json::from_str(&code.bound_to).map_err(|_| AuthError::InvalidMfaToken)?;
    Ok((tag, code, step))
}

impl FirstStep {
    /// What the first step was taken with; the session is kept as it asked for.
    pub(crate) fn device(&self) -> Device {
        Device { name: self.device.clone(), by_cookie: self.by_cookie }
    }

    /// False once the password was changed or reset since.
    pub(crate) fn still_holds(&self, account: &Account) -> bool {
        self.password_version == account.password_version
    }
}

/// Checks a second factor, and uses it up when it is right. After too many wrong ones it is not looked at for a while.
pub(crate) async fn check_second_factor(tx: &Tx, user: UserId, proof: &SecondProof) -> Result<bool, AuthError> {
    let tag = Tag::new(tx, "second-factor", user.get().as_bytes());
    let attempt = attempts::begin(tx, &tag).await?;
    let now = tx.ambient().now();
    if attempt.blocked_until > now {
        return Err(AuthError::TooManyTries(attempt.blocked_until.since(now)));
    }
    let right = match proof {
        SecondProof::Totp(code) => accept_totp(tx, user, code.expose(), true).await?,
        // Nothing to guess: it is checked before a guess is counted.
        SecondProof::Passkey(_) => return Ok(false),
        SecondProof::RecoveryCode(code) => {
            second_factors::use_recovery_code(tx, user, &plain_recovery_code(code.expose())).await?
        }
    };
    if right {
        attempts::clear(tx, &tag).await?;
    } else {
        attempts::failed(tx, &tag, &attempt, SECOND_FACTOR).await?;
        audit(tx, "auth.second_factor", "failure", user).await?;
    }
    Ok(right)
}

/// Takes a code of the app that is in use, or of the one that waits for its first code.
pub(crate) async fn accept_totp(tx: &Tx, user: UserId, code: &str, in_use: bool) -> Result<bool, DbError> {
    let found = second_factors::find_totp(tx, user).await?.filter(|totp| totp.confirmed_at.is_some() == in_use);
    let Some(totp) = found else { return Ok(false) };
    match totp::matching_step(&totp.secret, code, tx.ambient().now(), totp.last_step) {
        Some(step) => second_factors::take_step(tx, user, &totp, step).await,
        None => Ok(false),
    }
}

/// The letters of a recovery code, however they were typed.
fn plain_recovery_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
