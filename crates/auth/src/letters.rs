use core_db::{Db, DbError, Tx};
use core_jobs::{Handler, Job, JobFailure, enqueue};
use core_kernel::Secret;
use serde::{Deserialize, Serialize};

use crate::core::{Core, MAGIC_LINK_LIFE, RESET_LIFE, audit};
use crate::model::{Account, AccountStatus, Purpose};
use crate::recovery::{send, send_verification};
use crate::store::{accounts, codes};
use crate::{AuthError, Email};

/// What somebody who typed an address is to get, if it has an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Letter {
    VerifyEmail,
    ResetPassword,
    MagicLink,
    /// Passwords were guessed so often that none is looked at any more.
    Locked,
}

/// Looks for the account of an address and writes to it. A request queues this whether or not there is an account, and the look-up
/// comes here, so that neither the answer nor its time tells which addresses have one. Holds an address, so it is stored sealed.
#[derive(Serialize, Deserialize)]
struct SendLetter {
    letter: Letter,
    email: String,
}

impl Job for SendLetter {
    const NAME: &'static str = "auth.send_letter";
    const SEALED: bool = true;
}

/// Queues a letter to an address.
pub(crate) async fn post(db: &Db, letter: Letter, email: &str) -> Result<(), AuthError> {
    let Some(email) = Email::parse(email) else { return Ok(()) };
    let email = &email;
    let posted: Result<(), DbError> = db.write(|tx| async move { post_within(&tx, letter, email).await }).await;
    Ok(posted?)
}

/// Queues a letter with the change that causes it.
pub(crate) async fn post_within(tx: &Tx, letter: Letter, email: &Email) -> Result<(), DbError> {
    enqueue(tx, &SendLetter { letter, email: email.as_str().to_owned() }).await.map(drop)
}

pub(crate) fn handler(core: Core) -> Handler {
    Handler::new::<SendLetter, _, _>(move |_, job| {
        let core = core.clone();
        async move { deliver(&core, job).await.map_err(JobFailure::from) }
    })
}

async fn deliver(core: &Core, SendLetter { letter, email }: SendLetter) -> Result<(), DbError> {
    let Some(email) = Email::parse(&email) else { return Ok(()) };
    let email = &email;
    core.db
        .write(|tx| async move {
            let account = accounts::find_by_email(&tx, email).await?;
            match account.filter(|account| account.status == AccountStatus::Active) {
                Some(account) => write_to(core, &tx, &account, letter).await,
                None => Ok(()),
            }
        })
        .await
}

async fn write_to(core: &Core, tx: &Tx, account: &Account, letter: Letter) -> Result<(), DbError> {
    let reset = async || {
        let code = codes::create(tx, Purpose::ResetPassword, Some(account.id), bound_to_secrets(account), RESET_LIFE).await?;
        Ok::<_, DbError>(core.link(&core.config.links.reset_password, "reset-password", &code))
    };
    match letter {
        Letter::VerifyEmail if account.email_verified_at.is_some() => Ok(()),
        Letter::VerifyEmail => send_verification(core, tx, account).await,
        Letter::ResetPassword => {
            send(tx, account, "auth.reset_password", &reset().await?).await?;
            audit(tx, "auth.password_forgotten", "success", account.id).await
        }
        Letter::Locked => {
            send(tx, account, "auth.locked", &reset().await?).await?;
            audit(tx, "auth.locked", "success", account.id).await
        }
        Letter::MagicLink => {
            let link = magic_link(core, tx, account).await?;
            send(tx, account, "auth.magic_link", &link).await?;
            audit(tx, "auth.magic_link_sent", "success", account.id).await
        }
    }
}

/// A fresh link that signs in; those of before end.
pub(crate) async fn magic_link(core: &Core, tx: &Tx, account: &Account) -> Result<String, DbError> {
    let code: Secret =
        codes::create(tx, Purpose::MagicLink, Some(account.id), bound_to_secrets(account), MAGIC_LINK_LIFE).await?;
    Ok(core.link(&core.config.links.magic_link, "magic-link", &code))
}

/// A code that gives access to an account ends with the next password and with the next address.
pub(crate) fn bound_to_secrets(account: &Account) -> String {
    format!("{}/{}", account.password_version, account.email_version)
}
