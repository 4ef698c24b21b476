use zeroize::Zeroizing;

use crate::keyring::{Slots, open_with};
use crate::master::KEY_LEN;
use crate::{KeyError, Keyring, MasterKey};

/// What root keys are sealed for.
const ROOTS: &str = "root-keys";

/// Root keys: what a database's values are sealed and signed with, kept beside them as a text that only the master key opens. So the master
/// key can be changed at once and wholly: nothing but that text was ever made with it.
impl Keyring {
    /// A fresh root key for a new database, as a text that only the master key opens.
    pub fn fresh_root(&self) -> Result<String, KeyError> {
        self.seal_roots(&[&MasterKey::generate(self.0.rng.as_ref())])
    }

    /// The master keys themselves as root keys, for a database whose values were made with them directly. The text as in `fresh_root`.
    pub fn master_as_root(&self) -> Result<String, KeyError> {
        self.seal_roots(&self.0.master.iter().map(|slot| &slot.key).collect::<Vec<_>>())
    }

    /// Takes on the root keys of such a text: from now on this keyring and all its clones seal, sign and derive with them, and the master
    /// key opens nothing else. What was taken on first stays. A text that a previous master key sealed is given back sealed by the
    /// current one; once that has taken its place, the previous key is of no more use.
    pub fn adopt(&self, sealed: &str) -> Result<Option<String>, KeyError> {
        let plain = open_with(&self.0.master, ROOTS, &[], sealed)?;
        let (keys, []) = plain.as_chunks::<KEY_LEN>() else { return Err(KeyError::Malformed) };
        let mut keys = keys.iter().map(|bytes| MasterKey::from_bytes(*bytes));
        let current = keys.next().ok_or(KeyError::Malformed)?;
        let _kept = self.0.roots.set(Slots::new(current, keys.collect()));
        let master = &self.0.master.current;
        if master.made(sealed) { Ok(None) } else { self.seal_with(master, ROOTS, &[], &plain).map(Some) }
    }

    fn seal_roots(&self, roots: &[&MasterKey]) -> Result<String, KeyError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(roots.len() * KEY_LEN));
        for root in roots {
            plain.extend_from_slice(root.bytes());
        }
        self.seal_with(&self.0.master.current, ROOTS, &[], &plain)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use core_kernel::OsRng;

    use super::*;

    fn key() -> MasterKey {
        MasterKey::generate(&OsRng)
    }

    fn ring(current: &MasterKey, previous: &[&MasterKey]) -> Keyring {
        Keyring::new(current.clone(), previous.iter().map(|key| (*key).clone()).collect(), Arc::new(OsRng))
    }

    fn alone(key: &MasterKey) -> Keyring {
        ring(key, &[])
    }

    #[test]
    fn the_master_key_may_change_under_a_root_key_and_everything_stays() {
        let (old, new) = (key(), key());
        let before = ring(&old, &[]);
        let kept = before.fresh_root().unwrap();
        assert_eq!(before.adopt(&kept).unwrap(), None);
        let (sealed, tag, token) = (before.seal("p", b"", b"v").unwrap(), before.sign("p", b"m"), before.sign_token("p", b"t"));

        let during = ring(&new, &[&old]);
        let clone = during.clone();
        let resealed = during.adopt(&kept).unwrap().expect("the old key had sealed it");
        assert_eq!(clone.sign("p", b"m"), tag, "a clone has the root key too, and a tag is the same as ever");

        let after = ring(&new, &[]);
        assert!(matches!(after.adopt(&kept), Err(KeyError::UnknownKey)));
        assert_eq!(after.adopt(&resealed).unwrap(), None);
        assert_eq!(after.open("p", b"", &sealed).unwrap().as_slice(), b"v");
        assert_eq!(after.open_token("p", &token).unwrap(), b"t");
        assert!(after.is_current(&sealed));
        assert!(ring(&old, &[]).adopt(&resealed).is_err(), "the old key opens nothing any more");
        assert!(ring(&old, &[]).open("p", b"", &sealed).is_err());
    }

    #[test]
    fn what_master_keys_made_directly_stays_readable_under_them_as_root_keys() {
        let (older, old, new) = (key(), key(), key());
        let (first, second) = (ring(&older, &[]), ring(&old, &[&older]));
        let (sealed, token) = (first.seal("p", b"", b"v").unwrap(), second.sign_token("p", b"t"));
        let kept = second.master_as_root().unwrap();

        let resealed = ring(&new, &[&old]).adopt(&kept).unwrap().unwrap();
        let after = ring(&new, &[]);
        after.adopt(&resealed).unwrap();
        assert_eq!(after.open("p", b"", &sealed).unwrap().as_slice(), b"v");
        assert_eq!(after.open_token("p", &token).unwrap(), b"t");
        assert_eq!(after.tags("p", b"m"), [second.sign("p", b"m").to_vec(), first.sign("p", b"m").to_vec()]);
    }

    #[test]
    fn a_keyring_keeps_the_root_keys_that_it_took_on_first() {
        let keys = alone(&key());
        keys.adopt(&keys.fresh_root().unwrap()).unwrap();
        let tag = keys.sign("p", b"m");
        keys.adopt(&keys.fresh_root().unwrap()).unwrap();
        assert_eq!(keys.sign("p", b"m"), tag);
    }

    #[test]
    fn no_text_but_sealed_root_keys_is_taken_on() {
        let keys = alone(&key());
        for plain in [&b""[..], &[7; 31], &[7; 33]] {
            let sealed = keys.seal(ROOTS, b"", plain).unwrap();
            assert!(matches!(keys.adopt(&sealed), Err(KeyError::Malformed)));
        }
        assert!(matches!(keys.adopt(&keys.seal("p", b"", &[7; 32]).unwrap()), Err(KeyError::NotAuthentic)));
    }
}
