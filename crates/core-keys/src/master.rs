use std::fmt;
use std::path::Path;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use core_kernel::{Rng, Secret, hex};
use zeroize::Zeroizing;

use crate::{KeyError, file};

/// Length of a master key and of every derived key, in bytes.
pub(crate) const KEY_LEN: usize = 32;

/// Separates this derivation from any other use of the same master key.
const SALT: &[u8] = b"brickwork.core-keys.v1";

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What a derived key is for; part of its derivation, so that no two uses share a key.
#[derive(Clone, Copy)]
pub(crate) enum Use {
    Fingerprint,
    Seal,
    Sign,
    Derive,
}

/// The 32 random bytes that every other key comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl MasterKey {
    /// A fresh key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        rng.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits, or the base64 (either alphabet, padded or not) of 32 bytes. White space around is ignored.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        Self::read(text).map_err(|problem| KeyError::MasterKey { problem })
    }

    /// The key kept in the file at `path`; a fresh one is written there (mode 0600, whole or not at all) when there is no file.
    /// Of two processes that start together, both get the key of the one that wins. On an existing file, rights of the group
    /// and of others are taken away where the file system allows it.
    pub fn load_or_create(path: &Path, rng: &dyn Rng) -> Result<Self, KeyError> {
        if let Some(key) = file::load(path)? {
            return Ok(key);
        }
        file::create(path, &Self::generate(rng), rng)?;
        file::load(path)?.ok_or_else(|| KeyError::File {
            action: "read back",
            path: path.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        })
    }

    /// Names the key without telling anything about it: 64 hexadecimal digits, the SHA-256 of a derived value.
    pub fn fingerprint(&self) -> String {
        let derived = derive(&self.root(), Use::Fingerprint, "", &[]);
        hex(digest::digest(&digest::SHA256, derived.as_slice()).as_ref())
    }

    /// The key as 64 hexadecimal digits, as `parse` reads it.
    pub fn encode(&self) -> Secret {
        Secret::new(hex(self.0.as_slice()))
    }

    /// HKDF-Extract (RFC 5869 section 2.2), done once per key.
    pub(crate) fn root(&self) -> hmac::Key {
        let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SALT), self.0.as_slice());
        hmac::Key::new(hmac::HMAC_SHA256, extracted.as_ref())
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty");
        }
        let bytes = unhex(text)
            .or_else(|| BASE64.decode(text).or_else(|_| BASE64URL.decode(text)).ok().map(Zeroizing::new))
            .ok_or("expected 64 hexadecimal digits or the base64 of 32 bytes")?;
        let bytes: [u8; KEY_LEN] = bytes.as_slice().try_into().map_err(|_error| "expected exactly 32 bytes")?;
        let bytes = Zeroizing::new(bytes);
        let first = bytes.first().copied().unwrap_or_default();
        if bytes.iter().all(|byte| *byte == first) {
            return Err("every byte is the same; make one with `openssl rand -hex 32`");
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([redacted])")
    }
}

/// HKDF-Expand (RFC 5869 section 2.3) to one block of 32 bytes, where it is a single HMAC and cannot fail.
pub(crate) fn derive(root: &hmac::Key, r#use: Use, purpose: &str, info: &[u8]) -> Zeroizing<[u8; KEY_LEN]> {
    let mut context = hmac::Context::with_key(root);
    context.update(&[match r#use {
        Use::Fingerprint => 0,
        Use::Seal => 1,
        Use::Sign => 2,
        Use::Derive => 3,
    }]);
    // The length keeps purpose "a" with info "b" apart from purpose "ab".
    context.update(&length(purpose));
    context.update(purpose.as_bytes());
    context.update(info);
    context.update(&[1]);
    let mut key = Zeroizing::new([0; KEY_LEN]);
    for (to, from) in key.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    key
}

/// The length of `purpose` as eight bytes, big-endian.
pub(crate) fn length(purpose: &str) -> [u8; 8] {
    u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes()
}

fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() != KEY_LEN * 2 {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect();
    bytes.map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf;
    use core_kernel::OsRng;

    use super::*;

    #[test]
    fn the_derivation_is_that_of_rfc_5869() {
        let master = MasterKey::generate(&OsRng);
        let ours = derive(&master.root(), Use::Derive, "mail.link", b"info");
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(master.0.as_slice());
        let info: &[&[u8]] = &[&[3], &[0, 0, 0, 0, 0, 0, 0, 9], b"mail.link", b"info"];
        let mut theirs = [0; KEY_LEN];
        prk.expand(info, hkdf::HKDF_SHA256).unwrap().fill(&mut theirs).unwrap();
        assert_eq!(*ours, theirs);
    }

    #[test]
    fn hexadecimal_and_every_base64_give_the_same_key() {
        let master = MasterKey::parse("fbff00112233445566778899aabbccddeeff00112233445566778899aabbccdd").unwrap();
        for text in [
            "FBFF00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDD\n",
            "+/8AESIzRFVmd4iZqrvM3e7/ABEiM0RVZneImaq7zN0=",
            "+/8AESIzRFVmd4iZqrvM3e7/ABEiM0RVZneImaq7zN0",
            " -_8AESIzRFVmd4iZqrvM3e7_ABEiM0RVZneImaq7zN0= ",
        ] {
            assert_eq!(MasterKey::parse(text).unwrap(), master, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_reason_and_without_the_text() {
        for text in ["", "change-me-canary", "00112233", &"0".repeat(64), "fbff00112233445566778899aabbccdd"] {
            let problem = MasterKey::parse(text).unwrap_err().to_string();
            assert!(problem.starts_with("the master key is unusable"), "{problem}");
            assert!(!problem.contains("canary"));
        }
    }

    #[test]
    fn neither_debug_output_nor_the_fingerprint_tells_the_key() {
        let master = MasterKey::generate(&OsRng);
        assert_eq!(format!("{master:?}"), "MasterKey([redacted])");
        assert_eq!(master.fingerprint().len(), 64);
        assert_ne!(master.fingerprint(), master.encode().expose());
        let plain_hash = hex(digest::digest(&digest::SHA256, master.0.as_slice()).as_ref());
        assert_ne!(master.fingerprint(), plain_hash);
    }

    #[test]
    fn the_derivation_stays_the_same_between_releases() {
        let master = MasterKey::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap();
        assert_eq!(master.fingerprint(), "1bd2eeca035dc8f793c5e2cc0c7ec167a66b39c92d3fef303716d3f5cbb5f71b");
    }

    proptest::proptest! {
        #[test]
        fn an_encoded_key_parses_to_itself(bytes: [u8; KEY_LEN]) {
            proptest::prop_assume!(bytes.iter().any(|byte| *byte != bytes[0]));
            let master = MasterKey(Zeroizing::new(bytes));
            proptest::prop_assert_eq!(MasterKey::parse(master.encode().expose()).unwrap(), master);
        }
    }
}
