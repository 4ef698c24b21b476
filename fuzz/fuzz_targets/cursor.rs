#![no_main]
use std::sync::{Arc, LazyLock};

use core_kernel::OsRng;
use core_keys::{Keyring, MasterKey};
use libfuzzer_sys::fuzz_target;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng)));

fuzz_target!(|bytes: &[u8]| core_http::fuzz::cursor(&KEYRING, bytes));
