use core_kernel::Secret;
use serde::Deserialize;

use super::id_token::{Person, Subject};
use super::remote::Remote;
use crate::AuthError;

/// `GET /user`. The login can be given up and taken by somebody else; the number can't.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    #[serde(default)]
    name: Option<String>,
}

/// An entry of `GET /user/emails`.
#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

/// Who somebody is at GitHub, which has no id_token. The address that the profile shows is not asked for: it need not be verified.
pub(crate) async fn identify(remote: &Remote, user: &str, token: &Secret) -> Result<Subject, AuthError> {
    let found: User = remote.get(user, Some(token)).await?;
    let addresses: Vec<Address> = remote.get(&format!("{user}/emails"), Some(token)).await?;
    let primary = addresses.into_iter().find(|address| address.primary);
    let person = Person {
        email_verified: primary.as_ref().is_some_and(|address| address.verified),
        email: primary.map(|address| address.email),
        name: found.name.or(Some(found.login)),
    };
    Ok(Subject { subject: found.id.to_string(), person })
}
