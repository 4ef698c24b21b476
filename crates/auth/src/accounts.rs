use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_jobs::{NewEvent, publish};
use core_kernel::{Secret, UserId};

use crate::config::{EmailVerification, Registration as Policy};
use crate::core::{CLAIM_LIFE, Checked, Core, audit};
use crate::model::{Account, Device, Purpose, Session, Tokens};
use crate::recovery;
use crate::roles::require_another_administrator;
use crate::service::{Accounts, Registered, Registration};
use crate::store::accounts::NewAccount;
use crate::store::{accounts, codes, roles, sessions};
use crate::{AuthError, permissions};

/// Accounts over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct AccountService {
    pub(crate) core: Core,
}

#[async_trait]
impl Accounts for AccountService {
    async fn register(&self, registration: Registration) -> Result<Registered, AuthError> {
        let core = &self.core;
        if core.config.registration != Policy::Open {
            return Err(AuthError::RegistrationClosed);
        }
        let checked = core.check(&registration.email, &registration.password, registration.display_name.as_deref())?;
        // Hashed before it is known whether the address is free: both cost the same.
        let hash = core.hasher.hash(checked.password.clone()).await?;
        let new = new_account(&checked, hash, Vec::new());
        let required = core.config.email_verification == EmailVerification::Required;
        let created = if required { self.create_unverified(new).await } else { self.create(new, &registration.device).await };
        match created {
            Err(AuthError::Db(DbError::Conflict(_))) if required => {
                recovery::tell_of_attempt(core, &checked.email).await?;
                Ok(Registered::CheckMail)
            }
            Err(AuthError::Db(DbError::Conflict(_))) => Err(AuthError::EmailTaken),
            Err(error) => Err(error),
            Ok(None) => Ok(Registered::CheckMail),
            Ok(Some((account, session))) => {
                let tokens = core.tokens(&session, session.counter)?;
                Ok(Registered::SignedIn(Box::new(account), tokens))
            }
        }
    }

    async fn claim_code(&self) -> Result<Option<Secret>, AuthError> {
        let code: Result<Option<Secret>, DbError> = self
            .core
            .db
            .write(|tx| async move {
                if accounts::anybody_has_role(&tx, permissions::ADMIN_ROLE).await? {
                    return Ok(None);
                }
                codes::create(&tx, Purpose::Claim, None, String::new(), CLAIM_LIFE).await.map(Some)
            })
            .await;
        Ok(code?)
    }

    async fn claim(&self, code: &Secret, registration: Registration) -> Result<(Account, Tokens), AuthError> {
        let core = &self.core;
        let checked = core.check(&registration.email, &registration.password, registration.display_name.as_deref())?;
        let hash = core.hasher.hash(checked.password.clone()).await?;
        let new = new_account(&checked, hash, vec![permissions::ADMIN_ROLE.to_owned()]);
        let device = &registration.device;
        let claimed: Result<(Account, Session), AuthError> = core
            .db
            .write(|tx| {
                let new = new.clone();
                async move {
                    codes::consume(&tx, Purpose::Claim, code.expose()).await?.ok_or(AuthError::InvalidCode)?;
                    if accounts::anybody_has_role(&tx, permissions::ADMIN_ROLE).await? {
                        return Err(AuthError::AlreadyClaimed);
                    }
                    // Whoever holds the link runs the server; the address needs no other proof.
                    let account = create_account(&tx, NewAccount { verified: true, ..new }).await?;
                    audit(&tx, "auth.claim", "success", account.id).await?;
                    Ok((account.clone(), core.open_session(&tx, account.id, device, vec!["pwd".to_owned()]).await?))
                }
            })
            .await;
        let (account, session) = match claimed {
            Err(AuthError::Db(DbError::Conflict(_))) => return Err(AuthError::EmailTaken),
            other => other?,
        };
        let tokens = core.tokens(&session, session.counter)?;
        Ok((account, tokens))
    }

    async fn find(&self, user: UserId) -> Result<Option<Account>, AuthError> {
        Ok(accounts::find(self.core.db.read(), user).await?)
    }

    async fn find_many(&self, users: &[UserId]) -> Result<Vec<Account>, AuthError> {
        Ok(accounts::find_many(self.core.db.read(), users).await?)
    }

    async fn close(&self, user: UserId) -> Result<(), AuthError> {
        let core = &self.core;
        core.db
            .write(|tx| async move {
                roles::lock(&tx).await?;
                let account = accounts::find(&tx, user).await?;
                if account.is_some_and(|account| account.roles.iter().any(|role| role == permissions::ADMIN_ROLE)) {
                    require_another_administrator(&tx, user).await?;
                }
                if accounts::close(&tx, user).await? {
                    audit(&tx, "auth.account_closed", "success", user).await?;
                    let data = serde_json::json!({});
                    publish(&tx, NewEvent { r#type: "user.deleted", version: 1, owner: user.into(), subject: user.get(), data })
                        .await?;
                }
                let ended = sessions::end_all(&tx, user, None, "account_closed").await?;
                core.forget_after_commit(&tx, ended);
                Ok(())
            })
            .await
    }
}

impl AccountService {
    async fn create(&self, new: NewAccount, device: &Device) -> Result<Option<(Account, Session)>, AuthError> {
        let core = &self.core;
        let created: Result<_, DbError> = core
            .db
            .write(|tx| {
                let new = new.clone();
                async move {
                    let account = create_account(&tx, new).await?;
                    recovery::send_verification(core, &tx, &account).await?;
                    let session = core.open_session(&tx, account.id, device, vec!["pwd".to_owned()]).await?;
                    Ok(Some((account, session)))
                }
            })
            .await;
        Ok(created?)
    }

    async fn create_unverified(&self, new: NewAccount) -> Result<Option<(Account, Session)>, AuthError> {
        let core = &self.core;
        let created: Result<_, DbError> = core
            .db
            .write(|tx| {
                let new = new.clone();
                async move {
                    let account = create_account(&tx, new).await?;
                    recovery::send_verification(core, &tx, &account).await?;
                    Ok(None)
                }
            })
            .await;
        Ok(created?)
    }
}

fn new_account(checked: &Checked, hash: String, roles: Vec<String>) -> NewAccount {
    NewAccount {
        email: checked.email.clone(),
        display_name: checked.display_name.clone(),
        roles,
        password_hash: Some(hash),
        verified: false,
    }
}

pub(crate) async fn create_account(tx: &Tx, new: NewAccount) -> Result<Account, DbError> {
    let account = accounts::create(tx, new).await?;
    audit(tx, "auth.register", "success", account.id).await?;
    let data = user_created(account.email.as_str(), account.display_name.as_deref(), account.version);
    let event = NewEvent { r#type: "user.created", version: 1, owner: account.id.into(), subject: account.id.get(), data };
    publish(tx, event).await?;
    Ok(account)
}

/// The payload of `user.created`.
pub(crate) fn user_created(email: &str, display_name: Option<&str>, version: i64) -> serde_json::Value {
    serde_json::json!({"email": email, "display_name": display_name, "account_version": version})
}
