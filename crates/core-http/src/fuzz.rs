//! Bodies of fuzz targets: what must hold for any bytes from outside. `tests/it/fuzz.rs` runs them in every test run, the targets
//! in `fuzz/` for as long as one likes.
#![expect(clippy::expect_used, reason = "a body of a fuzz target fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};

use core_kernel::Order;
use core_keys::Keyring;
use ipnet::IpNet;

use crate::PageQuery;
use crate::client_ip::forwarded;

/// Queries of lists: nobody makes a cursor up, and no query breaks the reader.
pub fn cursor(keyring: &Keyring, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(page) = PageQuery::read(&text, Order::Desc, "fuzz", keyring) {
        assert!(page.after.is_none(), "nobody can guess a signature");
        assert!((1..=100).contains(&page.limit));
    }
    let encoded = text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}"));
    let read = PageQuery::read(&format!("cursor={encoded}"), Order::Desc, "fuzz", keyring);
    assert!(read.is_err(), "nobody can guess a signature");
}

/// `X-Forwarded-For`: without a trusted peer it is never believed; with one, a trusted proxy is never taken for the client unless
/// there is nobody else.
pub fn forwarded_header(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.split('\n').collect();
    let proxies: IpNet = "10.0.0.0/8".parse().expect("a network");
    let (proxy, stranger) = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)));
    assert_eq!(forwarded(stranger, &lines, &[proxies]), stranger);
    assert_eq!(forwarded(stranger, &lines, &[]), stranger);
    let client = forwarded(proxy, &lines, &[proxies]);
    if client != proxy {
        assert!(lines.iter().any(|line| {
            line.split(',').any(|hop| hop.trim().parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == client))
        }));
    }
}

/// JSON bodies: no panic, and nothing deeper than the limit.
pub fn json_body(bytes: &[u8]) {
    if let Ok(value) = crate::parse_json::<serde_json::Value>(bytes, 64) {
        assert!(depth(&value) <= 64);
    }
}

fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
