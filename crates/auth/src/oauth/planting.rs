use core_db::{DbError, Tx};
use core_kernel::UserId;
use core_testing::http::contract::{Planted, Sample};
use serde_json::json;

use super::Identified;
use super::flow::{EXCHANGE_LIFE, Finished, STATE_LIFE, Waiting, challenge, seal};
use crate::model::Purpose;
use crate::store::{codes, identities};

/// Of the planted sign-ins.
const VERIFIER: &str = "a-verifier-that-only-the-client-knows-and-that-is-long";
pub(crate) const REDIRECT: &str = "https://app.example/signed-in";

/// The challenge of [`VERIFIER`].
fn planted_challenge() -> String {
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
    let sealed =
        seal(tx, Purpose::OauthExchange, &Finished { challenge: planted_challenge(), identified: newcomer, may_register: true })?;
    let code = codes::create_another(tx, Purpose::OauthExchange, None, sealed, EXCHANGE_LIFE).await?;
    let identity = identities::find(tx, &linked.issuer, &linked.subject).await?.ok_or(DbError::NotFound)?;
    Ok(vec![
        ("oauth_state", state.expose().to_owned()),
        ("oauth_code", code.expose().to_owned()),
        ("identity", identity.id.to_string()),
    ])
}

/// What the contract suite asks of signing in with a provider.
pub(crate) fn sample(operation_id: &str, planted: &Planted) -> Option<Sample> {
    let sample = Sample::new();
    Some(match operation_id {
        "start_oauth" => {
            let body = json!({"redirect_uri": REDIRECT, "code_challenge": planted_challenge()});
            sample.path("provider", "github").json(body)
        }
        "oauth_callback" => {
            // All that a provider may send, so that a strange one more is refused before the state is used up.
            let query = format!("state={}&error=access_denied&code=x&iss=x&scope=extension", planted.row("oauth_state"));
            sample.path("provider", "github").query(query)
        }
        "exchange_oauth" => sample.json(json!({"code": planted.row("oauth_code"), "code_verifier": VERIFIER})),
        "unlink_identity" => sample.path("id", planted.row("identity")),
        "list_identities" | "list_oauth_providers" => sample,
        _ => return None,
    })
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
