use async_trait::async_trait;
use core_kernel::{Actor, ActorKind, FieldError, Secret};

use crate::assertion::not_accepted;
use crate::core::{Core, audit, require_usable};
use crate::model::{AccessToken, Account, SessionId};
use crate::password::{Verdict, accept};
use crate::recovery::notify;
use crate::service::{Credentials, Proof, SecondProof};
use crate::sign_in::check_second_factor;
use crate::store::{accounts, sessions};
use crate::{AuthError, guesses, passkeys, permissions};

/// What people prove themselves with.
#[derive(Clone, Debug)]
pub(crate) struct CredentialService {
    pub(crate) core: Core,
}

#[async_trait]
impl Credentials for CredentialService {
    async fn change_password(&self, actor: &Actor, current: &Secret, new: &Secret) -> Result<(), AuthError> {
        let core = &self.core;
        let (account, session) = self.person(actor).await?;
        let accepted = accept(new, &account.email, core.config.password_min_length, "/new_password");
        let new = accepted.map_err(|fault| AuthError::Invalid(vec![fault]))?;
        self.prove_password(&account, current).await.map_err(at_current_password)?;
        let password = &core.new_password(new, "/new_password").await?;
        let account = &account;
        core.db
            .write(|tx| {
                let hash = password.hash.clone();
                async move {
                    // Somebody set another password since it was checked: the one that was given is not the current one any more.
                    if !accounts::set_password(&tx, account.id, account.password_version, hash).await? {
                        return Err(at_current_password(AuthError::WrongPassword));
                    }
                    password.note(&tx, account.id).await?;
                    let ended = sessions::end_all(&tx, account.id, Some(session), "password_changed").await?;
                    core.forget_after_commit(&tx, ended);
                    audit(&tx, "auth.password_changed", "success", account.id).await?;
                    notify(&tx, account, "auth.password_changed").await?;
                    Ok(())
                }
            })
            .await
    }

    async fn reauthenticate(&self, actor: &Actor, proof: &Proof) -> Result<AccessToken, AuthError> {
        let core = &self.core;
        let (account, id) = self.person(actor).await?;
        match proof {
            Proof::Password(password) => self.prove_password(&account, password).await?,
            Proof::Totp(code) => self.prove_app(&account, code).await?,
            Proof::Passkey(credential) => {
                if !passkeys::prove(core, &account, id, credential).await? {
                    return Err(AuthError::Invalid(vec![not_accepted("it is not an answer of one of your passkeys")]));
                }
            }
        }
        let session = core
            .db
            .write(|tx| async move {
                let session = sessions::reauthenticated(&tx, actor.subject, id).await?.ok_or(AuthError::SessionEnded)?;
                audit(&tx, "auth.reauthenticated", "success", actor.subject).await?;
                core.forget_after_commit(&tx, vec![id]);
                // A new secret with each proof of who one is: a cookie that was taken before is worth nothing now.
                let session = if session.by_cookie { sessions::renew_cookie(&tx, session).await? } else { session };
                Ok::<_, AuthError>(session)
            })
            .await?;
        core.access_token(&session).await
    }
}

impl CredentialService {
    /// The account and session of a person who acts by themselves.
    async fn person(&self, actor: &Actor) -> Result<(Account, SessionId), AuthError> {
        actor.require(&permissions::SELF)?;
        let session = require_person(actor)?;
        let account = accounts::find(self.core.db.read(), actor.subject).await?.ok_or(AuthError::SessionEnded)?;
        require_usable(&account, &self.core.config)?;
        Ok((account, session))
    }

    /// Refuses unless it is the account's password.
    async fn prove_password(&self, account: &Account, password: &Secret) -> Result<(), AuthError> {
        let verdict = self.core.guess(&account.email, Some(account), password, "auth.password_check").await?;
        if verdict == Verdict::Wrong {
            return Err(AuthError::WrongPassword);
        }
        self.core.db.write(|tx| async move { guesses::was_right(&tx, &account.email).await }).await
    }

    /// Refuses unless it is a code of the account's app.
    async fn prove_app(&self, account: &Account, code: &Secret) -> Result<(), AuthError> {
        let proof = &SecondProof::Totp(code.clone());
        let right = self.core.db.write(|tx| async move { check_second_factor(&tx, account.id, proof).await }).await?;
        let fault = || FieldError::new("/code", "wrong_code", "not the code that the app shows now");
        if right { Ok(()) } else { Err(AuthError::Invalid(vec![fault()])) }
    }
}

/// Refuses programs and administrators in somebody's place: what follows is for the person alone.
pub(crate) fn require_person(actor: &Actor) -> Result<SessionId, AuthError> {
    match (actor.kind, actor.session) {
        (ActorKind::User, Some(session)) => Ok(SessionId(session.id)),
        _ => Err(AuthError::PersonNeeded),
    }
}

fn at_current_password(error: AuthError) -> AuthError {
    match error {
        AuthError::WrongPassword => {
            AuthError::Invalid(vec![FieldError::new("/current_password", "wrong_password", "this is not the current password")])
        }
        other => other,
    }
}
