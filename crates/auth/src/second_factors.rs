use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_kernel::{Actor, FieldError, Secret, UserId};

use crate::core::{Core, audit, require_usable};
use crate::credentials::require_person;
use crate::model::{Account, Tokens};
use crate::recovery::notify;
use crate::service::{Enrollment, SecondFactor, SecondProof};
use crate::sign_in::{FirstStep, accept_totp, check_second_factor, try_token};
use crate::store::attempts;
use crate::store::{accounts, codes, second_factors};
use crate::{AuthError, assertion, permissions, totp};

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits, sixteen letters.
const RECOVERY_CODE: usize = 10;

/// Second factors over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct SecondFactorService {
    pub(crate) core: Core,
}

/// How the second step of a sign-in ended. A wrong code is no error inside the unit of work: that it was tried is stored.
enum Step {
    Right(Box<crate::Session>),
    Wrong,
}

#[async_trait]
impl SecondFactor for SecondFactorService {
    async fn enroll(&self, actor: &Actor) -> Result<Enrollment, AuthError> {
        let core = &self.core;
        let account = self.person(actor).await?;
        let secret = totp::new_secret(core.db.ambient().rng.as_ref());
        let begun = core.db.write(|tx| async move { second_factors::begin_totp(&tx, actor.subject, &secret).await }).await?;
        if !begun {
            return Err(AuthError::TotpInUse);
        }
        let issuer = core.public_url.split("://").nth(1).unwrap_or(&core.public_url);
        let issuer = issuer.split('/').next().unwrap_or(issuer);
        let secret = totp::base32(&secret);
        let url = totp::otpauth_url(issuer, account.email.as_str(), &secret);
        Ok(Enrollment { qr_svg: totp::qr_svg(&url)?, secret, url })
    }

    async fn confirm(&self, actor: &Actor, code: &Secret) -> Result<Vec<Secret>, AuthError> {
        let account = &self.person(actor).await?;
        let fresh = &self.recovery_codes();
        let confirmed = self.core.db.write(|tx| async move {
            if !accept_totp(&tx, account.id, code.expose(), false).await? {
                return Ok::<_, AuthError>(false);
            }
            second_factors::replace_recovery_codes(&tx, account.id, fresh).await?;
            self.tell(&tx, account, "auth.totp_enrolled").await?;
            Ok(true)
        });
        if confirmed.await? {
            return Ok(fresh.iter().map(|code| shown(code)).collect());
        }
        Err(AuthError::Invalid(vec![FieldError::new("/code", "wrong_code", "not the code that the app shows now")]))
    }

    async fn remove(&self, actor: &Actor) -> Result<(), AuthError> {
        let account = &self.person(actor).await?;
        let remove = |tx: Tx| async move {
            if second_factors::delete_of(&tx, account.id).await? {
                self.tell(&tx, account, "auth.totp_removed").await?;
            }
            Ok::<_, AuthError>(())
        };
        self.core.db.write(remove).await
    }

    async fn renew_recovery_codes(&self, actor: &Actor) -> Result<Vec<Secret>, AuthError> {
        let account = &self.person(actor).await?;
        let fresh = &self.recovery_codes();
        let renew = |tx: Tx| async move {
            if second_factors::in_use_since(&tx, account.id).await?.is_none() {
                return Err(AuthError::NoSecondFactor);
            }
            second_factors::replace_recovery_codes(&tx, account.id, fresh).await?;
            self.tell(&tx, account, "auth.recovery_codes_renewed").await?;
            Ok(())
        };
        self.core.db.write(renew).await?;
        Ok(fresh.iter().map(|code| shown(code)).collect())
    }

    async fn verify(&self, token: &Secret, proof: &SecondProof) -> Result<Tokens, AuthError> {
        match self.core.db.write(|tx| async move { self.step(&tx, token, proof).await }).await? {
            Step::Right(session) => self.core.tokens(&session, session.counter).await,
            Step::Wrong if matches!(proof, SecondProof::Passkey(_)) => Err(AuthError::InvalidPasskey),
            Step::Wrong => Err(AuthError::WrongCode),
        }
    }
}

impl SecondFactorService {
    async fn step(&self, tx: &Tx, token: &Secret, proof: &SecondProof) -> Result<Step, AuthError> {
        let (tag, code, first) = try_token(tx, token).await?;
        let user = code.user.ok_or(AuthError::InvalidMfaToken)?;
        let account = accounts::find(tx, user).await?.filter(|account| first.still_holds(account));
        let account = account.ok_or(AuthError::InvalidMfaToken)?;
        require_usable(&account, &self.core.config)?;
        let Some(second) = self.second_amr(tx, user, &first, proof).await? else { return Ok(Step::Wrong) };
        let used = codes::consume(tx, crate::model::Purpose::SecondFactor, token.expose()).await?;
        used.ok_or(AuthError::InvalidMfaToken)?;
        attempts::clear(tx, &tag).await?;
        audit(tx, "auth.login", "success", user).await?;
        let device = first.device();
        let mut amr = vec![first.amr];
        amr.extend(second);
        amr.dedup();
        let session = self.core.open_session(tx, user, &device, amr).await?;
        Ok(Step::Right(Box::new(session)))
    }

    /// What the second factor was, in the words of RFC 8176. `None`: it is wrong.
    async fn second_amr(
        &self,
        tx: &Tx,
        user: UserId,
        first: &FirstStep,
        proof: &SecondProof,
    ) -> Result<Option<Vec<String>>, AuthError> {
        let words = |words: &[&str]| Some(words.iter().map(|&word| word.to_owned()).collect());
        Ok(match proof {
            SecondProof::Passkey(credential) => {
                let Some(state) = first.passkey.clone() else { return Ok(None) };
                let answer = assertion::read(credential)?;
                let proven = assertion::check(tx, self.core.relying_party.get()?, &answer, state, Some(user)).await?;
                proven.map(|proven| proven.amr().into())
            }
            _ if !check_second_factor(tx, user, proof).await? => None,
            SecondProof::Totp(_) => words(&["otp", "mfa"]),
            SecondProof::RecoveryCode(_) => words(&["mfa"]),
        })
    }

    /// The account of a person who acts by themselves.
    async fn person(&self, actor: &Actor) -> Result<Account, AuthError> {
        actor.require(&permissions::SELF)?;
        require_person(actor)?;
        accounts::find(self.core.db.read(), actor.subject).await?.ok_or(AuthError::SessionEnded)
    }

    async fn tell(&self, tx: &Tx, account: &Account, action: &'static str) -> Result<(), DbError> {
        audit(tx, action, "success", account.id).await?;
        notify(tx, account, "auth.second_factor_changed").await
    }

    fn recovery_codes(&self) -> Vec<String> {
        let rng = self.core.db.ambient().rng.as_ref();
        let code = |_| {
            let mut bytes = [0_u8; RECOVERY_CODE];
            rng.fill(&mut bytes);
            totp::base32(&bytes).expose().to_ascii_lowercase()
        };
        (0..RECOVERY_CODES).map(code).collect()
    }
}

/// In groups of four, as they are read best.
fn shown(code: &str) -> Secret {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Secret::new(groups.join("-"))
}
