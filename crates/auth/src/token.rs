use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::{Rng, Secret};
use core_keys::Keyring;
use uuid::Uuid;

use crate::SessionId;

const REFRESH: &str = "refresh-token";
const ONE_TIME: &str = "one-time-code";
/// Marks refresh tokens for secret scanners.
pub(crate) const REFRESH_PREFIX: &str = "bwr1_";
const ID: usize = 16;
const COUNTER: usize = 8;
const TAG: usize = 32;
const SUM: usize = 4;

/// A refresh token derived from its session's id and counter: nothing about it is stored, and handing out the same counter again
/// gives the same token. Layout before base64url: id, counter, HMAC tag, checksum (so that junk is refused before any look-up).
pub(crate) fn refresh_token(keyring: &Keyring, session: SessionId, counter: i64) -> String {
    let mut bytes = Vec::with_capacity(ID + COUNTER + TAG + SUM);
    bytes.extend_from_slice(session.get().as_bytes());
    bytes.extend_from_slice(&counter.to_be_bytes());
    let tag = keyring.sign(REFRESH, &bytes);
    bytes.extend_from_slice(&tag);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum);
    format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The session and counter of a refresh token that this server made.
pub(crate) fn open_refresh_token(keyring: &Keyring, token: &str) -> Option<(SessionId, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(REFRESH_PREFIX)?).ok()?;
    let (signed, sum) = bytes.split_at_checked(ID + COUNTER + TAG)?;
    if sum != checksum(signed) {
        return None;
    }
    let (message, tag) = signed.split_at_checked(ID + COUNTER)?;
    if !keyring.verify(REFRESH, message, tag) {
        return None;
    }
    let (id, counter) = message.split_at_checked(ID)?;
    Some((SessionId(Uuid::from_slice(id).ok()?), i64::from_be_bytes(counter.try_into().ok()?)))
}

fn checksum(bytes: &[u8]) -> [u8; SUM] {
    let digest = digest::digest(&digest::SHA256, bytes);
    let mut sum = [0; SUM];
    sum.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    sum
}

/// A fresh one-time code of 256 bits, for a link.
pub(crate) fn one_time_code(rng: &dyn Rng) -> Secret {
    let mut bytes = [0_u8; 32];
    rng.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// How a one-time code is stored: keyed, so that a copy of the database is no help in making one.
pub(crate) fn code_hash(keyring: &Keyring, code: &str) -> Vec<u8> {
    keyring.sign(ONE_TIME, code.as_bytes()).to_vec()
}

/// What an access token is looked up by in memory.
pub(crate) fn fingerprint(token: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut print = [0; 32];
    print.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    print
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use core_kernel::OsRng;
    use core_keys::MasterKey;

    use super::*;

    fn keyring() -> Keyring {
        Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng))
    }

    #[test]
    fn a_refresh_token_names_its_session_and_counter() {
        let keyring = keyring();
        let session = SessionId(Uuid::from_u128(7));
        let token = refresh_token(&keyring, session, 3);
        assert_eq!(open_refresh_token(&keyring, &token), Some((session, 3)));
        assert_eq!(token, refresh_token(&keyring, session, 3), "the same counter gives the same token");
        assert_eq!(open_refresh_token(&self::keyring(), &token), None, "another server's token");
    }

    proptest::proptest! {
        #[test]
        fn junk_is_no_refresh_token(text in "\\PC{0,120}") {
            proptest::prop_assert_eq!(open_refresh_token(&keyring(), &text), None);
        }

        #[test]
        fn one_changed_character_makes_it_invalid(at in 0_usize..80, to in proptest::char::range('A', 'Z')) {
            let keyring = keyring();
            let token = refresh_token(&keyring, SessionId(Uuid::from_u128(7)), 3);
            let mut changed: Vec<char> = token.chars().collect();
            let at = at % changed.len();
            proptest::prop_assume!(changed[at] != to);
            changed[at] = to;
            let changed: String = changed.into_iter().collect();
            // The last character carries bits that base64 does not use; a decoder that ignores them would accept a twin.
            proptest::prop_assert_eq!(open_refresh_token(&keyring, &changed), None);
        }
    }
}
