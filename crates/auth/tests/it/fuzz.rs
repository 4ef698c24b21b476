//! The bodies of the fuzz targets on their seeds and on random bytes.

use std::sync::Arc;

use auth::testing::fuzz;
use core_kernel::OsRng;
use core_keys::{Keyring, MasterKey};

const ROUNDS: usize = 20_000;

#[test]
fn an_address_is_read_or_refused_whatever_its_letters() {
    let seeds: [&[u8]; 4] =
        ["Ada@Example.com".as_bytes(), "ａｄａ@ｅｘａｍｐｌｅ.com".as_bytes(), "i̇@K.example".as_bytes(), b"a@b.c\0"];
    core_testing::fuzz(&seeds, ROUNDS, fuzz::address);
}

#[test]
fn nobody_makes_a_refresh_token_or_a_cookie_up() {
    let keyring = Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng));
    let token = fuzz::some_refresh_token(&keyring);
    core_testing::fuzz(&[token.as_bytes(), b"bwc1_AAAA"], ROUNDS, |bytes| fuzz::refresh_token(&keyring, bytes));
}

#[test]
fn what_reads_as_an_api_key_has_the_documented_form() {
    let key = fuzz::some_api_key();
    core_testing::fuzz(&[key.as_bytes(), b"bwk_live_"], ROUNDS, fuzz::api_key);
}
