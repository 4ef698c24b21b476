use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::{Rng, Secret};
use core_keys::Keyring;

const INVITATION: &str = "orgs-invitation";

/// A fresh token of 256 bits.
pub(crate) fn fresh(rng: &dyn Rng) -> Secret {
    let mut bytes = [0_u8; 32];
    rng.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// How a token is stored: keyed, so that a copy of the database is no help in making one.
pub(crate) fn hash(keyring: &Keyring, token: &Secret) -> Vec<u8> {
    keyring.sign(INVITATION, token.expose().as_bytes()).to_vec()
}

/// A few letters that make a short name unique.
pub(crate) fn suffix(rng: &dyn Rng) -> String {
    let mut bytes = [0_u8; 6];
    rng.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
}
