use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The address of the client: the peer, or, where the peer is a trusted proxy, the first address of `X-Forwarded-For` from the
/// right that is none. What can't be read ends the search, since everything left of it is hearsay.
pub(crate) fn of(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    if trusted.is_empty() {
        return peer;
    }
    let lines: Vec<&str> = request.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
    forwarded(peer, &lines, trusted)
}

pub(crate) fn forwarded(peer: IpAddr, lines: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => return peer,
        }
    }
    client
}

/// The part of an address that one subscriber has: IPv4 whole, IPv6 the first 64 bits.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_from_the_right() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(forwarded(ip("203.0.113.9"), &["198.51.100.1"], &trusted), ip("203.0.113.9"));
        assert_eq!(forwarded(ip("10.0.0.1"), &["198.51.100.1"], &trusted), ip("198.51.100.1"));
        assert_eq!(forwarded(ip("10.0.0.1"), &["6.6.6.6, 198.51.100.1, 10.0.0.2"], &trusted), ip("198.51.100.1"));
        assert_eq!(forwarded(ip("10.0.0.1"), &["6.6.6.6", "198.51.100.1"], &trusted), ip("198.51.100.1"));
    }

    #[test]
    fn an_unreadable_hop_falls_back_to_the_peer() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(forwarded(ip("10.0.0.1"), &["198.51.100.1, unknown"], &trusted), ip("10.0.0.1"));
    }

    #[test]
    fn ipv6_subscribers_are_64_bits_wide() {
        assert_eq!(subscriber(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(subscriber(ip("192.0.2.7")), ip("192.0.2.7"));
    }
}
