use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_egress::{Client, Method, RequestBuilder, StatusCode, Url};
use core_kernel::{Clock, Secret, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::OauthProviderKind;
use super::config::is_safe;
use super::github;
use super::id_token::{KeySet, Person, Subject, TokenFault, verify};
use super::provider::{Endpoints, Provider};
use crate::AuthError;

/// One exchange with a provider. A sign-in makes four at most, and a request may take half a minute.
const TIMEOUT: Duration = Duration::from_secs(6);
/// The largest answer of a provider.
const MAX_BODY: usize = 256 * 1024;
/// How long what discovery found, and the keys, are taken as they are.
const FRESH: Duration = Duration::from_hours(1);
/// Keys are read again for a key that is not known at most this often, however many tokens name one.
const REREAD: Duration = Duration::from_mins(1);

/// What is kept of a provider.
#[derive(Default)]
struct Known {
    endpoints: Option<(Timestamp, Arc<Endpoints>)>,
    keys: Option<(Timestamp, Arc<KeySet>)>,
    reread_at: Option<Timestamp>,
}

/// A provider and the way to it.
pub(crate) struct Remote {
    pub(crate) provider: Provider,
    http: Client,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// What is found at `/.well-known/openid-configuration` (OpenID Connect Discovery section 3).
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
}

/// The answer of a token endpoint; GitHub sends errors with status 200.
#[derive(Deserialize)]
struct Granted {
    #[serde(default)]
    access_token: Option<Secret>,
    #[serde(default)]
    id_token: Option<Secret>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    person: Person,
}

impl Remote {
    pub(crate) fn new(provider: Provider, http: Client, clock: Arc<dyn Clock>) -> Self {
        Self { provider, http, clock, known: Mutex::default() }
    }

    /// Where the provider is asked what: fixed, or found by discovery and kept for an hour. When it can't be found again, what was
    /// found before goes on.
    pub(crate) async fn endpoints(&self) -> Result<Arc<Endpoints>, AuthError> {
        if let Some(fixed) = self.provider.fixed_endpoints() {
            return Ok(Arc::new(fixed));
        }
        let now = self.clock.now();
        let kept = self.with(|known| known.endpoints.clone());
        match kept {
            Some((at, endpoints)) if now.since(at) < FRESH => Ok(endpoints),
            kept => match (self.discover().await, kept) {
                (Ok(found), _) => {
                    let found = Arc::new(found);
                    self.with(|known| known.endpoints = Some((now, Arc::clone(&found))));
                    Ok(found)
                }
                (Err(error), Some((_, endpoints))) => {
                    tracing::warn!(provider = %self.provider.name, %error, "discovery failed; what it found before goes on");
                    Ok(endpoints)
                }
                (Err(error), None) => Err(error),
            },
        }
    }

    async fn discover(&self) -> Result<Endpoints, AuthError> {
        let issuer = &self.provider.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovered = self.get(&address, None).await?;
        if found.issuer != *issuer {
            return Err(AuthError::ProviderAnswer("discovery names another issuer than the settings"));
        }
        let endpoints = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
        if !endpoints.into_iter().chain(&found.userinfo_endpoint).all(|endpoint| is_safe(endpoint)) {
            return Err(AuthError::ProviderAnswer("discovery names an endpoint that is not https"));
        }
        // Where nothing is said it is the header (OpenID Connect Discovery section 3).
        let methods = found.token_endpoint_auth_methods_supported.unwrap_or_default();
        Ok(Endpoints {
            authorization: found.authorization_endpoint,
            token: found.token_endpoint,
            userinfo: found.userinfo_endpoint,
            jwks: Some(found.jwks_uri),
            secret_in_body: !methods.is_empty() && !methods.iter().any(|method| method == "client_secret_basic"),
            names_issuer: found.authorization_response_iss_parameter_supported == Some(true),
        })
    }

    /// Exchanges what the browser brought for who it is.
    pub(crate) async fn identify(&self, code: &Secret, verifier: &Secret, nonce: &Secret) -> Result<Subject, AuthError> {
        let endpoints = self.endpoints().await?;
        let granted = self.redeem(&endpoints, code, verifier).await?;
        if self.provider.kind == OauthProviderKind::Github {
            let token = granted.access_token.ok_or(AuthError::ProviderAnswer("no access token"))?;
            let user = endpoints.userinfo.as_deref().ok_or(AuthError::ProviderAnswer("no endpoint of the user"))?;
            return github::identify(self, user, &token).await;
        }
        let token = granted.id_token.ok_or(AuthError::ProviderAnswer("no id_token"))?;
        let mut subject = self.verify(&endpoints, &token, nonce).await?;
        if let (None, Some(userinfo), Some(token)) = (&subject.person.email, &endpoints.userinfo, &granted.access_token) {
            let told: UserInfo = self.get(userinfo, Some(token)).await?;
            if told.sub != subject.subject {
                return Err(AuthError::ProviderAnswer("the user info is of somebody else"));
            }
            let name = subject.person.name.take();
            subject.person = Person { name: name.or(told.person.name), ..told.person };
        }
        Ok(subject)
    }

    async fn redeem(&self, endpoints: &Endpoints, code: &Secret, verifier: &Secret) -> Result<Granted, AuthError> {
        let secret = &self.provider.client_secret;
        let in_header = !secret.is_empty() && !endpoints.secret_in_body;
        let mut request = self.request(Method::POST, &endpoints.token)?;
        if in_header {
            request = request.secret_header("authorization", &basic(&self.provider.client_id, secret));
        }
        let form = grant_form(&self.provider, code, verifier, in_header);
        request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let granted: Granted = self.read(request, true).await?;
        match granted.error {
            Some(error) => Err(AuthError::ProviderRefused(for_the_log(&error))),
            None => Ok(granted),
        }
    }

    /// Checks an id_token, with the keys read again when it names one that is not known.
    async fn verify(&self, endpoints: &Endpoints, token: &Secret, nonce: &Secret) -> Result<Subject, AuthError> {
        let address = endpoints.jwks.as_deref().ok_or(AuthError::ProviderAnswer("no keys"))?;
        let check = |keys: &KeySet| verify(token.expose(), keys, &self.provider, nonce.expose(), self.clock.now());
        let mut outcome = check(self.keys(address).await?.as_ref());
        if matches!(outcome, Err(TokenFault::UnknownKey)) && self.may_reread() {
            outcome = check(self.read_keys(address).await?.as_ref());
        }
        outcome.map_err(|fault| match fault {
            TokenFault::UnknownKey => AuthError::ProviderAnswer("the id_token's key is not known"),
            TokenFault::Refused(reason) => AuthError::ProviderAnswer(reason),
        })
    }

    async fn keys(&self, address: &str) -> Result<Arc<KeySet>, AuthError> {
        let now = self.clock.now();
        match self.with(|known| known.keys.clone()) {
            Some((at, keys)) if now.since(at) < FRESH => Ok(keys),
            _ => self.read_keys(address).await,
        }
    }

    async fn read_keys(&self, address: &str) -> Result<Arc<KeySet>, AuthError> {
        let document: serde_json::Value = self.get(address, None).await?;
        let keys = Arc::new(KeySet::parse(&document).ok_or(AuthError::ProviderAnswer("the keys are not a JWK set"))?);
        let now = self.clock.now();
        self.with(|known| known.keys = Some((now, Arc::clone(&keys))));
        Ok(keys)
    }

    /// True for one caller a minute.
    fn may_reread(&self) -> bool {
        let now = self.clock.now();
        self.with(|known| {
            let free = known.reread_at.is_none_or(|at| now.since(at) >= REREAD);
            if free {
                known.reread_at = Some(now);
            }
            free
        })
    }

    /// Reads JSON from an endpoint, with an access token where one is given.
    pub(crate) async fn get<T: DeserializeOwned>(&self, address: &str, token: Option<&Secret>) -> Result<T, AuthError> {
        let mut request = self.request(Method::GET, address)?;
        if let Some(token) = token {
            request = request.bearer(token);
        }
        self.read(request, false).await
    }

    fn request(&self, method: Method, address: &str) -> Result<RequestBuilder, AuthError> {
        let url = Url::parse(address).map_err(|_| AuthError::ProviderAnswer("an endpoint is no URL"))?;
        let request = self.http.request(method, url).timeout(TIMEOUT).max_body_bytes(MAX_BODY);
        Ok(request.header("accept", "application/json"))
    }

    /// `refusals`: a 400 or 401 has a body that says why.
    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder, refusals: bool) -> Result<T, AuthError> {
        let unavailable = |reason: String| AuthError::ProviderUnavailable(reason);
        let answer = request.send().await.map_err(|error| unavailable(error.to_string()))?;
        let status = answer.status();
        let told = refusals && matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        if !status.is_success() && !told {
            return Err(unavailable(format!("status {}", status.as_u16())));
        }
        match answer.json_capped().await {
            Ok(read) => Ok(read),
            Err(core_egress::EgressError::Json(_)) => Err(AuthError::ProviderAnswer("not the JSON that the protocol asks for")),
            Err(error) => Err(unavailable(error.to_string())),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a token endpoint is sent (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
fn grant_form(provider: &Provider, code: &Secret, verifier: &Secret, secret_in_header: bool) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code").append_pair("code", code.expose());
    form.append_pair("redirect_uri", &provider.callback).append_pair("code_verifier", verifier.expose());
    if !secret_in_header {
        form.append_pair("client_id", &provider.client_id);
        if !provider.client_secret.is_empty() {
            form.append_pair("client_secret", provider.client_secret.expose());
        }
    }
    form.finish()
}

/// What a provider said, short and on one line.
pub(crate) fn for_the_log(said: &str) -> String {
    said.chars().filter(|letter| !letter.is_control()).take(100).collect()
}

/// The client's name and secret as RFC 6749 section 2.3.1 writes them: encoded as a form first.
fn basic(client: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!("{}:{}", encoded(client), encoded(secret.expose())));
    Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_with_signs_is_encoded_before_it_goes_into_the_header() {
        let header = basic("a b", &"p:w/&".into());
        let decoded = STANDARD.decode(header.expose().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), "a+b:p%3Aw%2F%26");
    }
}
