use std::time::Duration;

use aws_lc_rs::digest;
use core_egress::{Client, Egress, EgressError, Method, Url};
use core_kernel::Secret;

use crate::AuthError;
use crate::config::LeakedPasswords;

/// How long an answer may take; whoever chooses a password waits for it.
const WAIT: Duration = Duration::from_secs(1);
/// An answer of the range API is some 40 KiB with padding.
const MAX_ANSWER: usize = 512 * 1024;
/// Digits of the hash that are told.
const PREFIX: usize = 5;

/// Asks a service that knows leaked passwords by the first digits of their SHA-1 (k-anonymity): it learns five of forty digits, and
/// answers every hash that begins with them.
#[derive(Clone, Debug)]
pub(crate) struct LeakCheck {
    service: Option<(Client, Url)>,
    fail_closed: bool,
}

/// Whether a password was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leak {
    /// It is in no list, or nobody is to be asked.
    NotFound,
    /// It is in a list.
    Found,
    /// The service did not answer.
    Unknown,
}

impl LeakCheck {
    pub(crate) fn new(config: &LeakedPasswords, egress: &Egress) -> Result<Self, AuthError> {
        let url = |text: &str| Url::parse(&format!("{}/range/", text.trim_end_matches('/')));
        let service = match config.base_url.as_str() {
            "" => None,
            text => {
                let parsed = url(text).map_err(|error| AuthError::Internal(format!("leaked_passwords.base_url: {error}")))?;
                Some((egress.operator().clone(), parsed))
            }
        };
        Ok(Self { service, fail_closed: config.fail_closed })
    }

    /// Looks for a password. Refuses only where the settings say that no answer is a refusal.
    pub(crate) async fn look(&self, password: &Secret) -> Result<Leak, AuthError> {
        let Some((client, base)) = &self.service else { return Ok(Leak::NotFound) };
        match ask(client, base, password).await {
            Ok(true) => Ok(Leak::Found),
            Ok(false) => Ok(Leak::NotFound),
            Err(_) if self.fail_closed => Err(AuthError::LeakCheckUnavailable),
            Err(_) => Ok(Leak::Unknown),
        }
    }
}

async fn ask(client: &Client, base: &Url, password: &Secret) -> Result<bool, EgressError> {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.expose().as_bytes());
    let hash = hash.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    let (prefix, rest) = hash.split_at_checked(PREFIX).unwrap_or_default();
    let url = base.join(prefix).unwrap_or_else(|_| base.clone());
    let request = client.request(Method::GET, url).header("add-padding", "true").timeout(WAIT).max_body_bytes(MAX_ANSWER);
    let response = request.send().await?;
    let fine = response.status().is_success();
    let body = response.bytes_capped().await?;
    if !fine {
        return Err(EgressError::Broken("the service of leaked passwords did not answer with success".to_owned()));
    }
    let body = String::from_utf8_lossy(&body);
    // Padding has the count 0.
    let counted = |line: &str| line.trim().split_once(':').is_some_and(|(suffix, count)| suffix == rest && count.trim() != "0");
    Ok(body.lines().any(counted))
}
