#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| auth::testing::fuzz::api_key(bytes));
