use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::LimitClass;

/// In what surroundings the server runs. The composition root sets it from its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// A laptop: any localhost origin may call, `Server-Timing` is sent.
    #[default]
    Development,
    /// Tests: as development.
    Test,
    /// In front of people: HSTS, only the listed origins, no timings.
    Production,
}

/// How the HTTP server listens and what it accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Address of the admin listener (metrics, health).
    pub admin_host: IpAddr,
    /// Port of the admin listener; 0 takes a free one.
    pub admin_port: u16,
    /// Where clients reach the server, without a slash at the end. Absent: derived from host and port.
    pub public_url: Option<String>,
    /// Origins that browsers may call from, such as `https://app.example.com`. In development any localhost origin may too.
    pub cors_origins: Vec<String>,
    /// Proxies (addresses or networks) whose `X-Forwarded-For` is believed. Empty: nobody's.
    pub trusted_proxies: Vec<String>,
    /// Worker threads; 0 is one per core.
    pub workers: usize,
    /// The most connections of each worker at a time.
    pub max_connections: usize,
    /// Path prefix of version 1 of the API.
    pub api_prefix: String,
    /// Name of the session cookie; begins with `__Host-`, so that no other host of the domain can set it.
    pub session_cookie: String,
    /// How long a login counts as recent for dangerous operations, in seconds.
    pub recent_login_seconds: u64,
    /// Sizes and times.
    pub limits: Limits,
    /// How long the listener stays open after the stop signal, so that load balancers see readiness fail, in milliseconds.
    pub drain_delay_ms: u64,
    /// How long work in flight may take after that, in seconds.
    pub shutdown_seconds: u64,
    /// Write one access log line per request (tracing target `access`).
    pub access_log: bool,
    /// How often each caller may call. A settings section of its own.
    #[serde(skip)]
    pub rate_limits: RateLimits,
    /// Surroundings.
    #[serde(skip)]
    pub mode: Mode,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8080,
            admin_host: IpAddr::from([127, 0, 0, 1]),
            admin_port: 9464,
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            workers: 0,
            max_connections: 25_000,
            api_prefix: "/api/v1".to_owned(),
            session_cookie: "__Host-session".to_owned(),
            recent_login_seconds: 300,
            limits: Limits::default(),
            drain_delay_ms: 500,
            shutdown_seconds: 25,
            access_log: true,
            rate_limits: RateLimits::default(),
            mode: Mode::default(),
        }
    }
}

impl HttpSettings {
    /// Everything that is wrong with the values, one `(key, problem)` each; empty when all is well.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if let Some(url) = &self.public_url {
            match url::Url::parse(url) {
                Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && !url.ends_with('/') => {}
                Ok(_) => problems.push(("public_url", "must be http or https and end without a slash".to_owned())),
                Err(error) => problems.push(("public_url", format!("is not a URL: {error}"))),
            }
        } else if self.mode == Mode::Production {
            problems.push(("public_url", "is required in production".to_owned()));
        }
        for proxy in &self.trusted_proxies {
            if parse_network(proxy).is_none() {
                problems.push(("trusted_proxies", format!("`{proxy}` is neither an address nor a network")));
            }
        }
        for origin in &self.cors_origins {
            let whole = url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if !whole {
                problems.push(("cors_origins", format!("`{origin}` is not an origin such as https://app.example.com")));
            }
        }
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !self.session_cookie.strip_prefix("__Host-").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(token)) {
            problems.push(("session_cookie", "must be `__Host-` and then letters, digits, `-`, `_` or `.`".to_owned()));
        }
        if !(1..=Semaphore::MAX_PERMITS).contains(&self.limits.large_bodies) {
            problems.push(("limits.large_bodies", "must be at least 1".to_owned()));
        }
        if !self.api_prefix.starts_with('/') || self.api_prefix.ends_with('/') {
            problems.push(("api_prefix", "must begin with a slash and end without one".to_owned()));
        }
        problems
    }

    /// The trusted proxies as networks; what is not readable is left out (`validate` names it).
    pub(crate) fn proxies(&self) -> Vec<IpNet> {
        self.trusted_proxies.iter().filter_map(|text| parse_network(text)).collect()
    }

    /// Where clients reach the server when it listens on `port`.
    pub(crate) fn public_url_at(&self, port: u16) -> String {
        self.public_url.clone().unwrap_or_else(|| {
            let host = if self.host.is_unspecified() { "localhost".to_owned() } else { self.host.to_string() };
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            format!("http://{host}:{port}")
        })
    }
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Sizes and times of requests (OWASP ASVS 5.0 chapter 4; slow-body defence: a floor on the transfer rate).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most bytes of a body where the operation says nothing else.
    pub max_body_bytes: usize,
    /// How deep JSON may nest.
    pub max_json_depth: usize,
    /// The most bytes of path and query together.
    pub max_uri_bytes: usize,
    /// The most bytes of all header names and values together.
    pub max_header_bytes: usize,
    /// How long reading the head may take, in seconds.
    pub head_seconds: u64,
    /// How long an idle connection is kept, in seconds.
    pub keep_alive_seconds: u64,
    /// How long a request may take where the operation says nothing else, in seconds.
    pub request_seconds: u64,
    /// How long reading a body may take, in seconds, and one second more for each 64 KiB received.
    pub body_seconds: u64,
    /// Bodies over `max_body_bytes`, where an operation takes them, that are read at once; a quarter of them for one caller. More wait for
    /// `body_seconds` and are then refused with 503.
    pub large_bodies: usize,
    /// The most bytes of an answer that is kept for replay under an Idempotency-Key.
    pub max_replay_bytes: usize,
    /// How often a quiet event stream sends a comment, in milliseconds.
    pub heartbeat_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 256 * 1024,
            max_json_depth: 64,
            max_uri_bytes: 8 * 1024,
            max_header_bytes: 64 * 1024,
            head_seconds: 5,
            keep_alive_seconds: 75,
            request_seconds: 30,
            body_seconds: 10,
            large_bodies: 256,
            max_replay_bytes: 1024 * 1024,
            heartbeat_ms: 12_000,
        }
    }
}

impl Limits {
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }
}

/// How often each caller may call, by the class of the operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Off answers every call; production refuses that.
    pub enabled: bool,
    /// Without signing in, per address (IPv4 /32, IPv6 /64).
    pub public: Rate,
    /// Reading, per caller.
    pub read: Rate,
    /// Writing, per caller.
    pub write: Rate,
    /// What costs money or minutes, per caller.
    pub expensive: Rate,
    /// Proving who one is, per address.
    pub login: Rate,
}

impl Default for RateLimits {
    fn default() -> Self {
        let rate = |requests, seconds| Rate { requests, seconds };
        Self {
            enabled: true,
            public: rate(300, 60),
            read: rate(1200, 60),
            write: rate(300, 60),
            expensive: rate(60, 60),
            login: rate(30, 60),
        }
    }
}

impl RateLimits {
    pub(crate) fn rate(&self, class: LimitClass) -> Option<Rate> {
        if !self.enabled {
            return None;
        }
        match class {
            LimitClass::Unlimited => None,
            LimitClass::Public => Some(self.public),
            LimitClass::Read => Some(self.read),
            LimitClass::Write => Some(self.write),
            LimitClass::Expensive => Some(self.expensive),
            LimitClass::Login => Some(self.login),
        }
    }
}

/// So many requests at once, refilled evenly over so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests.
    pub requests: u32,
    /// Seconds.
    pub seconds: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_cookie_is_for_this_host_alone() {
        for (name, good) in [
            ("__Host-session", true),
            ("session", false),
            ("__Host-", false),
            ("__Secure-session", false),
            ("__Host-a;b", false),
            ("__Host-a b", false),
        ] {
            let settings = HttpSettings { session_cookie: name.to_owned(), ..HttpSettings::default() };
            assert_eq!(settings.validate().is_empty(), good, "{name}");
        }
    }
}
