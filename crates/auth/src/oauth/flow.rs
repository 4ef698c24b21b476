use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_db::{DbError, Tx};
use core_egress::{Egress, Url};
use core_kernel::{Actor, DomainError, FieldError, Secret};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::OauthProviderKind;
use super::linking::{Asker, Identified, Way, carry_out, decide};
use super::provider::Provider;
use super::remote::{Remote, for_the_log};
use crate::core::{Core, require_usable};
use crate::credentials::require_person;
use crate::model::{Device, Purpose, SessionId};
use crate::service::{Oauth, OauthProvider, OauthReturn, OauthStart, SignIn};
use crate::sign_in::Opened;
use crate::store::accounts::NewAccount;
use crate::store::{accounts, codes};
use crate::token::one_time_code;
use crate::{Applicant, AuthError, permissions};

/// How long somebody has at the provider.
pub(crate) const STATE_LIFE: Duration = Duration::from_mins(10);
/// How long the client has to exchange what it got.
pub(super) const EXCHANGE_LIFE: Duration = Duration::from_mins(1);
/// Name of the first factor in sessions and tokens: somebody else's word (as Microsoft's tokens have it; RFC 8176 has none).
const FEDERATED: &str = "fed";
const SEAL: &str = "oauth-flow";

/// Sign-in with an account elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct OauthService {
    core: Core,
    remotes: Arc<[Remote]>,
}

/// A sign-in that waits for the provider.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) provider: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) link_to: Option<Asker>,
}

/// A sign-in that waits for its client.
#[derive(Serialize, Deserialize)]
pub(super) struct Finished {
    pub(super) challenge: String,
    pub(super) identified: Identified,
    /// The product's rule allowed a new account.
    pub(super) may_register: bool,
}

#[async_trait]
impl Oauth for OauthService {
    fn providers(&self) -> Vec<OauthProvider> {
        let shown = |remote: &Remote| OauthProvider { name: remote.provider.name.clone(), label: remote.provider.label.clone() };
        self.remotes.iter().map(shown).collect()
    }

    async fn start(&self, link_to: Option<&Actor>, provider: &str, start: OauthStart) -> Result<String, AuthError> {
        let remote = self.remote(provider)?;
        let link_to = link_to.map(asker).transpose()?;
        self.check(&start)?;
        let endpoints = remote.endpoints().await?;
        let fresh = || one_time_code(self.core.db.ambient().rng.as_ref());
        let (nonce, verifier) = (fresh(), fresh());
        let waiting = Waiting {
            provider: provider.to_owned(),
            redirect_uri: start.redirect_uri,
            challenge: start.code_challenge,
            nonce: nonce.expose().to_owned(),
            verifier: verifier.expose().to_owned(),
            link_to,
        };
        let state = self.keep(Purpose::OauthState, link_to, &waiting, STATE_LIFE).await?;
        let provider = &remote.provider;
        let mut url = Url::parse(&endpoints.authorization).map_err(|_| AuthError::ProviderAnswer("an endpoint is no URL"))?;
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", &provider.client_id);
        query.append_pair("redirect_uri", &provider.callback).append_pair("scope", &provider.scope);
        query.append_pair("state", state.expose());
        query.append_pair("code_challenge", &challenge(verifier.expose())).append_pair("code_challenge_method", "S256");
        if provider.kind != OauthProviderKind::Github {
            query.append_pair("nonce", nonce.expose());
        }
        drop(query);
        Ok(url.into())
    }

    async fn callback(&self, provider: &str, returned: OauthReturn) -> Result<String, AuthError> {
        let remote = self.remote(provider)?;
        let state = &Secret::new(returned.state.clone().unwrap_or_default());
        let waiting: Option<Waiting> =
            self.core.db.write(|tx| async move { take(&tx, Purpose::OauthState, state).await }).await?;
        let waiting = waiting.filter(|waiting| waiting.provider == provider).ok_or(AuthError::InvalidState)?;
        match self.finish(remote, &waiting, &returned).await {
            Ok(code) => back(&waiting.redirect_uri, "code", code.expose()),
            Err(error) => {
                tracing::warn!(provider, %error, code = error.code().code, "a sign-in with a provider failed");
                back(&waiting.redirect_uri, "error", error.code().code)
            }
        }
    }

    async fn exchange(&self, code: &Secret, verifier: &Secret, device: Device) -> Result<SignIn, AuthError> {
        check_verifier(verifier)?;
        let device = &device;
        let run = || self.core.db.write(|tx| async move { self.open(&tx, code, verifier, device).await });
        let opened = match run().await {
            // Somebody with the same identity or address was faster: now there is an account.
            Err(AuthError::Db(DbError::Conflict(_))) => run().await?,
            other => other?,
        };
        self.core.opened(opened.ok_or(AuthError::InvalidCode)?).await
    }
}

impl OauthService {
    pub(crate) fn new(core: Core, egress: &Egress) -> Self {
        let clock = &core.db.ambient().clock;
        let all = Provider::all(&core.config.oauth, &core.public_url).into_iter();
        // Issuers are the operator's word: they may be on the operator's own network.
        let remotes = all.map(|provider| Remote::new(provider, egress.operator().clone(), Arc::clone(clock))).collect();
        Self { remotes, core }
    }

    fn remote(&self, name: &str) -> Result<&Remote, AuthError> {
        self.remotes.iter().find(|remote| remote.provider.name == name).ok_or(AuthError::UnknownProvider)
    }

    fn check(&self, start: &OauthStart) -> Result<(), AuthError> {
        let mut faults = Vec::new();
        if !self.core.config.oauth.allows_redirect(&start.redirect_uri) {
            faults.push(FieldError::new("/redirect_uri", "not_allowed", "one of those in the setting auth.oauth.redirect_uris"));
        }
        if URL_SAFE_NO_PAD.decode(&start.code_challenge).map_or(0, |hash| hash.len()) != digest::SHA256_OUTPUT_LEN {
            let rule = "the SHA-256 of the code_verifier in base64url without padding (S256)";
            faults.push(FieldError::new("/code_challenge", "invalid_challenge", rule));
        }
        if faults.is_empty() { Ok(()) } else { Err(AuthError::Invalid(faults)) }
    }

    /// Asks the provider who it is, and keeps that for the client that began. Nothing else changes.
    async fn finish(&self, remote: &Remote, waiting: &Waiting, returned: &OauthReturn) -> Result<Secret, AuthError> {
        let endpoints = remote.endpoints().await?;
        // Whose answer it is comes before what it says: it may be another provider's (RFC 9207 section 2.4). GitHub has no issuer to
        // compare with; that each provider has its own callback tells them apart all the same.
        let speaks_openid = remote.provider.kind != OauthProviderKind::Github;
        let foreign = returned.iss.as_deref().is_some_and(|issuer| speaks_openid && !remote.provider.is_called(issuer));
        if foreign || (endpoints.names_issuer && returned.iss.is_none()) {
            return Err(AuthError::ProviderAnswer("the answer is of another issuer"));
        }
        match (returned.error.as_deref(), &returned.code) {
            (Some("access_denied"), _) => Err(AuthError::SignInCancelled),
            (Some(error), _) => Err(AuthError::ProviderRefused(for_the_log(error))),
            (None, None) => Err(AuthError::ProviderAnswer("neither a code nor an error")),
            (None, Some(code)) => {
                let (verifier, nonce) = (waiting.verifier.as_str().into(), waiting.nonce.as_str().into());
                let subject = remote.identify(code, &verifier, &nonce).await?;
                let identified = Identified {
                    provider: remote.provider.name.clone(),
                    issuer: remote.provider.issuer.clone(),
                    subject: subject.subject,
                    email: subject.person.email,
                    email_verified: subject.person.email_verified,
                    name: subject.person.name,
                    link_to: waiting.link_to,
                };
                // What can't work is told now, before the client tries; what counts is asked again at the exchange.
                let way = decide(&self.core, self.core.db.read(), &identified).await?;
                let may_register = match &way {
                    Way::Create(new) => self.require_allowed(new, &identified.provider).await?,
                    _ => false,
                };
                let finished = Finished { challenge: waiting.challenge.clone(), identified, may_register };
                Ok(self.keep(Purpose::OauthExchange, waiting.link_to, &finished, EXCHANGE_LIFE).await?)
            }
        }
    }

    /// Asks the product's rule about somebody new; gives true.
    async fn require_allowed(&self, new: &NewAccount, provider: &str) -> Result<bool, AuthError> {
        let applicant = Applicant {
            email: new.email.canonical().to_owned(),
            display_name: new.display_name.clone(),
            invited: false,
            provider: Some(provider.to_owned()),
        };
        self.core.policies.require_allowed(&applicant).await.map(|()| true)
    }

    /// Ends the sign-in; `None` for a code that is not valid. A wrong verifier uses the code up: whoever tries one is not who began.
    async fn open(&self, tx: &Tx, code: &Secret, verifier: &Secret, device: &Device) -> Result<Option<Opened>, AuthError> {
        let Some(finished) = take::<Finished>(tx, Purpose::OauthExchange, code).await? else { return Ok(None) };
        let proof = challenge(verifier.expose());
        if !bool::from(proof.as_bytes().ct_eq(finished.challenge.as_bytes())) {
            return Ok(None);
        }
        let way = decide(&self.core, tx, &finished.identified).await?;
        // There was an account when the product's rule would have been asked, and it is gone.
        if matches!(way, Way::Create(_)) && !finished.may_register {
            return Err(AuthError::InvalidCode);
        }
        let account = carry_out(tx, way, &finished.identified).await?;
        let account = accounts::find(tx, account.id).await?.ok_or(AuthError::InvalidCredentials)?;
        require_usable(&account, &self.core.config)?;
        Ok(Some(self.core.sign_in(tx, &account, device, FEDERATED).await?))
    }

    /// Keeps a step of a sign-in, sealed, under a code that works once.
    async fn keep<T: Serialize + Sync>(
        &self,
        purpose: Purpose,
        whose: Option<Asker>,
        step: &T,
        life: Duration,
    ) -> Result<Secret, DbError> {
        let user = whose.map(|asker| asker.user);
        let keep = |tx: Tx| async move { codes::create_another(&tx, purpose, user, seal(&tx, purpose, step)?, life).await };
        self.core.db.write(keep).await
    }
}

/// Refuses what can't be a verifier (RFC 7636 section 4.1) before it uses the code up.
fn check_verifier(verifier: &Secret) -> Result<(), AuthError> {
    let text = verifier.expose();
    let unreserved = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~".contains(&letter);
    if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
        return Ok(());
    }
    let rule = "43 to 128 letters, digits, `-`, `.`, `_` or `~`";
    Err(AuthError::Invalid(vec![FieldError::new("/code_verifier", "invalid_verifier", rule)]))
}

/// Who asks for a link: the person, by themselves.
fn asker(actor: &Actor) -> Result<Asker, AuthError> {
    actor.require(&permissions::SELF)?;
    let session: SessionId = require_person(actor)?;
    Ok(Asker { user: actor.subject, session })
}

pub(super) fn seal<T: Serialize>(tx: &Tx, purpose: Purpose, step: &T) -> Result<String, DbError> {
    let text = Secret::new(serde_json::json!(step).to_string());
    Ok(tx.keyring().seal(SEAL, purpose.as_str().as_bytes(), text.expose().as_bytes())?)
}

/// Takes a kept step; one conditional write, so of many who bring the same code one gets it.
async fn take<T: DeserializeOwned>(tx: &Tx, purpose: Purpose, code: &Secret) -> Result<Option<T>, DbError> {
    let Some(found) = codes::consume(tx, purpose, code.expose()).await? else { return Ok(None) };
    let plain = tx.keyring().open(SEAL, purpose.as_str().as_bytes(), &found.bound_to)?;
    serde_json::from_slice(&plain).map(Some).map_err(|error| DbError::Corrupt(format!("code {}: {error}", found.id)))
}

/// The S256 challenge of a verifier (RFC 7636 section 4.2).
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The address to go back to, which was checked when the sign-in began, with what to tell.
fn back(redirect_uri: &str, name: &str, value: &str) -> Result<String, AuthError> {
    let mut url = Url::parse(redirect_uri).map_err(|_| AuthError::Internal("a kept redirect is no URL".to_owned()))?;
    url.query_pairs_mut().append_pair(name, value);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636 appendix B.
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_is_told_is_added_to_the_address_as_it_was_given() {
        assert_eq!(back("https://app.example/cb?a=1", "code", "x&y").unwrap(), "https://app.example/cb?a=1&code=x%26y");
        assert_eq!(
            back("com.example.app:/cb", "error", "auth.link_required").unwrap(),
            "com.example.app:/cb?error=auth.link_required"
        );
    }
}
