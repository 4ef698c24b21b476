use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::{Host, Url};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::AuthError;

/// Passkeys (WebAuthn).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeySettings {
    /// The domain that passkeys belong to; empty: the host of the public URL. It can't be changed later without losing them.
    pub rp_id: String,
    /// How the product calls itself where passkeys are made; empty: the domain.
    pub rp_name: String,
    /// Where they may be used beside the public URL: origins of front ends, such as `https://app.example.com`, or of apps.
    pub origins: Vec<String>,
}

impl PasskeySettings {
    pub(crate) fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !self.rp_id.is_empty() && !matches!(Host::parse(&self.rp_id), Ok(Host::Domain(name)) if name == self.rp_id) {
            problems.push(("passkeys.rp_id", "must be a domain in lower case, such as example.com".to_owned()));
        }
        for origin in self.origins.iter().filter(|origin| Url::parse(origin).is_err()) {
            problems.push(("passkeys.origins", format!("`{origin}` is not an origin such as https://app.example.com")));
        }
        problems
    }
}

/// Whom passkeys are made for: a domain, and the origins where they work. From settings alone, never from a request.
#[derive(Clone, Debug)]
pub(crate) struct RelyingParty(Option<Arc<Webauthn>>);

impl RelyingParty {
    /// There is none where the public URL has an address in place of a name and no domain is set: browsers make passkeys for
    /// names only.
    pub(crate) fn new(settings: &PasskeySettings, public_url: &str) -> Result<Self, AuthError> {
        let fault = |cause: &str| AuthError::Internal(format!("auth.passkeys: {cause}"));
        let public_url = Url::parse(public_url).map_err(|_| fault("the public URL can't be read"))?;
        let rp_id = match (settings.rp_id.as_str(), public_url.domain()) {
            ("", None) => return Ok(Self(None)),
            ("", Some(host)) => host,
            (named, _) => named,
        };
        let origins: Result<Vec<Url>, _> = settings.origins.iter().map(|origin| Url::parse(origin)).collect();
        let origins = origins.map_err(|_| fault("an origin can't be read"))?;
        // The first one must lie in the domain; an API may be served from elsewhere than its front end.
        let within = |url: &&Url| url.domain().is_some_and(|host| host == rp_id || host.ends_with(&format!(".{rp_id}")));
        let all: Vec<&Url> = std::iter::once(&public_url).chain(&origins).collect();
        let first =
            all.iter().copied().find(within).ok_or_else(|| fault("neither the public URL nor an origin lies in rp_id"))?;
        let mut builder = WebauthnBuilder::new(rp_id, first).map_err(|_| fault("rp_id does not fit the origin"))?;
        for origin in all.into_iter().filter(|url| *url != first) {
            builder = builder.append_allowed_origin(origin);
        }
        if !settings.rp_name.is_empty() {
            builder = builder.rp_name(&settings.rp_name);
        }
        // Nobody but this machine is localhost; front ends under development have ports of their own.
        builder = builder.allow_any_port(rp_id == "localhost");
        builder.build().map(|party| Self(Some(Arc::new(party)))).map_err(|_| fault("it can't be set up"))
    }

    pub(crate) fn get(&self) -> Result<&Webauthn, AuthError> {
        self.0.as_deref().ok_or(AuthError::PasskeysNotConfigured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(rp_id: &str, origins: &[&str], public_url: &str) -> Option<Vec<String>> {
        let origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        let settings = PasskeySettings { rp_id: rp_id.to_owned(), rp_name: String::new(), origins };
        assert!(settings.validate().is_empty());
        let party = RelyingParty::new(&settings, public_url).ok()?;
        Some(party.get().ok()?.get_allowed_origins().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_domain_is_that_of_the_public_url_or_one_above_an_origin() {
        assert_eq!(origins("", &[], "https://example.com").unwrap(), ["https://example.com/"]);
        let both = origins("example.com", &["https://app.example.com"], "https://api.example.com").unwrap();
        assert_eq!(both, ["https://api.example.com/", "https://app.example.com/"]);
        assert_eq!(origins("", &[], "http://127.0.0.1:8080"), None, "an address is no domain");
        assert_eq!(origins("example.com", &[], "https://example.com.evil.example"), None);
        assert_eq!(origins("example.com", &[], "https://myexample.com"), None);
    }

    #[test]
    fn a_domain_is_no_url() {
        for wrong in ["https://example.com", "Example.com", "127.0.0.1", "example.com/path"] {
            let settings = PasskeySettings { rp_id: wrong.to_owned(), ..PasskeySettings::default() };
            assert_eq!(settings.validate().len(), 1, "{wrong}");
        }
    }
}
