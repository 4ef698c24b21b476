use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of organisations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrgsConfig {
    /// How long an invitation may be accepted, in days.
    pub invitation_days: u64,
    /// A product's own page that posts to `/orgs/invitations/accept`; empty: this server's. The token is appended as a URL fragment.
    pub invitation_page: String,
    /// How many open invitations an organisation may have.
    pub max_invitations: u64,
    /// Name servers that are asked for the records of domains, `192.0.2.53` or `192.0.2.53:5353`; none: those of the system.
    pub dns_servers: Vec<String>,
    /// How many members an organisation may have; 0: as many as it likes. A product with plans puts its own `SeatPolicy` here.
    pub seats: u32,
}

impl Default for OrgsConfig {
    fn default() -> Self {
        Self { invitation_days: 7, invitation_page: String::new(), max_invitations: 100, dns_servers: Vec::new(), seats: 0 }
    }
}

impl OrgsConfig {
    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !(1..=30).contains(&self.invitation_days) {
            problems.push(("invitation_days", "must be 1 to 30".to_owned()));
        }
        if !(1..=10_000).contains(&self.max_invitations) {
            problems.push(("max_invitations", "must be 1 to 10000".to_owned()));
        }
        if self.name_servers().len() < self.dns_servers.len() {
            problems.push(("dns_servers", "must be addresses such as 192.0.2.53 or 192.0.2.53:5353".to_owned()));
        }
        problems
    }

    /// The addresses in `dns_servers`, port 53 where none is named; what is no address is left out.
    pub fn name_servers(&self) -> Vec<SocketAddr> {
        let read = |text: &String| text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))).ok();
        self.dns_servers.iter().filter_map(read).collect()
    }

    pub(crate) fn invitation_life(&self) -> Duration {
        Duration::from_hours(24 * self.invitation_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_named() {
        assert!(OrgsConfig::default().validate().is_empty());
        let wrong = OrgsConfig {
            invitation_days: 0,
            max_invitations: 0,
            dns_servers: vec!["dns.example".to_owned()],
            ..OrgsConfig::default()
        };
        let keys: Vec<_> = wrong.validate().into_iter().map(|(key, _)| key).collect();
        let named = OrgsConfig { dns_servers: vec!["192.0.2.53".into(), "[2001:db8::53]:5353".into()], ..OrgsConfig::default() };
        let servers: Vec<_> = named.name_servers().iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["192.0.2.53:53", "[2001:db8::53]:5353"]);
        assert_eq!(keys, ["invitation_days", "max_invitations", "dns_servers"]);
    }
}
