#![no_main]
use std::sync::{Arc, LazyLock};

use core_kernel::OsRng;
use core_keys::{Keyring, MasterKey};
use libfuzzer_sys::fuzz_target;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng)));

fuzz_target!(|text: &str| {
    assert!(KEYRING.open_token("fuzz", text).is_err(), "nobody can guess a signature");
    let token = KEYRING.sign_token("fuzz", text.as_bytes());
    assert_eq!(KEYRING.open_token("fuzz", &token).ok().as_deref(), Some(text.as_bytes()));
});
