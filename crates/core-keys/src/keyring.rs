use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{error::Unspecified, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::Rng;
use zeroize::Zeroizing;

use crate::master::{KEY_LEN, Use, derive, length};
use crate::{KeyError, MasterKey};

/// How many digits of the fingerprint name a key in what it sealed or signed.
const KEY_ID_LEN: usize = 8;

/// The current master key, the previous ones that are still honoured, and all that is done with them. Cloning is cheap, and clones
/// share the root keys that one of them takes on.
#[derive(Clone)]
pub struct Keyring(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) master: Slots,
    /// What everything is done with instead, once it is known; see `Keyring::adopt`.
    pub(crate) roots: OnceLock<Slots>,
    pub(crate) rng: Arc<dyn Rng>,
}

pub(crate) struct Slots {
    pub(crate) current: Slot,
    previous: Vec<Slot>,
}

pub(crate) struct Slot {
    pub(crate) key: MasterKey,
    /// What tags are made with, by purpose: requests verify theirs all the time, and a derivation costs more than a tag.
    macs: RwLock<Vec<(&'static str, hmac::Key)>>,
    fingerprint: String,
    root: hmac::Key,
}

impl Keyring {
    /// Seals and signs with `current`; opens and verifies with `current` and `previous`.
    pub fn new(current: MasterKey, previous: Vec<MasterKey>, rng: Arc<dyn Rng>) -> Self {
        Self(Arc::new(Inner { master: Slots::new(current, previous), roots: OnceLock::new(), rng }))
    }

    /// Encrypts `plain` for `purpose` and binds it to `aad` (a row id, say), which is needed again to open it. The text form
    /// is `<key id>.<base64url of nonce, ciphertext and tag>`.
    pub fn seal(&self, purpose: &'static str, aad: &[u8], plain: &[u8]) -> Result<String, KeyError> {
        self.seal_with(&self.keys().current, purpose, aad, plain)
    }

    pub(crate) fn seal_with(&self, slot: &Slot, purpose: &'static str, aad: &[u8], plain: &[u8]) -> Result<String, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        self.0.rng.fill(&mut nonce);
        let mut body = Zeroizing::new(plain.to_vec());
        let tag = slot
            .aead(purpose)
            .and_then(|key| {
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.seal_in_place_separate_tag(nonce, associated(purpose, aad), body.as_mut_slice())
            })
            .map_err(|Unspecified| KeyError::TooLarge)?;
        let whole = [&nonce[..], body.as_slice(), tag.as_ref()].concat();
        Ok(format!("{}.{}", slot.id(), URL_SAFE_NO_PAD.encode(whole)))
    }

    /// Decrypts what `seal` made for the same purpose and associated data under the current or a previous key.
    pub fn open(&self, purpose: &'static str, aad: &[u8], sealed: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        open_with(self.keys(), purpose, aad, sealed)
    }

    /// The HMAC-SHA-256 of `message` under the current key for `purpose`.
    pub fn sign(&self, purpose: &'static str, message: &[u8]) -> [u8; KEY_LEN] {
        self.keys().current.tag(purpose, message)
    }

    /// True when `tag` is the `sign` of `message` under the current or a previous key. Takes the same time for every wrong tag.
    pub fn verify(&self, purpose: &'static str, message: &[u8], tag: &[u8]) -> bool {
        // No early end, so that the time does not tell which key made the tag.
        self.keys().iter().fold(false, |found, slot| found | slot.accepts(purpose, message, tag))
    }

    /// A text that carries `payload`, readable but unchangeable: `<key id>.<base64url payload>.<base64url tag>`.
    pub fn sign_token(&self, purpose: &'static str, payload: &[u8]) -> String {
        let slot = &self.keys().current;
        let tag = slot.tag(purpose, payload);
        format!("{}.{}.{}", slot.id(), URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The payload of a token that `sign_token` made for the same purpose under the current or a previous key.
    pub fn open_token(&self, purpose: &'static str, token: &str) -> Result<Vec<u8>, KeyError> {
        let (id, rest) = token.split_once('.').ok_or(KeyError::Malformed)?;
        let (payload, tag) = rest.split_once('.').ok_or(KeyError::Malformed)?;
        let (payload, tag) = (decode(payload)?, decode(tag)?);
        self.keys().find(id, |slot| slot.accepts(purpose, &payload, &tag).then_some(()))?;
        Ok(payload)
    }

    /// A key of the caller's own for `purpose` and `info`, from the current master key: 32 bytes of HKDF-SHA256.
    pub fn derive(&self, purpose: &'static str, info: &[u8]) -> Zeroizing<[u8; KEY_LEN]> {
        derive(&self.keys().current.root, Use::Derive, purpose, info)
    }

    /// The fingerprint of the current master key, as `MasterKey::fingerprint`.
    pub fn fingerprint(&self) -> String {
        self.0.master.current.fingerprint.clone()
    }

    /// The fingerprints of the previous master keys, in the order given.
    pub fn previous_fingerprints(&self) -> Vec<String> {
        self.0.master.previous.iter().map(|slot| slot.fingerprint.clone()).collect()
    }

    /// True when a sealed or signed text names the current key; false means that it should be made anew.
    pub fn is_current(&self, text: &str) -> bool {
        self.keys().current.made(text)
    }

    /// The tags of `message` under the current key and every previous one, for looking up what was stored under any of them.
    pub fn tags(&self, purpose: &'static str, message: &[u8]) -> Vec<Vec<u8>> {
        self.keys().iter().map(|slot| slot.tag(purpose, message).to_vec()).collect()
    }

    fn keys(&self) -> &Slots {
        self.0.roots.get().unwrap_or(&self.0.master)
    }
}

impl Slots {
    pub(crate) fn new(current: MasterKey, previous: Vec<MasterKey>) -> Self {
        let previous = previous.into_iter().filter(|key| *key != current).map(Slot::of).collect();
        Self { current: Slot::of(current), previous }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The first success among the keys that `id` names.
    fn find<T>(&self, id: &str, attempt: impl Fn(&Slot) -> Option<T>) -> Result<T, KeyError> {
        if id.len() != KEY_ID_LEN {
            return Err(KeyError::Malformed);
        }
        let mut named = self.iter().filter(|slot| slot.id() == id).peekable();
        if named.peek().is_none() {
            return Err(KeyError::UnknownKey);
        }
        named.find_map(attempt).ok_or(KeyError::NotAuthentic)
    }
}

impl Slot {
    fn of(key: MasterKey) -> Self {
        Self { fingerprint: key.fingerprint(), root: key.root(), key, macs: RwLock::default() }
    }

    /// True when the text names this key.
    pub(crate) fn made(&self, text: &str) -> bool {
        text.split_once('.').is_some_and(|(id, _)| id == self.id())
    }

    fn id(&self) -> &str {
        self.fingerprint.get(..KEY_ID_LEN).unwrap_or_default()
    }

    fn aead(&self, purpose: &str) -> Result<LessSafeKey, Unspecified> {
        let key = derive(&self.root, Use::Seal, purpose, &[]);
        UnboundKey::new(&AES_256_GCM, key.as_slice()).map(LessSafeKey::new)
    }

    /// Does something with the key of tags for `purpose`.
    fn with_mac<T>(&self, purpose: &'static str, work: impl FnOnce(&hmac::Key) -> T) -> T {
        let known = self.macs.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, mac)) = known.iter().find(|(name, _)| *name == purpose) {
            return work(mac);
        }
        drop(known);
        let mac = hmac::Key::new(hmac::HMAC_SHA256, derive(&self.root, Use::Sign, purpose, &[]).as_slice());
        let done = work(&mac);
        let mut known = self.macs.write().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|(name, _)| *name == purpose) {
            known.push((purpose, mac));
        }
        done
    }

    fn tag(&self, purpose: &'static str, message: &[u8]) -> [u8; KEY_LEN] {
        let mut tag = [0; KEY_LEN];
        tag.copy_from_slice(self.with_mac(purpose, |mac| hmac::sign(mac, message)).as_ref());
        tag
    }

    fn accepts(&self, purpose: &'static str, message: &[u8], tag: &[u8]) -> bool {
        self.with_mac(purpose, |mac| hmac::verify(mac, message, tag).is_ok())
    }
}

pub(crate) fn open_with(keys: &Slots, purpose: &'static str, aad: &[u8], sealed: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (id, body) = sealed.split_once('.').ok_or(KeyError::Malformed)?;
    let body = decode(body)?;
    let (nonce, body) = body.split_first_chunk::<NONCE_LEN>().ok_or(KeyError::Malformed)?;
    if body.len() < AES_256_GCM.tag_len() {
        return Err(KeyError::Malformed);
    }
    keys.find(id, |slot| {
        let mut plain = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = slot.aead(purpose).ok()?;
        let length = key.open_in_place(nonce, associated(purpose, aad), plain.as_mut_slice()).ok()?.len();
        plain.truncate(length);
        Some(plain)
    })
}

fn associated(purpose: &str, aad: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&length(purpose)[..], purpose.as_bytes(), aad].concat())
}

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_error| KeyError::Malformed)
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys();
        let previous: Vec<&str> = keys.previous.iter().map(Slot::id).collect();
        f.debug_struct("Keyring").field("current", &keys.current.id()).field("previous", &previous).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core_kernel::OsRng;
    use proptest::prelude::*;

    use super::*;

    fn ring(current: &MasterKey, previous: &[&MasterKey]) -> Keyring {
        Keyring::new(current.clone(), previous.iter().map(|key| (*key).clone()).collect(), Arc::new(OsRng))
    }

    fn fresh() -> Keyring {
        ring(&MasterKey::generate(&OsRng), &[])
    }

    #[test]
    fn a_sealed_value_opens_for_its_purpose_and_its_row_only() {
        let keys = fresh();
        let sealed = keys.seal("a", b"row", b"secret").unwrap();
        assert_eq!(keys.open("a", b"row", &sealed).unwrap().as_slice(), b"secret");
        assert!(matches!(keys.open("b", b"row", &sealed), Err(KeyError::NotAuthentic)));
        assert!(matches!(keys.open("a", b"other", &sealed), Err(KeyError::NotAuthentic)));
        // The border between purpose and associated data cannot be moved.
        assert!(keys.open("ar", b"ow", &sealed).is_err());
    }

    #[test]
    fn the_same_value_never_seals_to_the_same_text() {
        let keys = fresh();
        assert_ne!(keys.seal("a", b"", b"x").unwrap(), keys.seal("a", b"", b"x").unwrap());
    }

    #[test]
    fn what_a_previous_key_made_is_honoured_and_no_longer_made() {
        let (old, new) = (MasterKey::generate(&OsRng), MasterKey::generate(&OsRng));
        let before = ring(&old, &[]);
        let (sealed, tag, token) = (before.seal("p", b"", b"v").unwrap(), before.sign("p", b"m"), before.sign_token("p", b"t"));
        let after = ring(&new, &[&old]);
        assert_eq!(after.open("p", b"", &sealed).unwrap().as_slice(), b"v");
        assert!(after.verify("p", b"m", &tag));
        assert_eq!(after.open_token("p", &token).unwrap(), b"t");
        assert!(!after.is_current(&sealed) && after.is_current(&after.seal("p", b"", b"v").unwrap()));
        assert!(matches!(before.open("p", b"", &after.seal("p", b"", b"v").unwrap()), Err(KeyError::UnknownKey)));
        let alone = ring(&new, &[]);
        assert!(matches!(alone.open("p", b"", &sealed), Err(KeyError::UnknownKey)));
        assert!(matches!(alone.open_token("p", &token), Err(KeyError::UnknownKey)));
        assert!(!alone.verify("p", b"m", &tag));
    }

    #[test]
    fn a_signature_is_bound_to_its_purpose_and_cannot_serve_as_a_derived_key() {
        let keys = fresh();
        assert!(keys.verify("a", b"m", &keys.sign("a", b"m")));
        assert!(!keys.verify("b", b"m", &keys.sign("a", b"m")));
        assert!(!keys.verify("a", b"m", &[]));
        assert_ne!(keys.derive("a", b"m").as_slice(), keys.sign("a", b"m"));
        assert_ne!(keys.derive("a", b"m"), keys.derive("a", b"n"));
        assert_ne!(keys.derive("a", b"bc"), keys.derive("ab", b"c"));
    }

    #[test]
    fn neither_debug_output_nor_errors_tell_key_or_value() {
        let master = MasterKey::generate(&OsRng);
        let keys = ring(&master, &[]);
        let printed = format!("{keys:?} {:?}", keys.open("a", b"", "00000000.canary"));
        assert!(!printed.contains(master.encode().expose()) && !printed.contains("canary"), "{printed}");
    }

    #[test]
    fn garbage_is_malformed_and_never_a_panic() {
        let keys = fresh();
        let id = keys.fingerprint().get(..8).unwrap().to_owned();
        for text in ["", ".", "..", "x.y", &format!("{id}."), &format!("{id}.AAAA"), &format!("{id}.é"), "éé.AAAA.BBBB"] {
            assert!(keys.open("a", b"", text).is_err(), "{text}");
            assert!(keys.open_token("a", text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn sealing_and_opening_give_the_same_bytes(plain: Vec<u8>, aad: Vec<u8>) {
            let keys = fresh();
            let sealed = keys.seal("p", &aad, &plain).unwrap();
            let opened = keys.open("p", &aad, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
        }

        #[test]
        fn any_changed_character_is_noticed(plain: Vec<u8>, at: prop::sample::Index, by in "[A-Za-z0-9_-]") {
            let keys = fresh();
            for text in [keys.seal("p", b"aad", &plain).unwrap(), keys.sign_token("p", &plain)] {
                let at = at.index(text.len());
                let mut changed = text.clone();
                changed.replace_range(at..=at, &by);
                prop_assume!(changed != text);
                prop_assert!(keys.open("p", b"aad", &changed).is_err());
                prop_assert!(keys.open_token("p", &changed).is_err());
            }
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text: String) {
            let keys = fresh();
            prop_assert!(keys.open("p", b"", &text).is_err());
            prop_assert!(keys.open_token("p", &text).is_err());
        }

        #[test]
        fn tokens_give_their_payload_back(payload: Vec<u8>) {
            let keys = fresh();
            prop_assert_eq!(keys.open_token("p", &keys.sign_token("p", &payload)).unwrap(), payload);
        }
    }
}
