use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// True for addresses of the public internet: none of the special-purpose ranges that IANA keeps (RFC 6890), no multicast,
/// none of the IPv6 forms that wrap an IPv4 address, and not the platform address that Azure took from public space.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // This network, private, loopback, multicast and reserved with broadcast.
        [0 | 10 | 127 | 224..=255, ..]
        // Shared address space (CGNAT), where Alibaba keeps its metadata service.
        | [100, 64..=127, ..]
        // Link-local, where most clouds keep theirs.
        | [169, 254, ..]
        | [172, 16..=31, ..]
        // IETF protocol assignments, documentation, 6to4 relays, private.
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [192, 168, ..]
        // Benchmarking.
        | [198, 18 | 19, ..]
        // Documentation.
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        // Azure's platform services (learn.microsoft.com, "What is IP address 168.63.129.16?").
        | [168, 63, 129, 16] => false,
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // IETF protocol assignments (Teredo, ORCHID, benchmarking), documentation, 6to4, documentation.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Global unicast; all else is loopback, mapped, NAT64, unique local, link-local, multicast or unassigned.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

/// Public, or in a range that the operator allows. A mapped IPv4 address is judged by the range of the address it wraps.
pub(crate) fn is_permitted(address: IpAddr, allowed: &[IpNet]) -> bool {
    is_public(address) || allowed.iter().any(|range| range.contains(&address) || range.contains(&address.to_canonical()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The registries, slowly. iana.org/assignments/iana-ipv4-special-registry and -ipv6-.
    const REFUSED: &[&str] = &[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "255.255.255.255/32",
        "::/8",
        "::1/128",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        // Everything but 2000::/3.
        "::/3",
        "4000::/2",
        "8000::/1",
    ];

    fn reference(address: IpAddr) -> bool {
        !REFUSED.iter().any(|range| range.parse::<IpNet>().unwrap().contains(&address))
    }

    #[test]
    fn both_ends_of_every_special_range_are_not_public_and_their_outer_neighbours_are_as_listed() {
        for range in REFUSED {
            let range: IpNet = range.parse().unwrap();
            let (first, last) = (range.network(), range.broadcast());
            for address in [Some(first), Some(last), before(first), after(last)].into_iter().flatten() {
                assert_eq!(is_public(address), reference(address), "{address}");
            }
            assert!(!is_public(first) && !is_public(last), "{range}");
        }
    }

    fn before(address: IpAddr) -> Option<IpAddr> {
        Some(match address {
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits().checked_sub(1)?)),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits().checked_sub(1)?)),
        })
    }

    fn after(address: IpAddr) -> Option<IpAddr> {
        Some(match address {
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits().checked_add(1)?)),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits().checked_add(1)?)),
        })
    }

    #[test]
    fn well_known_addresses_are_judged_right() {
        for public in ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for internal in [
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "::127.0.0.1",
            "255.255.255.255",
            "::",
            "0.0.0.0",
        ] {
            assert!(!is_public(internal.parse().unwrap()), "{internal}");
        }
    }

    #[test]
    fn an_allowed_range_holds_for_the_mapped_form_too_and_for_nothing_else() {
        let allowed = ["10.1.0.0/16".parse().unwrap()];
        for (address, permitted) in
            [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.2.0.1", false), ("::ffff:10.2.0.1", false), ("8.8.8.8", true)]
        {
            assert_eq!(is_permitted(address.parse().unwrap(), &allowed), permitted, "{address}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_fast_verdict_is_that_of_the_registries(v4: u32, v6: u128, high in 0_u16..=0x3fff) {
            let near = (v6 >> 16) | (u128::from(high) << 112);
            for address in [IpAddr::V4(v4.into()), IpAddr::V6(v6.into()), IpAddr::V6(near.into())] {
                prop_assert_eq!(is_public(address), reference(address), "{}", address);
            }
        }

        #[test]
        fn a_wrapped_ipv4_address_is_never_public(v4: u32) {
            let v4 = Ipv4Addr::from(v4);
            let [a, b, c, d] = v4.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for wrapped in [
                v4.to_ipv6_mapped(),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
            ] {
                prop_assert!(!is_public(wrapped.into()), "{}", wrapped);
            }
        }
    }
}
