//! Bodies of fuzz targets: what must hold for any text that comes where an address, a token or a key is expected.

use core_keys::Keyring;
use uuid::Uuid;

use crate::model::SessionId;
use crate::{Email, cookies, key_text, token};

/// Addresses: the canonical form is an address, stable and bounded.
///
/// # Panics
///
/// When it does not hold.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(email) = Email::parse(&text) {
        let again = Email::parse(email.canonical()).map(|again| again.canonical().to_owned());
        assert_eq!(again.as_deref(), Some(email.canonical()), "a canonical address is an address");
        assert!(email.canonical().len() <= 254 && !email.canonical().contains(char::is_control));
    }
}

/// Refresh tokens and cookies: only what this server made opens.
///
/// # Panics
///
/// When it does not hold.
pub fn refresh_token(keyring: &Keyring, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(cookies::open(keyring, &text), None, "nobody can guess a signature");
    if let Some((session, counter)) = token::open_refresh_token(keyring, &text) {
        assert_eq!(token::refresh_token(keyring, session, counter), text, "one text for one token");
        assert_eq!(session, planted(), "nobody can guess a signature");
    }
}

/// A refresh token that opens, to begin with.
pub fn some_refresh_token(keyring: &Keyring) -> String {
    token::refresh_token(keyring, planted(), 7)
}

fn planted() -> SessionId {
    SessionId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001))
}

/// API keys: what has the form of one has its length, its letters and its checksum.
///
/// # Panics
///
/// When it does not hold.
pub fn api_key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(id) = key_text::key_id(&text) {
        assert!(text.starts_with(crate::API_KEY_PREFIX) && text.is_ascii() && text.contains(id));
    }
}

/// An API key of the right form, to begin with.
pub fn some_api_key() -> String {
    key_text::new_key(&core_kernel::OsRng, "AAAAAAAA").expose().to_owned()
}
