use core_kernel::{Rng, Secret};
use core_keys::Keyring;

/// What every API key begins with.
pub const API_KEY_PREFIX: &str = "bwk_live_";

const PURPOSE: &str = "api-key";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits that name the key; they are shown in lists.
const ID: usize = 8;
/// Digits of the secret: 43 base62 digits are 256 bits.
const SECRET: usize = 43;
/// Digits of the checksum: CRC-32 of all that stands before it.
const SUM: usize = 6;

/// The name of a new key.
pub(crate) fn new_id(rng: &dyn Rng) -> String {
    digits(rng, ID)
}

/// A new key of this name: prefix, name, secret and checksum.
pub(crate) fn new_key(rng: &dyn Rng, id: &str) -> Secret {
    let body = format!("{API_KEY_PREFIX}{id}{}", digits(rng, SECRET));
    let sum = checksum(&body);
    Secret::new(format!("{body}{sum}"))
}

/// The name in a text that has the form of a key. Whatever is mistyped or made up fails here, before any look-up.
pub(crate) fn key_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(API_KEY_PREFIX)?;
    if rest.len() != ID + SECRET + SUM || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (body, sum) = text.split_at_checked(text.len() - SUM)?;
    if checksum(body) == sum { rest.get(..ID) } else { None }
}

/// How a key is stored: keyed, so that a copy of the database is no help in making one.
pub(crate) fn key_hash(keyring: &Keyring, key: &str) -> Vec<u8> {
    keyring.sign(PURPOSE, key.as_bytes()).to_vec()
}

/// True when the key is the one that was stored.
pub(crate) fn is_key(keyring: &Keyring, key: &str, stored: &[u8]) -> bool {
    keyring.verify(PURPOSE, key.as_bytes(), stored)
}

/// Random digits, each as likely as any other.
fn digits(rng: &dyn Rng, count: usize) -> String {
    let mut text = String::with_capacity(count);
    let mut bytes = [0_u8; 64];
    while text.len() < count {
        rng.fill(&mut bytes);
        // 248 is the largest multiple of 62 in a byte; what is above would make some digits likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let fresh = fair.filter_map(|byte| DIGITS.get(usize::from(byte % 62)).copied().map(char::from));
        text.extend(fresh.take(count - text.len()));
    }
    text
}

fn checksum(text: &str) -> String {
    let mut rest = u64::from(crc32fast::hash(text.as_bytes()));
    let mut digits = Vec::with_capacity(SUM);
    for _ in 0..SUM {
        let digit = usize::try_from(rest % 62).unwrap_or_default();
        digits.extend(DIGITS.get(digit).copied().map(char::from));
        rest /= 62;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use core_kernel::OsRng;

    use super::*;

    #[test]
    fn a_key_names_itself_and_has_the_documented_form() {
        let id = new_id(&OsRng);
        let key = new_key(&OsRng, &id);
        assert_eq!(key_id(key.expose()), Some(id.as_str()));
        let rest = key.expose().strip_prefix("bwk_live_").unwrap();
        assert!(rest.len() == 57 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(new_key(&OsRng, &id), key);
    }

    #[test]
    fn the_checksum_can_be_made_by_anybody() {
        // CRC-32 (ISO-HDLC) of "123456789" is CBF43926, the check value of its catalogue entry; 3421780262 in base 62.
        assert_eq!(checksum("123456789"), "3jZRME");
    }

    proptest::proptest! {
        #[test]
        fn junk_is_no_key(text in "\\PC{0,90}") {
            proptest::prop_assert_eq!(key_id(&text), None);
        }

        #[test]
        fn one_changed_character_makes_it_invalid(at in 9_usize..66, to in proptest::char::range('a', 'z')) {
            let key = new_key(&OsRng, "AAAAAAAA");
            let mut changed: Vec<char> = key.expose().chars().collect();
            proptest::prop_assume!(changed[at] != to);
            changed[at] = to;
            let changed: String = changed.into_iter().collect();
            proptest::prop_assert_eq!(key_id(&changed), None);
        }
    }
}
