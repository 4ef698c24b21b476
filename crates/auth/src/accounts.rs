use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_jobs::{NewEvent, publish};
use core_kernel::{Secret, UserId};

use crate::advice::PasswordAdvice;
use crate::config::{EmailVerification, Registration as Policy};
use crate::core::{CLAIM_LIFE, Checked, Core, audit};
use crate::model::{Account, Device, Purpose, Session, Tokens};
use crate::new_password::NewPassword;
use crate::recovery;
use crate::service::{Accounts, Registered, Registration};
use crate::store::accounts::NewAccount;
use crate::store::{accounts, codes, roles};
use crate::{Applicant, AuthError, Email, administration, permissions};

/// Accounts over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct AccountService {
    pub(crate) core: Core,
}

#[async_trait]
impl Accounts for AccountService {
    async fn register(&self, registration: Registration) -> Result<Registered, AuthError> {
        let core = &self.core;
        let invited = match (core.config.registration, &registration.invitation) {
            (Policy::Closed, _) => return Err(AuthError::RegistrationClosed),
            (Policy::Invite, None) => return Err(AuthError::InvitationNeeded),
            (_, invitation) => invitation.as_ref(),
        };
        let checked = core.check(&registration.email, &registration.password, registration.display_name.as_deref())?;
        if let Some(token) = invited {
            self.require_invitation(token, &checked.email).await?;
        }
        let applicant = Applicant {
            email: checked.email.canonical().to_owned(),
            display_name: checked.display_name.clone(),
            invited: invited.is_some(),
            provider: None,
        };
        core.policies.require_allowed(&applicant).await?;
        // Hashed before it is known whether the address is free: both cost the same.
        let password = core.new_password(checked.password.clone(), "/password").await?;
        let new = NewAccount { verified: invited.is_some(), ..new_account(&checked, &password, Vec::new()) };
        // Who brings the token of an invitation reads the mail of its address already.
        let required = core.config.email_verification == EmailVerification::Required && invited.is_none();
        let created = if required {
            self.create_unverified(new, &password).await
        } else {
            self.create(new, &password, &registration.device).await
        };
        match created {
            Err(AuthError::Db(DbError::Conflict(_))) => Err(AuthError::EmailTaken),
            Err(error) => Err(error),
            Ok(None) => Ok(Registered::CheckMail),
            Ok(Some((account, session))) => {
                let tokens = core.tokens(&session, session.counter).await?;
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
        let password = &core.new_password(checked.password.clone(), "/password").await?;
        let new = new_account(&checked, password, vec![permissions::ADMIN_ROLE.to_owned()]);
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
                    password.note(&tx, account.id).await?;
                    audit(&tx, "auth.claim", "success", account.id).await?;
                    Ok((account.clone(), core.open_session(&tx, account.id, device, vec!["pwd".to_owned()]).await?))
                }
            })
            .await;
        let (account, session) = match claimed {
            Err(AuthError::Db(DbError::Conflict(_))) => return Err(AuthError::EmailTaken),
            other => other?,
        };
        let tokens = core.tokens(&session, session.counter).await?;
        Ok((account, tokens))
    }

    async fn advise(&self, password: &Secret, email: &str, display_name: Option<&str>) -> Option<PasswordAdvice> {
        let words = email.split(|letter: char| !letter.is_alphanumeric());
        let about = words.chain([email]).chain(display_name).filter(|word| word.len() > 2).map(str::to_owned).take(20);
        self.core.hasher.advise(password, about.collect()).await
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
                match accounts::find(&tx, user).await? {
                    Some(account) => administration::close(core, &tx, &account).await,
                    None => Ok(()),
                }
            })
            .await
    }
}

impl AccountService {
    /// Refuses unless the token is of an open invitation to this address.
    async fn require_invitation(&self, token: &Secret, email: &Email) -> Result<(), AuthError> {
        let invited = self.core.invitations.address_of(token).await?.and_then(|address| Email::parse(&address));
        let fits = invited.is_some_and(|invited| invited.canonical() == email.canonical());
        if fits { Ok(()) } else { Err(AuthError::InvalidInvitation) }
    }

    async fn create(
        &self,
        new: NewAccount,
        password: &NewPassword,
        device: &Device,
    ) -> Result<Option<(Account, Session)>, AuthError> {
        let core = &self.core;
        let created: Result<_, DbError> = core
            .db
            .write(|tx| {
                let new = new.clone();
                async move {
                    let account = create_account(&tx, new).await?;
                    password.note(&tx, account.id).await?;
                    if account.email_verified_at.is_none() {
                        recovery::send_verification(core, &tx, &account).await?;
                    }
                    let session = core.open_session(&tx, account.id, device, vec!["pwd".to_owned()]).await?;
                    Ok(Some((account, session)))
                }
            })
            .await;
        Ok(created?)
    }

    async fn create_unverified(&self, new: NewAccount, password: &NewPassword) -> Result<Option<(Account, Session)>, AuthError> {
        let core = &self.core;
        let created: Result<_, DbError> = core
            .db
            .write(|tx| {
                let new = new.clone();
                async move {
                    // Both ways send the same number of statements, so that the time does not tell which it was.
                    let email = new.email.clone();
                    if let Some(account) = accounts::create_unless_taken(&tx, new).await? {
                        announce(&tx, &account).await?;
                        password.note(&tx, account.id).await?;
                        recovery::send_verification(core, &tx, &account).await?;
                    } else {
                        let account = accounts::find_by_email(&tx, &email).await?.ok_or(DbError::NotFound)?;
                        audit(&tx, "auth.register", "failure", account.id).await?;
                        password.note(&tx, account.id).await?;
                        recovery::tell_of_attempt(core, &tx, &account).await?;
                        // As the event of a new account would: a statement on PostgreSQL.
                        tx.wake(core_jobs::FEED_SIGNAL).await?;
                    }
                    Ok(None)
                }
            })
            .await;
        Ok(created?)
    }
}

fn new_account(checked: &Checked, password: &NewPassword, roles: Vec<String>) -> NewAccount {
    NewAccount {
        email: checked.email.clone(),
        display_name: checked.display_name.clone(),
        roles,
        password_hash: Some(password.hash.clone()),
        verified: false,
    }
}

pub(crate) async fn create_account(tx: &Tx, new: NewAccount) -> Result<Account, DbError> {
    let account = accounts::create(tx, new).await?;
    announce(tx, &account).await?;
    Ok(account)
}

/// Says that there is a new account.
async fn announce(tx: &Tx, account: &Account) -> Result<(), DbError> {
    audit(tx, "auth.register", "success", account.id).await?;
    announce_created(tx, account).await
}

/// Tells the other features that there is somebody new.
pub(crate) async fn announce_created(tx: &Tx, account: &Account) -> Result<(), DbError> {
    let data = user_created(account.email.as_str(), account.display_name.as_deref(), account.version);
    let event = NewEvent { r#type: "user.created", version: 1, owner: account.id.into(), subject: account.id.get(), data };
    publish(tx, event).await.map(drop)
}

/// The payload of `user.created`.
pub(crate) fn user_created(email: &str, display_name: Option<&str>, version: i64) -> serde_json::Value {
    serde_json::json!({"email": email, "display_name": display_name, "account_version": version})
}
