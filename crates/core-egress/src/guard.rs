use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::EgressError;
use crate::address::is_permitted;

/// What user targets may reach.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allowed: Arc<[IpNet]>,
    allow_http: bool,
}

impl Guard {
    pub(crate) fn new(allowed: &[IpNet], allow_http: bool) -> Self {
        Self { allowed: allowed.into(), allow_http }
    }

    /// Judges what can be judged without a look-up. The URL parser has brought decimal, octal and hexadecimal forms of
    /// addresses into the usual one already.
    pub(crate) fn check(&self, url: &Url) -> Result<(), EgressError> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(refused("only https is allowed")),
            _ => return Err(refused("only http and https are known")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("a user name or password in the address"));
        }
        match url.host() {
            None => Err(refused("no host")),
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(address)) => self.permit(address.into()),
            Some(Host::Ipv6(address)) => self.permit(address.into()),
        }
    }

    fn permit(&self, address: std::net::IpAddr) -> Result<(), EgressError> {
        if is_permitted(address, &self.allowed) { Ok(()) } else { Err(refused("the address is not public")) }
    }
}

fn refused(reason: &str) -> EgressError {
    EgressError::Refused { reason: reason.to_owned() }
}

/// Resolves names and leaves only the addresses that the guard permits. The connection is made to one of them without another
/// look-up, so an answer that changes in between (DNS rebinding) has no effect.
pub(crate) struct GuardedDns {
    pub(crate) guard: Guard,
    pub(crate) dns: Arc<dyn Resolve>,
}

impl Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, answer) = (self.guard.clone(), self.dns.resolve(name));
        Box::pin(async move {
            let permitted: Vec<SocketAddr> = answer.await?.filter(|found| guard.permit(found.ip()).is_ok()).collect();
            if permitted.is_empty() {
                return Err(refused("the name has no public address").into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// The operating system's look-up.
pub(crate) struct SystemDns;

impl Resolve for SystemDns {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_addresses_are_refused_in_every_notation() {
        let guard = Guard::new(&[], true);
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://127.1/",
            "http://0/",
            "http://0x0a000001/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://224.0.0.1/",
            "http://１２７.０.０.１/",
            "https://10.0.0.1:8443/",
            "http://192.168.0.1./",
        ] {
            let parsed = Url::parse(url).unwrap();
            assert!(matches!(guard.check(&parsed), Err(EgressError::Refused { .. })), "{url} is {parsed}");
        }
    }

    #[test]
    fn only_https_without_credentials_passes_unless_http_is_allowed() {
        let (strict, lenient) = (Guard::new(&[], false), Guard::new(&[], true));
        let check = |guard: &Guard, url: &str| guard.check(&Url::parse(url).unwrap()).is_ok();
        assert!(check(&strict, "https://example.com/hook"));
        assert!(check(&strict, "https://8.8.8.8:8443/"));
        assert!(!check(&strict, "http://example.com/hook"));
        assert!(check(&lenient, "http://example.com/hook"));
        for url in
            ["https://user@example.com/", "https://:pw@example.com/", "ftp://example.com/", "file:///etc/passwd", "data:,x"]
        {
            assert!(!check(&lenient, url), "{url}");
        }
    }
}
