use std::fmt;
use std::sync::Arc;

use reqwest::dns::Resolve;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{ClientBuilder, Method};
use url::Url;

use crate::guard::{Guard, GuardedDns, SystemDns};
use crate::request::{Caps, RequestBuilder};
use crate::{EgressConfig, EgressError};

/// How many redirects an operator target may make.
const MAX_REDIRECTS: usize = 5;

/// Both clients. Cloning is cheap, and clones share connections.
#[derive(Clone, Debug)]
pub struct Egress {
    operator: Client,
    user: Client,
}

impl Egress {
    /// Sets both up; fails only when TLS cannot be.
    pub fn new(config: EgressConfig) -> Result<Self, EgressError> {
        Self::with_dns(&config, Arc::new(SystemDns))
    }

    pub(crate) fn with_dns(config: &EgressConfig, dns: Arc<dyn Resolve>) -> Result<Self, EgressError> {
        let caps = Caps {
            connect: config.connect_timeout,
            total: config.total_timeout,
            idle: config.idle_timeout,
            body_bytes: config.max_body_bytes,
        };
        let operator = build(config, |builder| builder.redirect(Policy::custom(follow_safely)))?;
        let guard = Guard::new(&config.allow_private, config.allow_http);
        let user = build(config, |builder| {
            let dns = GuardedDns { guard: guard.clone(), dns: dns.clone() };
            builder.redirect(Policy::none()).no_proxy().referer(false).dns_resolver(dns)
        })?;
        Ok(Self { operator: Client { http: operator, guard: None, caps }, user: Client { http: user, guard: Some(guard), caps } })
    }

    /// For base URLs from settings: any address.
    pub fn operator(&self) -> &Client {
        &self.operator
    }

    /// For URLs from requests and rows: public addresses only.
    pub fn user(&self) -> &Client {
        &self.user
    }
}

/// Makes requests to one kind of target.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    guard: Option<Guard>,
    caps: Caps,
}

impl Client {
    /// A request to fill in and send. Whether the URL is allowed turns out when it is sent; ask [`Client::check`] before
    /// storing one.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.check(&url).map(|()| self.http.request(method, url));
        RequestBuilder::new(request, self.caps, self.guard.is_none())
    }

    /// Refuses a URL that this kind of target may not have, as far as that shows without looking its name up.
    pub fn check(&self, url: &Url) -> Result<(), EgressError> {
        self.guard.as_ref().map_or(Ok(()), |guard| guard.check(url))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.guard.is_some() { "user" } else { "operator" };
        f.debug_struct("Client").field("kind", &kind).field("caps", &self.caps).finish_non_exhaustive()
    }
}

/// Builds with the system's certificates, or with the built-in ones on a system that has none (a bare container image).
fn build(config: &EgressConfig, finish: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<reqwest::Client, EgressError> {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
    let builder = || reqwest::Client::builder().user_agent(&config.user_agent).connect_timeout(config.connect_timeout);
    let system = finish(builder()).build();
    system.or_else(|error| {
        tracing::warn!(%error, "no certificates of the system; using the built-in ones");
        finish(builder()).tls_backend_preconfigured(built_in_tls()?).build().map_err(|error| set_up(&error))
    })
}

fn built_in_tls() -> Result<rustls::ClientConfig, EgressError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(versions.map_err(|error| set_up(&error))?.with_root_certificates(roots).with_no_client_auth())
}

fn set_up(error: &dyn fmt::Display) -> EgressError {
    EgressError::SetUp(error.to_string())
}

fn follow_safely(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_https = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_https && attempt.url().scheme() != "https" {
        attempt.error("a redirect from https to http")
    } else if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("too many redirects")
    } else {
        attempt.follow()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use reqwest::dns::{Addrs, Name, Resolving};

    use super::*;

    #[derive(Clone)]
    struct FixedDns(Vec<SocketAddr>);

    impl Resolve for FixedDns {
        fn resolve(&self, _name: Name) -> Resolving {
            let found = self.0.clone();
            Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
        }
    }

    #[tokio::test]
    async fn a_name_that_points_inside_is_refused_before_connecting() {
        let inside = ["127.0.0.1:0", "10.0.0.1:0", "[::1]:0", "[::ffff:10.0.0.1]:0"].map(|text| text.parse().unwrap());
        let egress = Egress::with_dns(&EgressConfig::default(), Arc::new(FixedDns(inside.to_vec()))).unwrap();
        let error = egress.user().request(Method::GET, "https://rebind.example/".parse().unwrap()).send().await.unwrap_err();
        assert_eq!(error, EgressError::Refused { reason: "the name has no public address".to_owned() });
        assert!(error.nothing_was_sent());
    }

    #[tokio::test]
    async fn of_mixed_addresses_only_the_permitted_are_left() {
        let mixed = ["10.0.0.1:0", "93.184.215.14:0", "[fe80::1]:0", "192.168.7.7:0"].map(|text| text.parse().unwrap());
        let guard = Guard::new(&["192.168.7.0/24".parse().unwrap()], false);
        let dns = GuardedDns { guard, dns: Arc::new(FixedDns(mixed.to_vec())) };
        let left: Vec<String> =
            dns.resolve("mixed.example".parse().unwrap()).await.unwrap().map(|address| address.ip().to_string()).collect();
        assert_eq!(left, ["93.184.215.14", "192.168.7.7"]);
    }

    #[test]
    fn the_built_in_certificates_make_a_client() {
        let tls = built_in_tls().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the fallback itself is under test")]
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).build();
        assert!(client.is_ok());
    }
}
