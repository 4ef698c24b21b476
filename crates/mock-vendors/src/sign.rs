//! Proofs of incoming hooks, as the vendors make them, so that receivers are tested without the vendors.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::hex;
use serde_json::json;

fn sha256(secret: &str, body: &[u8]) -> String {
    hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body).as_ref())
}

/// The header `X-Hub-Signature-256` of GitHub.
pub fn github_signature(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", sha256(secret, body))
}

/// The header `X-Notion-Signature`; the secret is the verification token.
pub fn notion_signature(verification_token: &str, body: &[u8]) -> String {
    format!("sha256={}", sha256(verification_token, body))
}

/// The header `X-Hub-Signature` of a Jira hook that an administrator registered with a secret.
pub fn jira_admin_signature(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", sha256(secret, body))
}

/// What follows `Bearer ` in the `Authorization` of a Jira hook that an app registered: a JWT (HS256) by the app's client secret.
/// Times in seconds since the epoch. It does not cover the body.
pub fn jira_dynamic_token(client_secret: &str, issued_at: i64, expires_at: i64) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": "HS256", "typ": "JWT"}));
    let claims = part(json!({"iss": "jira", "iat": issued_at, "exp": expires_at}));
    let key = hmac::Key::new(hmac::HMAC_SHA256, client_secret.as_bytes());
    let tag = hmac::sign(&key, format!("{head}.{claims}").as_bytes());
    format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vector of GitHub's documentation, "Validating webhook deliveries".
    #[test]
    fn the_vector_of_githubs_documentation_holds() {
        let signature = github_signature("It's a Secret to Everybody", b"Hello, World!");
        assert_eq!(signature, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    }

    #[test]
    fn a_dynamic_token_has_three_parts() {
        assert_eq!(jira_dynamic_token("secret", 1, 2).split('.').count(), 3);
    }
}
