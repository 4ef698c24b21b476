use std::collections::BTreeMap;

use core_egress::Url;
use core_kernel::Secret;
use serde::{Deserialize, Serialize};

/// Signing in with an account elsewhere (`[auth.oauth]`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OauthConfig {
    /// Where the browser may be sent at the end, compared letter by letter. Of a loopback address (`http://127.0.0.1/...`) the
    /// port may differ, as apps on a desktop need it (RFC 8252 section 7.3).
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub redirect_uris: Vec<String>,
    /// What providers send people back to, without `/{provider}/callback`; empty: this server's public URL and
    /// `/api/v1/auth/oauth`.
    pub callback_base: String,
    /// Providers by name.
    pub providers: BTreeMap<String, OauthProviderConfig>,
}

/// One provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OauthProviderConfig {
    /// Its protocol. A provider called `google` or `github` is that one when nothing is said, any other is an OpenID issuer.
    pub kind: Option<OauthProviderKind>,
    /// How people call it; empty: its name.
    pub label: String,
    /// Whose word is taken: the issuer of OpenID Connect, with what is found at its `/.well-known/openid-configuration`; of
    /// GitHub the address of a GitHub Enterprise Server. Google and github.com need none.
    pub issuer: String,
    /// How the provider knows this server.
    pub client_id: String,
    /// What this server proves itself with; empty: a public client, which has PKCE alone.
    #[serde(skip_serializing)]
    pub client_secret: Secret,
    /// What is asked for; empty: address and name.
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub scopes: Vec<String>,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OauthProviderKind {
    /// OpenID Connect by discovery.
    Oidc,
    /// Google.
    Google,
    /// GitHub, which speaks OAuth 2 without OpenID.
    Github,
}

/// The issuer of Google's tokens.
pub(crate) const GOOGLE: &str = "https://accounts.google.com";
/// Stands for the issuer where GitHub has none.
pub(crate) const GITHUB: &str = "https://github.com";

impl OauthProviderConfig {
    pub(crate) fn kind_of(&self, name: &str) -> OauthProviderKind {
        self.kind.unwrap_or(match name {
            "google" => OauthProviderKind::Google,
            "github" => OauthProviderKind::Github,
            _ => OauthProviderKind::Oidc,
        })
    }

    /// The name space of the provider's subjects.
    pub(crate) fn issuer_of(&self, name: &str) -> &str {
        match (self.issuer.as_str(), self.kind_of(name)) {
            ("", OauthProviderKind::Google) => GOOGLE,
            ("", OauthProviderKind::Github) => GITHUB,
            (issuer, _) => issuer,
        }
    }
}

impl OauthConfig {
    /// The issuers by which somebody can sign in now.
    pub(crate) fn issuers(&self) -> Vec<String> {
        self.providers.iter().map(|(name, provider)| provider.issuer_of(name).to_owned()).collect()
    }

    /// True for an address that the settings list.
    pub(crate) fn allows_redirect(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|allowed| allowed == uri || differs_by_loopback_port(allowed, uri))
    }

    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        for uri in self.redirect_uris.iter().filter(|uri| !is_fit_for_redirects(uri)) {
            let rule = "must be https, http on this machine, or an app's own scheme, without a fragment";
            faults.push(("auth.oauth.redirect_uris".to_owned(), format!("`{uri}` {rule}")));
        }
        if !self.callback_base.is_empty() && !is_safe(&self.callback_base) {
            faults.push(("auth.oauth.callback_base".to_owned(), "must be https, or http on this machine".to_owned()));
        }
        for (name, provider) in &self.providers {
            let key = |field: &str| format!("auth.oauth.providers.{name}.{field}");
            let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_');
            if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
                let rule = "may have small letters, digits, - and _ in its name only, at most 40";
                faults.push((format!("auth.oauth.providers.{name}"), rule.to_owned()));
            }
            if provider.client_id.is_empty() {
                faults.push((key("client_id"), "is needed".to_owned()));
            }
            if !is_safe(provider.issuer_of(name)) {
                faults.push((key("issuer"), "must be https, or http on this machine".to_owned()));
            }
        }
        let issuers = self.issuers();
        if issuers.iter().enumerate().any(|(at, issuer)| issuers.iter().skip(at + 1).any(|other| other == issuer)) {
            faults.push(("auth.oauth.providers".to_owned(), "two of them have the same issuer".to_owned()));
        }
        faults
    }
}

/// True for `https`, and for `http` that does not leave the machine.
pub(crate) fn is_safe(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    match url.scheme() {
        "https" => url.host_str().is_some() && url.fragment().is_none(),
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) && url.fragment().is_none(),
        _ => false,
    }
}

fn is_fit_for_redirects(uri: &str) -> bool {
    // What runs or shows something by itself is no place to come back to. An app's own scheme has a dot (RFC 8252 section 7.1).
    let own_scheme = Url::parse(uri).is_ok_and(|url| url.scheme().contains('.') && url.fragment().is_none());
    is_safe(uri) || own_scheme
}

fn differs_by_loopback_port(allowed: &str, uri: &str) -> bool {
    let (Ok(mut allowed), Ok(mut asked)) = (Url::parse(allowed), Url::parse(uri)) else { return false };
    let loopback = allowed.scheme() == "http" && matches!(allowed.host_str(), Some("127.0.0.1" | "[::1]"));
    // Written as a parser writes it: nothing is hidden in another notation.
    let plain = asked.as_str() == uri;
    loopback && plain && allowed.set_port(None).is_ok() && asked.set_port(None).is_ok() && allowed == asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(value: serde_json::Value) -> OauthConfig {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_listed_addresses_are_gone_back_to_and_only_the_port_of_a_loopback_address_may_differ() {
        let config =
            config(serde_json::json!({"redirect_uris": "https://app.example/cb, http://127.0.0.1/cb,com.example.app:/cb"}));
        assert_eq!(config.validate(), []);
        for good in ["https://app.example/cb", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "com.example.app:/cb"] {
            assert!(config.allows_redirect(good), "{good}");
        }
        for bad in [
            "https://app.example/cb/",
            "https://app.example/cb?next=x",
            "https://app.example:8443/cb",
            "https://APP.example/cb",
            "https://app.example.evil.example/cb",
            "https://app.example@evil.example/cb",
            "http://127.0.0.1:1/other",
            "http://user@127.0.0.1:1/cb",
            "http://127.0.0.1:1/cb#x",
            "http://127.0.0.1:1/x/../cb",
            "http://localhost/cb",
            "//evil.example/cb",
            "",
        ] {
            assert!(!config.allows_redirect(bad), "{bad}");
        }
    }

    #[test]
    fn settings_that_would_leak_or_can_not_work_are_refused() {
        let bad = config(serde_json::json!({
            "redirect_uris": ["http://app.example/cb", "javascript:alert(1)", "https://app.example/#cb", "cb"],
            "providers": {
                "Mine": {"issuer": "http://issuer.example", "client_id": "c"},
                "github": {}, "hub": {"kind": "github", "client_id": "c"},
            },
        }));
        let keys: Vec<String> = bad.validate().into_iter().map(|(key, _)| key).collect();
        let uris = "auth.oauth.redirect_uris";
        let expected = [
            uris,
            uris,
            uris,
            uris,
            "auth.oauth.providers.Mine",
            "auth.oauth.providers.Mine.issuer",
            "auth.oauth.providers.github.client_id",
            "auth.oauth.providers",
        ];
        assert_eq!(keys, expected);
        let secret = config(serde_json::json!({"providers": {"google": {"client_id": "c", "client_secret": "canary"}}}));
        assert_eq!(secret.validate(), []);
        assert!(!format!("{secret:?}{}", serde_json::json!(secret)).contains("canary"));
    }
}
