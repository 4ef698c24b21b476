#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| core_http::fuzz::forwarded_header(bytes));
