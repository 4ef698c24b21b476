use core_kernel::Secret;

use super::config::{GITHUB, GOOGLE};
use super::{OauthConfig, OauthProviderConfig, OauthProviderKind};

/// A provider as the settings have it, with every default filled in.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) kind: OauthProviderKind,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) scope: String,
    /// Where it sends people back to.
    pub(crate) callback: String,
}

/// Where a provider is asked what, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) authorization: String,
    pub(crate) token: String,
    pub(crate) userinfo: Option<String>,
    /// None: it signs nothing.
    pub(crate) jwks: Option<String>,
    /// The client's secret goes in the body (RFC 6749 section 2.3.1), not in a header.
    pub(crate) secret_in_body: bool,
    /// Every answer names its issuer (RFC 9207).
    pub(crate) names_issuer: bool,
}

impl Provider {
    /// Every provider of the settings.
    pub(crate) fn all(config: &OauthConfig, public_url: &str) -> Vec<Self> {
        let base = config.callback_base.trim_end_matches('/');
        let own = format!("{}/api/v1/auth/oauth", public_url.trim_end_matches('/'));
        let base = if base.is_empty() { &own } else { base };
        config.providers.iter().map(|(name, provider)| Self::new(name, provider, base)).collect()
    }

    fn new(name: &str, config: &OauthProviderConfig, base: &str) -> Self {
        let kind = config.kind_of(name);
        let label = match (config.label.as_str(), kind) {
            ("", OauthProviderKind::Google) => "Google",
            ("", OauthProviderKind::Github) => "GitHub",
            ("", OauthProviderKind::Oidc) => name,
            (label, _) => label,
        };
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            issuer: config.issuer_of(name).to_owned(),
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            scope: scope(kind, &config.scopes),
            callback: format!("{base}/{name}/callback"),
        }
    }

    /// The endpoints that need no discovery.
    pub(crate) fn fixed_endpoints(&self) -> Option<Endpoints> {
        match (self.kind, self.issuer.trim_end_matches('/')) {
            (OauthProviderKind::Google, GOOGLE) => Some(Endpoints {
                authorization: "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
                token: "https://oauth2.googleapis.com/token".to_owned(),
                userinfo: Some("https://openidconnect.googleapis.com/v1/userinfo".to_owned()),
                jwks: Some("https://www.googleapis.com/oauth2/v3/certs".to_owned()),
                secret_in_body: true,
                names_issuer: false,
            }),
            (OauthProviderKind::Github, host) => {
                let api = if host == GITHUB { "https://api.github.com".to_owned() } else { format!("{host}/api/v3") };
                Some(Endpoints {
                    authorization: format!("{host}/login/oauth/authorize"),
                    token: format!("{host}/login/oauth/access_token"),
                    userinfo: Some(format!("{api}/user")),
                    jwks: None,
                    secret_in_body: true,
                    names_issuer: false,
                })
            }
            _ => None,
        }
    }

    /// True for what this provider calls itself. Google's tokens may leave the scheme out.
    pub(crate) fn is_called(&self, issuer: &str) -> bool {
        issuer == self.issuer || (self.issuer == GOOGLE && issuer == "accounts.google.com")
    }
}

fn scope(kind: OauthProviderKind, configured: &[String]) -> String {
    if kind == OauthProviderKind::Github {
        return if configured.is_empty() { "read:user user:email".to_owned() } else { configured.join(" ") };
    }
    if configured.is_empty() {
        return "openid email profile".to_owned();
    }
    // Without it there is no id_token.
    let openid = (!configured.iter().any(|scope| scope == "openid")).then_some("openid");
    openid.into_iter().chain(configured.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str, value: serde_json::Value) -> Provider {
        let config = serde_json::from_value(serde_json::json!({"providers": {name: value}})).unwrap();
        Provider::all(&config, "https://api.example/").remove(0)
    }

    #[test]
    fn well_known_providers_need_a_client_only() {
        let google = provider("google", serde_json::json!({"client_id": "c"}));
        assert_eq!(google.fixed_endpoints().unwrap().token, "https://oauth2.googleapis.com/token");
        assert_eq!((google.label.as_str(), google.scope.as_str()), ("Google", "openid email profile"));
        assert_eq!(google.callback, "https://api.example/api/v1/auth/oauth/google/callback");
        assert!(google.is_called("accounts.google.com") && !google.is_called("https://accounts.google.com.evil.example"));
        let github = provider("github", serde_json::json!({"client_id": "c"}));
        assert_eq!(github.fixed_endpoints().unwrap().userinfo.as_deref(), Some("https://api.github.com/user"));
        let enterprise =
            provider("hub", serde_json::json!({"kind": "github", "client_id": "c", "issuer": "https://hub.example/"}));
        assert_eq!(enterprise.fixed_endpoints().unwrap().userinfo.as_deref(), Some("https://hub.example/api/v3/user"));
        let other = provider("other", serde_json::json!({"client_id": "c", "issuer": "https://id.example", "scopes": "email"}));
        assert_eq!((other.fixed_endpoints(), other.scope.as_str()), (None, "openid email"));
    }
}
