//! Identity with an issuer that it trusts, and journeys through both.

use std::collections::BTreeMap;
use std::sync::Arc;

use auth::testing::{CLIENT, CLIENT_SECRET, TestIssuer};
use auth::{
    AuthConfig, AuthError, Device, EmailVerification, OauthConfig, OauthProviderConfig, OauthReturn, OauthStart,
    RegistrationSetting, SignIn, Tokens,
};
use core_kernel::{Actor, Clock, Secret};
use core_testing::{Engine, TestDb};

use crate::world::{World, quick, with_database};

pub(crate) const REDIRECT: &str = "https://app.example/signed-in";
// The pair of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Identity with an issuer that it trusts.
pub(crate) struct Trust {
    pub(crate) world: World,
    pub(crate) issuer: TestIssuer,
}

/// `local` is the issuer, `hub` is GitHub's face of it.
pub(crate) fn trusting(issuer: &TestIssuer, config: AuthConfig) -> AuthConfig {
    let provider = |kind: &str| -> OauthProviderConfig {
        let kind = serde_json::from_value(serde_json::json!(kind)).unwrap();
        OauthProviderConfig {
            kind: Some(kind),
            issuer: issuer.url.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: CLIENT_SECRET.into(),
            ..OauthProviderConfig::default()
        }
    };
    let hub = OauthProviderConfig { issuer: format!("{}/", issuer.url), ..provider("github") };
    let oauth = OauthConfig {
        redirect_uris: vec![REDIRECT.to_owned(), "http://127.0.0.1/native".to_owned()],
        providers: BTreeMap::from([("local".to_owned(), provider("oidc")), ("hub".to_owned(), hub)]),
        ..OauthConfig::default()
    };
    assert_eq!(oauth.validate(), []);
    AuthConfig { oauth, ..config }
}

pub(crate) async fn configured(engine: &Engine, config: AuthConfig) -> Trust {
    let test = TestDb::fresh(engine, vec![auth::ledger()]).await.unwrap();
    let issuer = TestIssuer::start(Arc::clone(&test.clock) as Arc<dyn Clock>);
    let config = trusting(&issuer, config);
    Trust { world: with_database(engine, test, config).await, issuer }
}

pub(crate) async fn fresh(engine: &Engine) -> Trust {
    configured(engine, quick()).await
}

pub(crate) async fn closed(engine: &Engine) -> Trust {
    configured(engine, AuthConfig { registration: RegistrationSetting::Invite, ..quick() }).await
}

pub(crate) async fn strict(engine: &Engine) -> Trust {
    configured(engine, AuthConfig { email_verification: EmailVerification::Required, ..quick() }).await
}

pub(crate) fn start() -> OauthStart {
    OauthStart { redirect_uri: REDIRECT.to_owned(), code_challenge: CHALLENGE.to_owned() }
}

/// What an address says in its query.
pub(crate) fn query(address: &str) -> BTreeMap<String, String> {
    let (_, query) = address.split_once('?').unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

pub(crate) fn returned(address: &str) -> OauthReturn {
    let mut query = query(address);
    let mut take = |name: &str| query.remove(name);
    OauthReturn { state: take("state"), code: take("code").map(Secret::new), error: take("error"), iss: take("iss") }
}

/// How a journey ended at the client: a code, or a problem code.
pub(crate) type Ended = Result<Secret, String>;

impl Trust {
    /// What the browser brings back from the provider.
    pub(crate) async fn at_provider(&self, provider: &str, link_to: Option<&Actor>) -> OauthReturn {
        let url = self.world.auth.oauth.start(link_to, provider, start()).await.unwrap();
        returned(&self.issuer.visit(&url).await)
    }

    pub(crate) async fn come_back(&self, provider: &str, returned: OauthReturn) -> Ended {
        let target = self.world.auth.oauth.callback(provider, returned).await.unwrap();
        assert!(target.starts_with(&format!("{REDIRECT}?")), "{target}");
        let mut query = query(&target);
        assert_eq!(query.len(), 1, "{target}");
        query.remove("code").map(Secret::new).ok_or_else(|| query.remove("error").unwrap())
    }

    pub(crate) async fn journey(&self, provider: &str) -> Ended {
        let returned = self.at_provider(provider, None).await;
        self.come_back(provider, returned).await
    }

    pub(crate) async fn exchange(&self, code: &Secret) -> Result<SignIn, AuthError> {
        self.world.auth.oauth.exchange(code, &VERIFIER.into(), Device::default()).await
    }

    pub(crate) async fn sign_in(&self, provider: &str) -> Tokens {
        let code = self.journey(provider).await.unwrap();
        self.exchange(&code).await.unwrap().tokens().unwrap()
    }

    /// Registers Ada with a password, and proves her address.
    pub(crate) async fn verified_ada(&self) -> Actor {
        let (_, tokens) = self.world.register("ada@example.com").await;
        let code = self.world.mailed_code().await;
        self.world.auth.recovery.verify_email(&code.as_str().into()).await.unwrap();
        self.world.actor(&tokens).await
    }

    pub(crate) async fn link(&self, actor: &Actor) -> Result<SignIn, AuthError> {
        let returned = self.at_provider("local", Some(actor)).await;
        let code = self.come_back("local", returned).await.unwrap();
        self.exchange(&code).await
    }
}
