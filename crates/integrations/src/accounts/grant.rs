use std::time::Duration;

use core_egress::Method;
use core_kernel::{Secret, Timestamp};
use serde_json::{Value, json};

use crate::vendor::{Access, Answer, Call, CallError, Host, Hosts, Transport, form};
use crate::{IntegrationsError, Provider};

/// What a token endpoint gives.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: Secret,
    pub(crate) refresh: Option<Secret>,
    pub(crate) expires_at: Option<Timestamp>,
    /// Of Notion: what people call the workspace.
    pub(crate) workspace: Option<String>,
}

/// Speaks with the providers' token endpoints.
#[derive(Clone)]
pub(crate) struct TokenClient {
    pub(crate) hosts: Hosts,
    pub(crate) transport: Transport,
}

/// Why no tokens were given.
#[derive(Debug)]
pub(crate) enum GrantError {
    /// The provider does not take the code or refresh token.
    Dead(String),
    /// Anything else.
    Call(CallError),
}

impl From<GrantError> for IntegrationsError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Dead(said) => Self::CredentialsRefused(said),
            GrantError::Call(error) => error.into(),
        }
    }
}

impl TokenClient {
    /// How the provider knows this server; none: OAuth is not set up.
    pub(crate) fn client(&self, provider: Provider) -> Option<(&str, &Secret)> {
        let config = &self.hosts.config;
        let (id, secret) = match provider {
            Provider::Github => (&config.github.client_id, &config.github.client_secret),
            Provider::Notion => (&config.notion.client_id, &config.notion.client_secret),
            Provider::Jira => (&config.jira.client_id, &config.jira.client_secret),
        };
        (!id.is_empty()).then_some((id.as_str(), secret))
    }

    /// Exchanges a code.
    pub(crate) async fn redeem(
        &self,
        provider: Provider,
        code: &Secret,
        redirect_uri: &str,
        verifier: &Secret,
    ) -> Result<Tokens, GrantError> {
        let mut pairs = vec![("grant_type", "authorization_code"), ("code", code.expose()), ("redirect_uri", redirect_uri)];
        if provider == Provider::Github {
            pairs.push(("code_verifier", verifier.expose()));
        }
        self.ask(provider, &pairs).await
    }

    /// Exchanges a refresh token.
    pub(crate) async fn renew(&self, provider: Provider, refresh: &Secret) -> Result<Tokens, GrantError> {
        self.ask(provider, &[("grant_type", "refresh_token"), ("refresh_token", refresh.expose())]).await
    }

    async fn ask(&self, provider: Provider, pairs: &[(&str, &str)]) -> Result<Tokens, GrantError> {
        let own = |error: IntegrationsError| GrantError::Call(error.into());
        let (id, secret) = self.client(provider).ok_or_else(|| own(IntegrationsError::OauthNotConfigured(provider.as_str())))?;
        let (host, path) = self.endpoint(provider);
        let call = self.hosts.call(provider, &host, Method::POST, path).map_err(own)?;
        let (call, access) = dress(provider, call, pairs, (id, secret));
        let lane = self.hosts.lane(provider, "tokens", true);
        match self.transport.send(&call, &access, &lane).await {
            Ok(answer) => self.read(&answer),
            Err(CallError::Refused(refusal)) if refusal.limited.is_none() => Err(GrantError::Dead(refusal.message)),
            Err(error) => Err(GrantError::Call(error)),
        }
    }

    fn endpoint(&self, provider: Provider) -> (Host, &'static str) {
        let config = &self.hosts.config;
        let host = |base: &str| Host { base: base.trim_end_matches('/').to_owned(), trusted: true };
        match provider {
            Provider::Github => (host(&config.github.web_base_url), "/login/oauth/access_token"),
            Provider::Notion => (self.hosts.notion(), "/v1/oauth/token"),
            Provider::Jira => (host(config.jira.auth()), "/oauth/token"),
        }
    }

    /// GitHub says no with status 200.
    fn read(&self, answer: &Answer) -> Result<Tokens, GrantError> {
        if let Some(error) = answer.text("/error") {
            let said = answer.text("/error_description").unwrap_or(error);
            return Err(GrantError::Dead(said.chars().filter(|letter| !letter.is_control()).take(300).collect()));
        }
        let secret = |pointer: &str| answer.text(pointer).filter(|text| !text.is_empty()).map(Secret::new);
        let access = secret("/access_token").ok_or_else(|| GrantError::Call(CallError::Lost("no access token".to_owned())))?;
        let seconds = answer.body.get("expires_in").and_then(Value::as_u64);
        let now = self.transport.clock().now();
        Ok(Tokens {
            access,
            refresh: secret("/refresh_token"),
            expires_at: seconds.map(|seconds| now.plus(Duration::from_secs(seconds))),
            workspace: answer.text("/workspace_name").map(str::to_owned),
        })
    }
}

/// Each provider leaves the standard's form (RFC 6749 section 4.1.3) in another way: Notion wants JSON and the client in a header, Atlassian
/// JSON with the client in it, GitHub a form and to be told that JSON is wanted back.
fn dress(provider: Provider, call: Call, pairs: &[(&str, &str)], (id, secret): (&str, &Secret)) -> (Call, Access) {
    let json_body =
        || -> serde_json::Map<String, Value> { pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect() };
    match provider {
        Provider::Notion => (call.with_body(Value::Object(json_body())), Access::Basic(id.to_owned(), secret.clone())),
        Provider::Jira => {
            let mut body = json_body();
            body.insert("client_id".to_owned(), json!(id));
            body.insert("client_secret".to_owned(), json!(secret.expose()));
            (call.with_body(Value::Object(body)), Access::Nobody)
        }
        Provider::Github => {
            let all: Vec<(&str, &str)> =
                pairs.iter().copied().chain([("client_id", id), ("client_secret", secret.expose())]).collect();
            let mut call = call.with_header("accept", "application/json");
            call.form = Some(form(&all));
            (call, Access::Nobody)
        }
    }
}
