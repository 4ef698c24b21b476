use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded::byte_serialize;

use crate::wire::{Recorded, Reply};

/// How a vendor's OAuth behaves.
#[derive(Clone, Debug)]
pub struct OauthRules {
    /// How the vendor knows the one app.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// Seconds that an access token lives; none: the vendor does not say and it lives until [`Grants::expire_access`].
    pub expires_in: Option<i64>,
    /// A refresh ends the refresh token that was sent.
    pub rotates: bool,
    /// Refresh tokens are given.
    pub refreshes: bool,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    challenge: Option<String>,
    scope: String,
}

/// What a token endpoint hands out.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) expires_in: Option<i64>,
    pub(crate) scope: String,
}

/// The tokens of one vendor: those that were made by hand, and those of OAuth.
#[derive(Debug)]
pub struct Grants {
    /// How OAuth behaves; may be changed at any time.
    pub rules: OauthRules,
    codes: BTreeMap<String, Code>,
    /// Access tokens with the moment of their end (UTC milliseconds).
    access: BTreeMap<String, Option<i64>>,
    refresh: BTreeMap<String, String>,
    made: usize,
    refreshed: usize,
    prefix: &'static str,
}

impl Grants {
    pub(crate) fn new(prefix: &'static str, rules: OauthRules) -> Self {
        Self { rules, codes: BTreeMap::new(), access: BTreeMap::new(), refresh: BTreeMap::new(), made: 0, refreshed: 0, prefix }
    }

    /// Knows a token that was made by hand; it does not expire.
    pub fn know(&mut self, token: &str) {
        self.access.insert(token.to_owned(), None);
    }

    /// Forgets a token.
    pub fn revoke(&mut self, token: &str) {
        self.access.remove(token);
        self.refresh.remove(token);
    }

    /// Ends every access token of OAuth now.
    pub fn expire_access(&mut self) {
        self.access.retain(|token, _| !token.contains("-oauth-"));
    }

    /// Ends every refresh token: people have to connect again.
    pub fn end_refresh(&mut self) {
        self.refresh.clear();
    }

    /// How often tokens were refreshed.
    pub fn refreshed(&self) -> usize {
        self.refreshed
    }

    pub(crate) fn is_live(&self, token: &str, now: i64) -> bool {
        self.access.get(token).is_some_and(|end| end.is_none_or(|end| now < end))
    }

    /// The page where people agree: everybody does, and goes back with a code.
    pub(crate) fn authorize(&mut self, request: &Recorded) -> Reply {
        let parameter = |name: &str| request.parameter(name).unwrap_or_default().to_owned();
        let redirect_uri = parameter("redirect_uri");
        if parameter("client_id") != self.rules.client_id || redirect_uri.is_empty() {
            return Reply::html(400);
        }
        let code = self.next("code");
        let challenge = request.parameter("code_challenge").map(str::to_owned);
        self.codes.insert(code.clone(), Code { redirect_uri: redirect_uri.clone(), challenge, scope: parameter("scope") });
        let state: String = byte_serialize(parameter("state").as_bytes()).collect();
        let mark = if redirect_uri.contains('?') { '&' } else { '?' };
        Reply::empty(302).with("location", format!("{redirect_uri}{mark}code={code}&state={state}"))
    }

    pub(crate) fn is_the_app(&self, id: &str, secret: &str) -> bool {
        id == self.rules.client_id && secret == self.rules.client_secret
    }

    /// Exchanges a code, once.
    pub(crate) fn redeem(&mut self, code: &str, redirect_uri: &str, verifier: Option<&str>, now: i64) -> Option<Granted> {
        let known = self.codes.remove(code)?;
        let proven = known.challenge.as_ref().is_none_or(|challenge| {
            let digest = digest::digest(&digest::SHA256, verifier.unwrap_or_default().as_bytes());
            URL_SAFE_NO_PAD.encode(digest.as_ref()) == *challenge
        });
        (proven && known.redirect_uri == redirect_uri).then(|| self.grant(known.scope, now))
    }

    /// Exchanges a refresh token.
    pub(crate) fn renew(&mut self, refresh: &str, now: i64) -> Option<Granted> {
        let scope = self.refresh.get(refresh)?.clone();
        self.refreshed += 1;
        let mut granted = self.grant(scope, now);
        if self.rules.rotates {
            self.refresh.remove(refresh);
        } else {
            self.refresh.remove(granted.refresh.as_deref().unwrap_or_default());
            granted.refresh = Some(refresh.to_owned());
        }
        Some(granted)
    }

    fn grant(&mut self, scope: String, now: i64) -> Granted {
        let access = self.next("access");
        let expires_in = self.rules.expires_in;
        self.access.insert(access.clone(), expires_in.map(|seconds| now + seconds * 1000));
        let refresh = self.rules.refreshes.then(|| self.next("refresh"));
        if let Some(refresh) = &refresh {
            self.refresh.insert(refresh.clone(), scope.clone());
        }
        Granted { access, refresh, expires_in, scope }
    }

    fn next(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{}-oauth-{kind}-{}", self.prefix, self.made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants() -> Grants {
        let rules = OauthRules {
            client_id: "app".into(),
            client_secret: "secret".into(),
            expires_in: Some(60),
            rotates: true,
            refreshes: true,
        };
        Grants::new("x", rules)
    }

    #[test]
    fn a_rotating_refresh_token_works_once() {
        let mut grants = grants();
        let first = grants.grant("all".into(), 0);
        let refresh = first.refresh.unwrap();
        assert!(grants.is_live(&first.access, 59_999) && !grants.is_live(&first.access, 60_000));
        let second = grants.renew(&refresh, 60_000).unwrap();
        assert!(grants.renew(&refresh, 60_000).is_none());
        assert!(grants.renew(&second.refresh.unwrap(), 60_000).is_some());
        assert_eq!(grants.refreshed(), 2);
    }

    #[test]
    fn a_code_works_once_and_with_its_verifier_alone() {
        let mut grants = grants();
        // The pair of RFC 7636 appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let query = [("client_id", "app"), ("redirect_uri", "http://a/cb"), ("state", "s"), ("code_challenge", challenge)];
        let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut code = || {
            let reply = grants.authorize(&Recorded { query: query.clone(), ..Recorded::default() });
            let (_, location) = reply.headers.into_iter().find(|(name, _)| name == "location").unwrap();
            location.strip_prefix("http://a/cb?code=").unwrap().split('&').next().unwrap().to_owned()
        };
        let (first, second) = (code(), code());
        assert!(grants.redeem(&first, "http://a/cb", Some("wrong"), 0).is_none());
        let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert!(grants.redeem(&second, "http://a/cb", verifier, 0).is_some());
        assert!(grants.redeem(&second, "http://a/cb", verifier, 0).is_none());
    }
}
