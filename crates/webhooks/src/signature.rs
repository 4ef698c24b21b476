//! Signatures of Standard Webhooks 1.0 (<https://github.com/standard-webhooks/standard-webhooks>).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_kernel::{Ambient, Secret, Timestamp};
use zeroize::Zeroizing;

/// The specification allows 24 to 64 bytes.
pub(crate) const SECRET_BYTES: usize = 32;

/// The random bytes of a secret.
#[derive(Clone)]
pub(crate) struct SigningSecret(Zeroizing<Vec<u8>>);

impl SigningSecret {
    pub(crate) fn random(ambient: &Ambient) -> Self {
        Self(Zeroizing::new(ambient.random::<SECRET_BYTES>().to_vec()))
    }

    pub(crate) fn of(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The form in which it is handed over: `whsec_` and base64.
    pub(crate) fn text(&self) -> Secret {
        Secret::new(format!("whsec_{}", STANDARD.encode(self.0.as_slice())))
    }

    /// `v1,` and the base64 of the HMAC-SHA-256 of `id.timestamp.body`.
    fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        for piece in [id, ".", &at.seconds().to_string(), ".", body] {
            context.update(piece.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(context.sign().as_ref()))
    }
}

/// The value of `webhook-signature`: one signature by each secret, separated by spaces.
pub(crate) fn signatures(secrets: &[SigningSecret], id: &str, at: Timestamp, body: &str) -> String {
    secrets.iter().map(|secret| secret.sign(id, at, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference implementations.
    #[test]
    fn the_signature_of_the_specification_comes_out() {
        let secret = SigningSecret(Zeroizing::new(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()));
        let at = Timestamp::from_seconds(1_614_265_330);
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
