use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::Timestamp;
use serde_json::{Map, Value, json};

use super::{CLIENT, Fault, Grant, State};

/// The token of a sign-in, with what the test wants to be wrong about it.
pub(super) fn id_token(state: &State, url: &str, now: Timestamp, grant: &Grant) -> String {
    let wrong = |fault| state.faults.contains(&fault);
    let now = now.seconds();
    let (made, ends) = match () {
        () if wrong(Fault::Expired) => (now - 400, now - 100),
        () if wrong(Fault::FromTheFuture) => (now + 600, now + 900),
        () if wrong(Fault::Old) => (now - 3600, now + 3600),
        () => (now, now + 300),
    };
    let person = &grant.person;
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    set("iss", json!(if wrong(Fault::WrongIssuer) { "https://other.example" } else { url }));
    set("sub", json!(if wrong(Fault::NoSubject) { "" } else { &person.subject }));
    set("iat", json!(made));
    set("exp", json!(ends));
    set("name", json!(person.name));
    set(
        "aud",
        match () {
            () if wrong(Fault::WrongAudience) => json!(["another-client"]),
            () if wrong(Fault::SecondAudienceWithoutParty) => json!([CLIENT, "another-client"]),
            () => json!(CLIENT),
        },
    );
    if wrong(Fault::ForeignParty) {
        set("azp", json!("another-client"));
    }
    if !wrong(Fault::NoNonce) {
        set("nonce", if wrong(Fault::WrongNonce) { json!("another") } else { json!(grant.nonce) });
    }
    if !state.email_in_userinfo {
        set("email", json!(person.email));
        set("email_verified", json!(person.email_verified));
    }
    sign(state, &claims)
}

fn sign(state: &State, claims: &Map<String, Value>) -> String {
    let wrong = |fault| state.faults.contains(&fault);
    let (kid, key) = key(state.rotations);
    let algorithm = match () {
        () if wrong(Fault::AlgNone) => "none",
        () if wrong(Fault::HmacWithPublicKey) => "HS256",
        () => "RS256",
    };
    let kind = if wrong(Fault::AccessTokenType) { "at+jwt" } else { "JWT" };
    let header = json!({"alg": algorithm, "typ": kind, "kid": kid});
    let text = [header.to_string(), json!(claims).to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = match algorithm {
        "none" => String::new(),
        "HS256" => {
            let modulus = key.public_key().modulus().big_endian_without_leading_zero().to_vec();
            let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &modulus);
            URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&secret, text.as_bytes()))
        }
        _ => {
            // The name of the right key over the signature of another.
            let signer = if wrong(Fault::OtherKey) { self::key(state.rotations + 1).1 } else { key };
            let mut signature = vec![0; signer.public_modulus_len()];
            let signed = signer.sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), text.as_bytes(), &mut signature);
            if signed.is_ok() { URL_SAFE_NO_PAD.encode(signature) } else { String::new() }
        }
    };
    format!("{text}.{signature}")
}

/// Making a key takes long, so all issuers of a process share a few.
#[expect(clippy::expect_used, reason = "a key that can't be made fails the test")]
fn key(rotations: usize) -> (String, &'static KeyPair) {
    static KEYS: [OnceLock<KeyPair>; 3] = [const { OnceLock::new() }; 3];
    let slot = KEYS.get(rotations % KEYS.len()).expect("a slot");
    (format!("key-{rotations}"), slot.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).expect("a key")))
}

/// The key set (RFC 7517).
pub(super) fn keys(rotations: usize) -> Value {
    let (kid, key) = key(rotations);
    let public = key.public_key();
    let [n, e] = [public.modulus(), public.exponent()].map(|part| URL_SAFE_NO_PAD.encode(part.big_endian_without_leading_zero()));
    json!({"keys": [
        // What no client here knows must not spoil the set.
        {"kty": "AKP", "kid": "post-quantum", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "RSA", "use": "enc", "kid": kid, "alg": "RSA-OAEP", "n": n, "e": e},
        {"kty": "RSA", "use": "sig", "kid": kid, "alg": "RS256", "n": n, "e": e},
    ]})
}
