use core_db::{DbError, Tx};
use core_kernel::UserId;

use super::Identified;
use super::flow::{EXCHANGE_LIFE, Finished, STATE_LIFE, Waiting, challenge, seal};
use crate::model::Purpose;
use crate::store::{codes, identities};

/// Of the planted sign-ins.
pub(crate) const VERIFIER: &str = "a-verifier-that-only-the-client-knows-and-that-is-long";
pub(crate) const REDIRECT: &str = "https://app.example/signed-in";

/// The challenge of [`VERIFIER`].
pub(crate) fn planted_challenge() -> String {
    challenge(VERIFIER)
}

/// A linked identity, a sign-in that waits for its provider, and one that waits for its client.
pub(crate) async fn plant(tx: &Tx, user: UserId, canary: &str) -> Result<Vec<(&'static str, String)>, DbError> {
    let id = tx.ambient().ids.next();
    let linked = identified(format!("linked-{id}"), Some(format!("{canary}@example.com")));
    identities::create(tx, user, &linked).await?;
    let waiting = Waiting {
        provider: linked.provider.clone(),
        redirect_uri: REDIRECT.to_owned(),
        challenge: planted_challenge(),
        nonce: String::new(),
        verifier: String::new(),
        link_to: None,
    };
    let sealed = seal(tx, Purpose::OauthState, &waiting)?;
    let state = codes::create_another(tx, Purpose::OauthState, None, sealed, STATE_LIFE).await?;
    let newcomer = identified(format!("new-{id}"), Some(format!("new-{id}@example.com")));
    let sealed = seal(tx, Purpose::OauthExchange, &Finished { challenge: planted_challenge(), identified: newcomer })?;
    let code = codes::create_another(tx, Purpose::OauthExchange, None, sealed, EXCHANGE_LIFE).await?;
    let identity = identities::find(tx, &linked.issuer, &linked.subject).await?.ok_or(DbError::NotFound)?;
    Ok(vec![
        ("oauth_state", state.expose().to_owned()),
        ("oauth_code", code.expose().to_owned()),
        ("identity", identity.id.to_string()),
    ])
}

fn identified(subject: String, email: Option<String>) -> Identified {
    Identified {
        provider: "github".to_owned(),
        issuer: super::config::GITHUB.to_owned(),
        subject,
        email,
        email_verified: true,
        name: None,
        link_to: None,
    }
}
