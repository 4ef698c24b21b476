//! Who says that it was them.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::{Secret, Timestamp};
use serde::Deserialize;

use super::{Delivery, HookKind, HooksError, Proof};

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 30;
/// The longest that a token may live, in seconds: an hour, and what clocks differ.
const LONGEST_LIFE: i64 = 3600 + LEEWAY;

/// What of a delivery is proven, by the secret of its hook.
pub(super) fn check(kind: HookKind, secret: &Secret, delivery: &Delivery, now: Timestamp) -> Result<Proof, HooksError> {
    let (header, name) = match kind {
        HookKind::Github => (&delivery.github_signature, "X-Hub-Signature-256"),
        HookKind::Notion => (&delivery.notion_signature, "X-Notion-Signature"),
        HookKind::Jira => (&delivery.jira_signature, "X-Hub-Signature"),
        HookKind::JiraApp => return bearer(secret, delivery, now),
    };
    let Some(text) = header else { return Err(HooksError::NotProven(missing(name))) };
    let tag = text.strip_prefix("sha256=").and_then(unhex);
    let tag = tag.ok_or(HooksError::NotProven("The signature is not `sha256=` and 64 hexadecimal digits"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    // Compares in constant time.
    hmac::verify(&key, &delivery.body, &tag)
        .map(|()| Proof::Body)
        .map_err(|_differs| HooksError::NotProven("The signature is not that of this body by this hook's secret"))
}

fn missing(name: &'static str) -> &'static str {
    match name {
        "X-Hub-Signature-256" => "The header X-Hub-Signature-256 is missing",
        "X-Notion-Signature" => "The header X-Notion-Signature is missing",
        _ => "The header X-Hub-Signature is missing",
    }
}

/// 64 digits; of another length it is no SHA-256.
fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..64).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
}

/// `Authorization: Bearer` with a JWT (RFC 7519) of HS256 and no other algorithm, that has not expired.
fn bearer(secret: &Secret, delivery: &Delivery, now: Timestamp) -> Result<Proof, HooksError> {
    const UNREADABLE: HooksError = HooksError::NotProven("The token is not a JWT");
    let text = delivery.authorization.as_ref().map(Secret::expose);
    let text = text.and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")));
    let text = text.ok_or(HooksError::NotProven("The header Authorization has no bearer token"))?;
    let (signed, tag) = text.rsplit_once('.').ok_or(UNREADABLE)?;
    let (head, claims) = signed.split_once('.').ok_or(UNREADABLE)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_not_base64| UNREADABLE);
    let head: Head = serde_json::from_slice(&decoded(head)?).map_err(|_odd| UNREADABLE)?;
    // The token does not choose how it is judged: neither `none` nor a key of its own kind.
    if head.alg != "HS256" {
        return Err(HooksError::NotProven("The token is not of HS256"));
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    hmac::verify(&key, signed.as_bytes(), &decoded(tag)?)
        .map_err(|_differs| HooksError::NotProven("The token is not signed by this hook's secret"))?;
    let claims: Claims = serde_json::from_slice(&decoded(claims)?).map_err(|_odd| UNREADABLE)?;
    let now = now.seconds();
    if claims.exp < now - LEEWAY || claims.exp > now.saturating_add(LONGEST_LIFE) {
        return Err(HooksError::NotProven("The token has expired, or lives longer than an hour"));
    }
    if claims.iat.into_iter().chain(claims.nbf).any(|begin| begin > now + LEEWAY) {
        return Err(HooksError::NotProven("The token is not valid yet"));
    }
    Ok(Proof::Sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn jwt(head: &str, claims: &str, secret: &str) -> Delivery {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
        let text = format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
        Delivery { authorization: Some(Secret::new(text)), ..Delivery::default() }
    }

    /// The vector of GitHub's documentation, "Validating webhook deliveries".
    #[test]
    fn the_vector_of_githubs_documentation_is_accepted_and_any_other_body_is_not() {
        let secret = Secret::new("It's a Secret to Everybody");
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let delivery = |body: &str, signature: &str| Delivery {
            body: body.as_bytes().to_vec().into(),
            github_signature: Some(signature.to_owned()),
            ..Delivery::default()
        };
        let check = |delivery: &Delivery| check(HookKind::Github, &secret, delivery, at(0)).is_ok();
        assert!(check(&delivery("Hello, World!", signature)));
        assert!(!check(&delivery("Hello, World", signature)));
        for wrong in [
            "",
            "sha256=",
            "sha1=757107ea",
            signature.trim_end_matches("17"),
            &format!("{signature}00"),
            &signature.replace('7', "é"),
        ] {
            assert!(!check(&delivery("Hello, World!", wrong)), "{wrong}");
        }
        assert!(!check(&Delivery { body: b"Hello, World!".to_vec().into(), ..Delivery::default() }));
    }

    #[test]
    fn a_token_of_an_app_is_hs256_by_its_secret_and_not_expired() {
        let secret = Secret::new("client");
        let judge =
            |delivery: &Delivery| check(HookKind::JiraApp, &secret, delivery, at(1000)).map_err(|error| error.to_string());
        let head = r#"{"alg":"HS256","typ":"JWT"}"#;
        assert_eq!(judge(&jwt(head, r#"{"exp":1100,"iat":990}"#, "client")), Ok(Proof::Sender));
        for (head, claims, secret) in [
            (head, r#"{"exp":1100}"#, "other"),
            (head, r#"{"exp":900}"#, "client"),
            (head, r#"{"exp":99999}"#, "client"),
            (head, r#"{"exp":1100,"iat":1050}"#, "client"),
            (head, "{}", "client"),
            (r#"{"alg":"none"}"#, r#"{"exp":1100}"#, "client"),
            (r#"{"alg":"RS256"}"#, r#"{"exp":1100}"#, "client"),
            ("{}", r#"{"exp":1100}"#, "client"),
        ] {
            assert!(judge(&jwt(head, claims, secret)).is_err(), "{head} {claims} {secret}");
        }
        for text in ["", "Bearer", "Bearer a.b", "Bearer a.b.c", "Basic YQ==", "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjExMDB9."] {
            let delivery = Delivery { authorization: Some(Secret::new(text)), ..Delivery::default() };
            assert!(judge(&delivery).is_err(), "{text}");
        }
    }
}
