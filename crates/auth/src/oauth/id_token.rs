use core_kernel::Timestamp;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation};
use serde::Deserialize;

use super::provider::Provider;

/// Clocks may differ by this much.
const LEEWAY_SECONDS: i64 = 60;
/// Longer texts are no tokens.
const MAX_TOKEN: usize = 16 * 1024;
/// A set with more keys is cut off.
const MAX_KEYS: usize = 32;
/// Signatures by a key of the issuer alone: none and HMAC are not among them.
const ALLOWED: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// No known key made it; the issuer may have a new one.
    UnknownKey,
    Refused(&'static str),
}

/// One key of an issuer.
struct Key {
    id: Option<String>,
    family: AlgorithmFamily,
    /// The one algorithm that it is for, where the issuer says so.
    algorithm: Option<KeyAlgorithm>,
    decoding: DecodingKey,
}

/// The keys of an issuer (RFC 7517).
pub(crate) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a set. Keys of a kind that is not known here, for encryption or symmetric are left out.
    pub(crate) fn parse(document: &serde_json::Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        let read = |value: &serde_json::Value| {
            let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
            let signs = jwk.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
            let decoding = DecodingKey::from_jwk(&jwk).ok()?;
            let family = decoding.family();
            let fits = signs && family != AlgorithmFamily::Hmac;
            fits.then(|| Key { id: jwk.common.key_id, family, algorithm: jwk.common.key_algorithm, decoding })
        };
        Some(Self(keys.iter().take(MAX_KEYS).filter_map(read).collect()))
    }

    fn fitting(&self, id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        self.0.iter().filter(move |key| {
            let named = id.is_none() || key.id.as_deref() == id;
            let for_this = key.algorithm.is_none_or(|only| only == KeyAlgorithm::from(algorithm));
            named && for_this && key.family == algorithm.family()
        })
    }
}

/// One audience or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(flatten)]
    person: Person,
}

/// What an issuer says of somebody (OpenID Connect Core section 5.1).
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Person {
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    pub(crate) email_verified: bool,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// Some issuers write it as text.
fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == serde_json::Value::Bool(true) || value.as_str() == Some("true"))
}

/// Who somebody is at an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) subject: String,
    pub(crate) person: Person,
}

/// Checks an id_token as OpenID Connect Core section 3.1.3.7 asks. The library checks the signature by a key of the issuer's; all
/// else is checked here, against the given clock and without "only if present".
pub(crate) fn verify(
    token: &str,
    keys: &KeySet,
    provider: &Provider,
    nonce: &str,
    now: Timestamp,
) -> Result<Subject, TokenFault> {
    if token.len() > MAX_TOKEN {
        return Err(TokenFault::Refused("the id_token is too long"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Refused("no id_token, or an algorithm not known"))?;
    if !ALLOWED.contains(&header.alg) || header.crit.is_some() {
        return Err(TokenFault::Refused("the id_token's algorithm is not allowed"));
    }
    if header.typ.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
        return Err(TokenFault::Refused("another kind of token than an id_token"));
    }
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let named = header.kid.is_some();
    let mut fault = TokenFault::UnknownKey;
    for key in keys.fitting(header.kid.as_deref(), header.alg) {
        match jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation) {
            Ok(decoded) => return check(decoded.claims, provider, nonce, now.seconds()).map_err(TokenFault::Refused),
            // A key that is named is the key; of those without a name a new one may be missing.
            Err(_) if named => fault = TokenFault::Refused("the id_token's signature or claims"),
            Err(_) => {}
        }
    }
    Err(fault)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of this age of the world fit into 52 bits")]
fn check(claims: Claims, provider: &Provider, nonce: &str, now: i64) -> Result<Subject, &'static str> {
    let (now, leeway) = (now as f64, LEEWAY_SECONDS as f64);
    if !provider.is_called(&claims.iss) {
        return Err("the id_token is of another issuer");
    }
    let several = matches!(&claims.aud, Audience::Many(all) if all.len() > 1);
    let ours = match &claims.aud {
        Audience::One(one) => *one == provider.client_id,
        Audience::Many(all) => all.contains(&provider.client_id),
    };
    let party = claims.azp.as_ref();
    if !ours || party.is_some_and(|party| *party != provider.client_id) || (several && party.is_none()) {
        return Err("the id_token is for somebody else");
    }
    if claims.exp <= now - leeway {
        return Err("the id_token has expired");
    }
    if claims.iat > now + leeway || claims.nbf.is_some_and(|begin| begin > now + leeway) {
        return Err("the id_token is of the future");
    }
    // It was made for a sign-in that began ten minutes ago at most.
    if claims.iat < now - leeway - super::flow::STATE_LIFE.as_secs_f64() {
        return Err("the id_token is too old");
    }
    if claims.nonce.as_deref() != Some(nonce) {
        return Err("the id_token belongs to another sign-in");
    }
    if !is_subject(&claims.sub) {
        return Err("the id_token's subject is not one");
    }
    Ok(Subject { subject: claims.sub, person: claims.person })
}

/// At most 255 characters (OpenID Connect Core section 2), none of which a database refuses.
pub(crate) fn is_subject(subject: &str) -> bool {
    !subject.is_empty() && subject.len() <= 255 && !subject.chars().any(char::is_control)
}
