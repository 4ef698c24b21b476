#![no_main]
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bits: u32| {
    let plain = Ipv4Addr::from_bits(bits);
    let mapped: Ipv6Addr = plain.to_ipv6_mapped();
    if core_egress::is_public(IpAddr::V6(mapped)) {
        assert!(core_egress::is_public(IpAddr::V4(plain)));
    }
});
