use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_kernel::Timestamp;
use serde_json::{Value, json};

use super::GitHub;
use super::answers::{error, not_found};
use crate::wire::{Recorded, Reply};

/// An app of GitHub, installed once.
#[derive(Clone, Debug)]
pub struct GitHubApp {
    /// Its id or its client id: the issuer of its tokens.
    pub id: String,
    /// The id of its installation.
    pub installation: u64,
    /// Its public key (DER, `RSAPublicKey` or `SubjectPublicKeyInfo`).
    pub public_key: Vec<u8>,
}

/// The longest life of an app's token, in seconds.
const MAX_LIFE: i64 = 600;

impl GitHub {
    /// Answers what an app asks with its own token; none: the request is something else.
    pub(super) fn app_answer(&self, request: &Recorded, token: &str) -> Option<Reply> {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let for_apps = matches!(parts.as_slice(), ["app", ..] | ["repos", _, _, "installation"]);
        if !for_apps {
            return None;
        }
        let app = self.world().app.clone();
        let Some(app) = app.filter(|app| self.is_signed_by(app, token)) else {
            return Some(error(401, "A JSON web token could not be decoded"));
        };
        Some(match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["app"]) => Reply::json(200, &json!({"id": 1, "slug": "brickwork", "name": "Brickwork"})),
            ("GET", ["app", "installations"]) => {
                Reply::json(200, &json!([{"id": app.installation, "account": {"login": "ada"}}]))
            }
            ("GET", ["app", "installations", id]) if *id == app.installation.to_string() => {
                Reply::json(200, &json!({"id": app.installation, "account": {"login": "ada"}}))
            }
            ("GET", ["repos", ..]) => Reply::json(200, &json!({"id": app.installation})),
            ("POST", ["app", "installations", id, "access_tokens"]) if *id == app.installation.to_string() => {
                self.install_token(request)
            }
            _ => not_found(),
        })
    }

    fn install_token(&self, request: &Recorded) -> Reply {
        if request.header("content-length").is_none() {
            return Reply::html(411);
        }
        // As long as the real ones have been since 2026-04, with dots in it.
        let number = self.world().next_installation_token();
        let token = format!("ghs_1_{}.{}.{number}", "a".repeat(200), "b".repeat(280));
        self.grants().know(&token);
        let expires_at = Timestamp::from_millis(self.now() + 3_600_000);
        let body = json!({
            "token": token, "expires_at": expires_at, "permissions": {"contents": "write"}, "repository_selection": "all",
        });
        Reply::json(201, &body)
    }

    fn is_signed_by(&self, app: &GitHubApp, token: &str) -> bool {
        let Some((signed, signature)) = token.rsplit_once('.') else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &app.public_key);
        if key.verify(signed.as_bytes(), &signature).is_err() {
            return false;
        }
        let claims: Value = signed
            .split_once('.')
            .and_then(|(_, claims)| URL_SAFE_NO_PAD.decode(claims).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let number = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or(0);
        let now = self.now().div_euclid(1000);
        let issuer = claims.get("iss").map(|issuer| issuer.as_str().map_or_else(|| issuer.to_string(), str::to_owned));
        issuer.as_deref() == Some(app.id.as_str())
            && number("iat") <= now
            && number("exp") > now
            && number("exp") <= now + MAX_LIFE
    }
}
