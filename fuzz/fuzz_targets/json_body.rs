#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = core_http::parse_json::<serde_json::Value>(bytes, 64);
});
