use core_db::Tx;
use core_kernel::UserId;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::accounts::create_account;
use crate::config::Registration;
use crate::core::{Core, check_name, require_usable};
use crate::identities::audit_identity;
use crate::model::{Account, IdentityId, SessionId};
use crate::recovery::notify;
use crate::store::accounts::NewAccount;
use crate::store::{accounts, identities, sessions};
use crate::{AuthError, Email};

/// What a provider said of somebody, checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identified {
    pub(crate) provider: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    /// The person to whom the identity is to be linked.
    pub(crate) link_to: Option<Asker>,
}

/// Somebody who asked for a link, and the session by which they did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Asker {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

/// What follows from it.
pub(crate) enum Way {
    /// The identity is linked to this account.
    Known(Account, IdentityId),
    /// It is to be linked to this one.
    Link(Account),
    /// It is somebody new.
    Create(NewAccount),
}

/// Decides what an identity means. The rule:
///
/// 1. An identity is known by issuer and subject, never by its address.
/// 2. Somebody who is signed in and asks for it gets the identity linked, unless it is another's.
/// 3. Otherwise the address decides, and only one that the provider vouches for. An account with that address is taken when the
///    account's own address is verified: then both have proved the same mailbox. An account that has not proved it may have been
///    made by somebody else to lie in wait, so it is neither signed in to nor linked.
/// 4. With no such account there is a new one, where registration is open.
pub(crate) async fn decide<C: ConnectionTrait>(core: &Core, connection: &C, identified: &Identified) -> Result<Way, AuthError> {
    let known = identities::find(connection, &identified.issuer, &identified.subject).await?;
    if let Some(asker) = &identified.link_to {
        let account = asking(core, connection, asker).await?;
        return match known {
            Some(known) if known.user == account.id => Ok(Way::Known(account, known.id)),
            Some(_) => Err(AuthError::IdentityTaken),
            None => Ok(Way::Link(account)),
        };
    }
    if let Some(known) = known {
        let account = accounts::find(connection, known.user).await?.ok_or(AuthError::InvalidCredentials)?;
        require_usable(&account, &core.config)?;
        return Ok(Way::Known(account, known.id));
    }
    let email = identified.email.as_deref().filter(|_| identified.email_verified).and_then(Email::parse);
    let email = email.ok_or(AuthError::ProviderEmailUnverified)?;
    match accounts::find_by_email(connection, &email).await? {
        Some(account) if account.email_verified_at.is_some() => {
            require_usable(&account, &core.config)?;
            Ok(Way::Link(account))
        }
        Some(_) => Err(AuthError::LinkRequired),
        None if core.config.registration != Registration::Open => Err(AuthError::RegistrationClosed),
        None => {
            let display_name = identified.name.as_deref().and_then(|name| check_name(name, "/name").ok());
            Ok(Way::Create(NewAccount { email, display_name, roles: Vec::new(), password_hash: None, verified: true }))
        }
    }
}

/// The account of whoever asked for a link, while the session that asked goes on. An account that has not proved its address gets
/// no identities: they would stay with it when the address's owner takes it over by mail.
async fn asking<C: ConnectionTrait>(core: &Core, connection: &C, asker: &Asker) -> Result<Account, AuthError> {
    let found = sessions::find_with_account(connection, asker.session).await?.ok_or(AuthError::SessionEnded)?;
    let (session, account) = found;
    let alive = session.ended_at.is_none() && !session.is_over(core.db.ambient().now());
    if !alive || account.id != asker.user {
        return Err(AuthError::SessionEnded);
    }
    require_usable(&account, &core.config)?;
    if account.email_verified_at.is_none() {
        return Err(AuthError::EmailNotVerified);
    }
    Ok(account)
}

/// Lets it take effect; gives the account to sign in to.
pub(crate) async fn carry_out(tx: &Tx, way: Way, identified: &Identified) -> Result<Account, AuthError> {
    match way {
        Way::Known(account, id) => {
            identities::used(tx, id).await?;
            Ok(account)
        }
        Way::Link(account) => {
            link(tx, &account, identified).await?;
            notify(tx, &account, "auth.identities_changed").await?;
            Ok(account)
        }
        Way::Create(new) => {
            let account = create_account(tx, new).await?;
            link(tx, &account, identified).await?;
            Ok(account)
        }
    }
}

async fn link(tx: &Tx, account: &Account, identified: &Identified) -> Result<(), AuthError> {
    identities::create(tx, account.id, identified).await?;
    Ok(audit_identity(tx, "auth.identity_linked", account.id, &identified.provider).await?)
}
