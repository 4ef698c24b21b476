use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_cluster::Cluster;
use core_egress::Url;
use core_kernel::{Actor, Secret, Visibility};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::credentials::Credentials;
use super::{ConnectionService, TokenClient};
use crate::service::Authorizations;
use crate::{Connection, IntegrationsConfig, IntegrationsError, Provider, Settings, codes, permissions};

/// How long people have to agree.
const LIFE: Duration = Duration::from_mins(10);
/// How long whoever began has to fetch what was agreed to; providers' codes live no longer than some minutes either.
const FETCH: Duration = Duration::from_mins(5);
/// What the state of a way is sealed for.
const PURPOSE: &str = "integrations-oauth-state";
/// What an agreement is sealed for.
const AGREED: &str = "integrations-oauth-agreed";

/// What is remembered of somebody who is on the way.
#[derive(Serialize, Deserialize)]
struct Way {
    subject: Uuid,
    owner: Uuid,
    provider: Provider,
    redirect_uri: String,
    verifier: String,
}

/// What somebody agreed to, until the person who began fetches it. Who agreed is not known to be that person: they may have been sent the
/// link. Only the browser that agreed has the code, and only who began can use it, so that nobody connects another's account.
#[derive(Serialize, Deserialize)]
struct Agreed {
    way: Way,
    code: String,
}

/// [`Authorizations`] over the providers' OAuth.
#[derive(Clone)]
pub(crate) struct AuthorizationService {
    pub(crate) config: Arc<IntegrationsConfig>,
    pub(crate) public_url: String,
    pub(crate) cluster: Cluster,
    pub(crate) tokens: TokenClient,
    pub(crate) connections: ConnectionService,
}

#[async_trait]
impl Authorizations for AuthorizationService {
    fn providers(&self) -> Vec<Provider> {
        Provider::ALL.into_iter().filter(|provider| self.tokens.client(*provider).is_some()).collect()
    }

    async fn begin(&self, actor: &Actor, provider: Provider, redirect_uri: &str) -> Result<String, IntegrationsError> {
        actor.require(&permissions::CONNECT)?;
        if !self.allows(redirect_uri) {
            return Err(IntegrationsError::field("/redirect_uri", "not_allowed", "must be listed in the settings"));
        }
        let (client_id, _) = self.tokens.client(provider).ok_or(IntegrationsError::OauthNotConfigured(provider.as_str()))?;
        let ambient = self.connections.db.ambient();
        let state = URL_SAFE_NO_PAD.encode(ambient.random::<32>());
        let verifier = URL_SAFE_NO_PAD.encode(ambient.random::<32>());
        let url = self.authorize_url(provider, client_id, &state, &verifier)?;
        let way = Way {
            subject: actor.author().get(),
            owner: actor.owner.get(),
            provider,
            redirect_uri: redirect_uri.to_owned(),
            verifier,
        };
        self.keep(PURPOSE, &state, &way, LIFE).await?;
        Ok(url)
    }

    async fn finish(
        &self,
        provider: Provider,
        state: &str,
        outcome: Result<Secret, String>,
    ) -> Result<String, IntegrationsError> {
        let way: Way = self.take(PURPOSE, state).await?;
        if way.provider != provider {
            return Err(IntegrationsError::InvalidState);
        }
        let mut url = Url::parse(&way.redirect_uri).map_err(|_no_url| IntegrationsError::InvalidState)?;
        match outcome {
            Ok(given) => {
                let code = URL_SAFE_NO_PAD.encode(self.connections.db.ambient().random::<32>());
                self.keep(AGREED, &code, &Agreed { way, code: given.expose().to_owned() }, FETCH).await?;
                url.query_pairs_mut().append_pair("connection_code", &code);
            }
            Err(_said) => drop(url.query_pairs_mut().append_pair("error", codes::CREDENTIALS_REFUSED.code)),
        }
        Ok(url.into())
    }

    async fn complete(&self, actor: &Actor, provider: Provider, code: &Secret) -> Result<Connection, IntegrationsError> {
        actor.require(&permissions::CONNECT)?;
        let Agreed { way, code } = self.take(AGREED, code.expose()).await?;
        if way.provider != provider || way.subject != actor.author().get() || way.owner != actor.owner.get() {
            return Err(IntegrationsError::InvalidState);
        }
        let (code, verifier) = (Secret::new(code), Secret::new(way.verifier));
        let tokens = self.tokens.redeem(provider, &code, &self.callback(provider), &verifier).await?;
        let credentials = Credentials::Oauth { access_token: tokens.access.clone(), refresh_token: tokens.refresh };
        let prober = &self.connections.prober;
        let known = prober.know_oauth(provider, &tokens.access, credentials, tokens.expires_at, tokens.workspace).await?;
        self.connections.store(actor, provider, known, (None, Settings::default(), Visibility::Private)).await
    }
}

impl AuthorizationService {
    /// Addresses of the settings, and those below this server's own.
    fn allows(&self, uri: &str) -> bool {
        let own = format!("{}/", self.public_url.trim_end_matches('/'));
        let plain = Url::parse(uri).is_ok_and(|url| url.as_str() == uri && url.fragment().is_none());
        plain && (uri.starts_with(&own) || self.config.redirect_uris.iter().any(|allowed| allowed == uri))
    }

    fn callback(&self, provider: Provider) -> String {
        let base = self.public_url.trim_end_matches('/');
        format!("{base}/api/v1/integrations/connections/{}/callback", provider.as_str())
    }

    fn authorize_url(
        &self,
        provider: Provider,
        client_id: &str,
        state: &str,
        verifier: &str,
    ) -> Result<String, IntegrationsError> {
        let config = &self.config;
        let base = match provider {
            Provider::Github => format!("{}/login/oauth/authorize", config.github.web_base_url.trim_end_matches('/')),
            Provider::Notion => format!("{}/v1/oauth/authorize", config.notion.api_base_url.trim_end_matches('/')),
            Provider::Jira => format!("{}/authorize", config.jira.auth()),
        };
        let mut url = Url::parse(&base)
            .map_err(|_no_url| IntegrationsError::Internal("an address of the settings is no URL".to_owned()))?;
        let callback = self.callback(provider);
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("client_id", client_id).append_pair("redirect_uri", &callback).append_pair("state", state);
        match provider {
            Provider::Github => {
                let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()).as_ref());
                pairs.append_pair("scope", &config.github.scope);
                pairs.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
            }
            Provider::Notion => {
                pairs.append_pair("response_type", "code").append_pair("owner", "user");
            }
            Provider::Jira => {
                pairs.append_pair("audience", "api.atlassian.com").append_pair("scope", &config.jira.scope);
                pairs.append_pair("response_type", "code").append_pair("prompt", "consent");
            }
        }
        drop(pairs);
        Ok(url.into())
    }

    /// Remembers something under a random word, for a while.
    async fn keep(
        &self,
        purpose: &'static str,
        word: &str,
        value: &impl Serialize,
        life: Duration,
    ) -> Result<(), IntegrationsError> {
        let plain = serde_json::to_vec(value).map_err(|error| IntegrationsError::Internal(error.to_string()))?;
        let keyring = self.connections.db.keyring();
        let sealed = keyring.seal(purpose, word.as_bytes(), &plain).map_err(core_db::DbError::from)?;
        self.cluster.values.put(&format!("{purpose}:{word}"), sealed.into_bytes(), life).await?;
        Ok(())
    }

    /// What is remembered, once.
    async fn take<T: DeserializeOwned>(&self, purpose: &'static str, word: &str) -> Result<T, IntegrationsError> {
        if word.len() > 100 {
            return Err(IntegrationsError::InvalidState);
        }
        let sealed = self.cluster.values.take(&format!("{purpose}:{word}")).await?.ok_or(IntegrationsError::InvalidState)?;
        let sealed = String::from_utf8(sealed).map_err(|_no_text| IntegrationsError::InvalidState)?;
        let plain = self.connections.db.keyring().open(purpose, word.as_bytes(), &sealed);
        let plain = plain.map_err(|_other_key| IntegrationsError::InvalidState)?;
        serde_json::from_slice(&plain).map_err(|_unreadable| IntegrationsError::InvalidState)
    }
}
