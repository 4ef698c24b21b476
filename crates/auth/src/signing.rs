use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_db::{Db, Tx};
use core_kernel::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::AuthError;
use crate::model::KeyState;
use crate::store::keys::{self, StoredKey};

const PURPOSE: &str = "jwt-signing-seed";
/// The `typ` of access tokens (RFC 9068 section 2.1).
const TYPE: &str = "at+jwt";
/// Clocks of replicas may differ by this much.
const LEEWAY_SECONDS: i64 = 30;
/// Longer texts are no tokens of ours.
const MAX_TOKEN: usize = 4096;

/// The claims of an access token (RFC 9068).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: Uuid,
    pub(crate) sid: Uuid,
    pub(crate) jti: Uuid,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) auth_time: i64,
    pub(crate) amr: Vec<String>,
    /// Who acts in the subject's place (RFC 8693 section 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Act>,
    /// The product's own. Nobody here reads them back.
    #[serde(flatten, skip_deserializing)]
    pub(crate) own: serde_json::Map<String, serde_json::Value>,
}

/// An actor in somebody's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) sub: Uuid,
}

impl Claims {
    /// Refuses a token before its time and after it.
    pub(crate) fn check_times(&self, now: Timestamp) -> Result<(), AuthError> {
        let now = now.seconds();
        if self.nbf > now + LEEWAY_SECONDS || self.iat > now + LEEWAY_SECONDS {
            return Err(AuthError::InvalidToken("not valid yet"));
        }
        if self.exp <= now - LEEWAY_SECONDS {
            return Err(AuthError::InvalidToken("expired"));
        }
        Ok(())
    }
}

/// The audience of access tokens.
pub(crate) const AUDIENCE: &str = "brickwork";

struct Key {
    id: String,
    public: String,
    decoding: DecodingKey,
    encoding: Option<EncodingKey>,
}

struct Keys {
    all: Vec<Key>,
    jwks: Arc<str>,
    /// When they were read; none: never.
    read_at: Option<Timestamp>,
}

/// Keys that were read longer ago are read again: another replica may have brought in a new one.
const STALE: Duration = Duration::from_mins(1);
/// A token of an unknown key makes the keys be read again, but no more often than this.
const UNKNOWN: Duration = Duration::from_secs(5);

/// Signs and checks access tokens with Ed25519 keys that live sealed in the database, so that every replica has the same.
#[derive(Clone)]
pub(crate) struct Signer {
    keys: Arc<RwLock<Arc<Keys>>>,
    issuer: Arc<str>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Signer {
    pub(crate) fn new(issuer: &str) -> Self {
        let none = Keys { all: Vec::new(), jwks: Arc::from("{\"keys\":[]}"), read_at: None };
        Self { keys: Arc::new(RwLock::new(Arc::new(none))), issuer: Arc::from(issuer) }
    }

    /// Reads the keys, and makes the first one where there is none.
    pub(crate) async fn load(&self, db: &Db) -> Result<(), AuthError> {
        if keys::all(db.read()).await?.is_empty() {
            let first = &generate(db, KeyState::Active)?;
            let create = |tx: Tx| async move {
                // Another replica may have been faster.
                if keys::all(&tx).await?.is_empty() { keys::insert(&tx, first).await } else { Ok(()) }
            };
            db.write(create).await?;
        }
        self.read(db.read(), db).await
    }

    /// Reads the keys over this connection.
    pub(crate) async fn read<C: ConnectionTrait>(&self, connection: &C, db: &Db) -> Result<(), AuthError> {
        let stored = keys::all(connection).await?;
        let all = stored.into_iter().map(|key| open(db, key)).collect::<Result<Vec<_>, _>>()?;
        let (jwks, read_at) = (jwks(&all).into(), Some(db.ambient().now()));
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Keys { all, jwks, read_at });
        Ok(())
    }

    /// Reads the keys where they were not read for a while, so that every replica signs with the key of now.
    pub(crate) async fn keep_fresh<C: ConnectionTrait>(&self, connection: &C, db: &Db) -> Result<(), AuthError> {
        if self.was_read_within(STALE, db.ambient().now()) { Ok(()) } else { self.read(connection, db).await }
    }

    /// True while a key of this name verifies tokens.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.keys().all.iter().any(|known| known.id == key)
    }

    fn was_read_within(&self, age: Duration, now: Timestamp) -> bool {
        self.keys().read_at.is_some_and(|at| at <= now && now.since(at) < age)
    }

    /// As [`Signer::verify`]; a token of a key that is not known here may be of a key that another replica brought in.
    /// Gives the key's name too.
    pub(crate) async fn verify_fresh(&self, token: &str, db: &Db) -> Result<(Claims, String), AuthError> {
        let now = db.ambient().now();
        match self.verify(token, now) {
            Err(AuthError::InvalidToken(UNKNOWN_KEY)) if !self.was_read_within(UNKNOWN, now) => {
                self.read(db.read(), db).await?;
                self.verify(token, now)
            }
            other => other,
        }
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The public keys as a JWK set (RFC 7517), serialised.
    pub(crate) fn jwks(&self) -> Arc<str> {
        Arc::clone(&self.keys().jwks)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, AuthError> {
        let keys = self.keys();
        let key = keys.all.iter().rev().find_map(|key| Some((key, key.encoding.as_ref()?)));
        let (key, encoding) = key.ok_or_else(|| AuthError::Internal("no signing key is loaded".to_owned()))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id.clone());
        jsonwebtoken::encode(&header, claims, encoding).map_err(|error| AuthError::Internal(error.to_string()))
    }

    /// The claims of a token that this server signed and that is valid at `now`. The library checks the signature; type, times,
    /// issuer and audience are checked here, against the given clock and without its "only if present".
    fn verify(&self, token: &str, now: Timestamp) -> Result<(Claims, String), AuthError> {
        if token.len() > MAX_TOKEN {
            return Err(AuthError::InvalidToken("too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::InvalidToken("no JWT"))?;
        if header.typ.as_deref() != Some(TYPE) || header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(AuthError::InvalidToken("another kind of token"));
        }
        let keys = self.keys();
        let key = keys.all.iter().find(|key| Some(&key.id) == header.kid.as_ref());
        let key = key.ok_or(AuthError::InvalidToken(UNKNOWN_KEY))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation)
            .map_err(|_| AuthError::InvalidToken("signature or claims"))?
            .claims;
        if claims.iss != *self.issuer || claims.aud != AUDIENCE {
            return Err(AuthError::InvalidToken("issuer or audience"));
        }
        claims.check_times(now)?;
        Ok((claims, key.id.clone()))
    }
}

/// What a token is refused with whose key is not known.
const UNKNOWN_KEY: &str = "unknown key";

/// A fresh key.
pub(crate) fn generate(db: &Db, state: KeyState) -> Result<StoredKey, AuthError> {
    let seed: [u8; 32] = db.ambient().random();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| AuthError::Internal(error.to_string()))?;
    let id = db.ambient().ids.next().simple().to_string();
    Ok(StoredKey {
        public_key: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        seed_sealed: db.keyring().seal(PURPOSE, id.as_bytes(), &seed).map_err(core_db::DbError::from)?,
        state,
        since: db.ambient().now(),
        id,
    })
}

/// True when the seed of a key can be read.
pub(crate) fn opens(db: &Db, key: &StoredKey) -> bool {
    db.keyring().open(PURPOSE, key.id.as_bytes(), &key.seed_sealed).is_ok()
}

fn open(db: &Db, key: StoredKey) -> Result<Key, AuthError> {
    let internal = |error: &dyn std::fmt::Display| AuthError::Internal(format!("signing key {}: {error}", key.id));
    let decoding = DecodingKey::from_ed_components(&key.public_key).map_err(|error| internal(&error))?;
    let encoding = if key.state == KeyState::Active {
        let seed = db.keyring().open(PURPOSE, key.id.as_bytes(), &key.seed_sealed).map_err(core_db::DbError::from)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| internal(&error))?;
        let document = pair.to_pkcs8v1().map_err(|error| internal(&error))?;
        Some(EncodingKey::from_ed_der(document.as_ref()))
    } else {
        None
    };
    Ok(Key { public: key.public_key, decoding, encoding, id: key.id })
}

fn jwks(keys: &[Key]) -> String {
    let public = keys.iter().map(
        |key| serde_json::json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.id, "x": key.public}),
    );
    serde_json::json!({"keys": public.collect::<Vec<_>>()}).to_string()
}
