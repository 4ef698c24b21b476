use std::time::Duration;

use ipnet::IpNet;

/// How far and how long requests may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressConfig {
    /// Ranges that user targets may reach although they are not public.
    pub allow_private: Vec<IpNet>,
    /// User targets may be `http:`; for development.
    pub allow_http: bool,
    /// The most time to connect, look-up and TLS included.
    pub connect_timeout: Duration,
    /// The most time from the request to the last byte of the answer, unless the request sets its own.
    pub total_timeout: Duration,
    /// The most time between two pieces of a body, unless the request sets its own.
    pub idle_timeout: Duration,
    /// The largest body of an answer, in bytes, unless the request sets its own.
    pub max_body_bytes: usize,
    /// The `User-Agent` of every request.
    pub user_agent: String,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            allow_http: false,
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(30),
            max_body_bytes: 32 * 1024 * 1024,
            user_agent: concat!("Brickwork/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
