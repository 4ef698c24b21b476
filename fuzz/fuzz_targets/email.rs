#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(email) = auth::Email::parse(text) {
        let again = auth::Email::parse(email.canonical()).expect("a canonical address is an address");
        assert_eq!(again.canonical(), email.canonical());
        assert!(email.canonical().len() <= 254);
    }
});
