//! The bodies of the fuzz targets on their seeds and on random bytes.

use std::sync::Arc;

use core_http::fuzz;
use core_kernel::OsRng;
use core_keys::{Keyring, MasterKey};

const ROUNDS: usize = 20_000;

#[test]
fn nobody_makes_a_cursor_up() {
    let keyring = Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng));
    let foreign = keyring.sign_token("another purpose", b"0123456789abcdef0123456789abcdef");
    let query = format!("limit=20&cursor={foreign}");
    let seeds: [&[u8]; 4] = [query.as_bytes(), foreign.as_bytes(), b"limit=1&order=asc&created_after=2026-01-01T00:00:00Z", b"%"];
    core_testing::fuzz(&seeds, ROUNDS, |bytes| fuzz::cursor(&keyring, bytes));
}

#[test]
fn a_forwarded_header_is_believed_from_trusted_peers_only() {
    let seeds: [&[u8]; 4] = [b"203.0.113.7, 10.0.0.2", b"::ffff:203.0.113.7", b"unknown, 10.1.1.1\n198.51.100.1", b",,,"];
    core_testing::fuzz(&seeds, ROUNDS, fuzz::forwarded_header);
}

#[test]
fn a_body_is_read_or_refused_whatever_its_bytes() {
    let deep = "[".repeat(70);
    let seeds: [&[u8]; 4] = [br#"{"a":[1,2,{"b":null}],"c":"\u00e9"}"#, deep.as_bytes(), b"\xff\xfe", br#"{"a":1e999}"#];
    core_testing::fuzz(&seeds, ROUNDS, fuzz::json_body);
}
