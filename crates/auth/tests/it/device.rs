use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Where the server's own pages are.
pub(crate) const HERE: &str = "https://example.com";

/// A browser with an authenticator that holds one passkey, as WebAuthn Level 3 describes them. The crates that play this part set
/// features of `serde_json` that would change the server under test; a browser's own is in the tests of the pages.
#[derive(Clone, Default)]
pub(crate) struct Device {
    passkey: Option<Passkey>,
    counts: bool,
}

#[derive(Clone)]
struct Passkey {
    id: [u8; 32],
    user_handle: Value,
    pkcs8: Vec<u8>,
    counter: u32,
}

// Flags of the authenticator data (section 6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

impl Device {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One that counts its signatures and keeps its key, as hardware does; others are copied and do not count.
    pub(crate) fn counting() -> Self {
        Self { counts: true, ..Self::default() }
    }

    /// `navigator.credentials.create` on a page of ours.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.create_at(HERE, options, true)
    }

    /// On another page, or by somebody whom the device does not know.
    pub(crate) fn create_at(&mut self, origin: &str, options: &Value, known: bool) -> Value {
        let mut id = [0; 32];
        rand::fill(&mut id).unwrap();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        let user_handle = options["user"]["id"].clone();
        let made = Passkey { id, user_handle, pkcs8: pkcs8.as_ref().to_vec(), counter: 0 };
        let data = [
            self.authenticator_data(&options["rp"]["id"], ATTESTED | verified(known), made.counter),
            vec![0; 16],
            vec![0, 32],
            id.to_vec(),
            made.cose_key(),
        ];
        let data = data.concat();
        let length = u8::try_from(data.len()).unwrap();
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": data}.
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice(), &[length], &data].concat();
        self.passkey = Some(made);
        let response = json!({
            "clientDataJSON": client_data("webauthn.create", origin, options), "attestationObject": base64(&object),
            "transports": ["internal"],
        });
        answer(&id, &response)
    }

    /// `navigator.credentials.get` on a page of ours.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.get_at(HERE, options, true)
    }

    /// On another page, or by somebody whom the device does not know.
    pub(crate) fn get_at(&mut self, origin: &str, options: &Value, known: bool) -> Value {
        let step = u32::from(self.counts);
        let passkey = self.passkey.as_mut().expect("the device has a passkey");
        passkey.counter += step;
        let passkey = passkey.clone();
        let data = self.authenticator_data(&options["rpId"], verified(known), passkey.counter);
        let client_data = client_data("webauthn.get", origin, options);
        let hash = digest(&SHA256, &URL_SAFE_NO_PAD.decode(&client_data).unwrap());
        let signature = passkey.key().sign(&SystemRandom::new(), &[&data, hash.as_ref()].concat()).unwrap();
        let response = json!({
            "clientDataJSON": client_data, "authenticatorData": base64(&data), "signature": base64(signature.as_ref()),
            "userHandle": passkey.user_handle,
        });
        answer(&passkey.id, &response)
    }

    fn authenticator_data(&self, rp_id: &Value, flags: u8, counter: u32) -> Vec<u8> {
        let rp_id_hash = digest(&SHA256, rp_id.as_str().unwrap().as_bytes());
        let synced = if self.counts { 0 } else { BACKUP_ELIGIBLE | BACKED_UP };
        [rp_id_hash.as_ref(), &[flags | PRESENT | synced], &counter.to_be_bytes()].concat()
    }
}

impl Passkey {
    fn key(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8).unwrap()
    }

    /// The public key in COSE's form (RFC 9053 section 7.1.1): `{1: 2, 3: -7, -1: 1, -2: x, -3: y}`.
    fn cose_key(&self) -> Vec<u8> {
        let key = self.key();
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat()
    }
}

fn verified(known: bool) -> u8 {
    if known { VERIFIED } else { 0 }
}

fn client_data(kind: &str, origin: &str, options: &Value) -> String {
    let data = json!({"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false});
    base64(data.to_string().as_bytes())
}

fn answer(id: &[u8], response: &Value) -> Value {
    let id = base64(id);
    json!({
        "id": id, "rawId": id, "type": "public-key", "response": response, "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
    })
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
