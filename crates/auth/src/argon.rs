use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, KeyId, Params, ParamsBuilder, Version};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use core_kernel::{Rng, Secret};

use crate::blocks::Memory;
use crate::{AuthConfig, AuthError};

/// Bytes of a pepper's name in a hash.
const NAME: usize = 6;

/// argon2id (RFC 9106), without queue or threads: that is the caller's.
#[derive(Clone, Debug)]
pub(crate) struct Argon {
    params: Params,
    memory: Memory,
    /// The pepper of now first. Each hash names the one that it was made with.
    peppers: Arc<[Pepper]>,
    peppered: bool,
    rng: Arc<dyn Rng>,
    /// How often it was run, for tests that hold the cost of a login.
    runs: Arc<AtomicU64>,
}

/// A secret that is not in the database, without which its hashes can't be guessed at.
#[derive(Clone, Debug)]
struct Pepper {
    name: [u8; NAME],
    secret: Secret,
}

impl Pepper {
    fn new(secret: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let mut name = [0; NAME];
        let tag = hmac::sign(&key, b"the name of a pepper");
        name.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Self { name, secret: secret.clone() }
    }
}

impl Argon {
    pub(crate) fn new(config: &AuthConfig, rng: Arc<dyn Rng>) -> Result<Self, AuthError> {
        let mut builder = ParamsBuilder::new();
        builder.m_cost(config.argon2_memory_kib).t_cost(config.argon2_passes).p_cost(1);
        let current = config.pepper.as_ref().map(Pepper::new);
        if let Some(pepper) = &current {
            builder.keyid(KeyId::new(&pepper.name).map_err(|error| internal("the pepper's name", &error))?);
        }
        let peppered = current.is_some();
        let peppers = current.into_iter().chain(config.previous_pepper.as_ref().map(Pepper::new)).collect();
        let params = builder.build().map_err(|error| internal("argon2 settings", &error))?;
        let memory = Memory::new(params.block_count());
        Ok(Self { params, memory, peppers, peppered, rng, runs: Arc::default() })
    }

    /// How often it was run.
    #[cfg(feature = "testing")]
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// The PHC string of a password.
    pub(crate) fn hash(&self, password: &str) -> Result<String, AuthError> {
        let mut salt = [0_u8; 16];
        self.rng.fill(&mut salt);
        let pepper = self.peppers.first().filter(|_| self.peppered);
        let params = ParamsString::try_from(&self.params).map_err(|error| internal("argon2 settings", &error))?;
        let argon2 = context(pepper, Algorithm::Argon2id, Version::V0x13, self.params.clone())?;
        let hash = Some(self.output(&argon2, password, &salt)?);
        let salt = Some(Salt::new(&salt).map_err(|error| internal("hashing", &error))?);
        let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
        Ok(PasswordHash { algorithm, version, params, salt, hash }.to_string())
    }

    /// True when a stored hash was made from this password.
    pub(crate) fn matches(&self, stored: &str, password: &str) -> Result<bool, AuthError> {
        let parsed = PasswordHash::new(stored).map_err(|error| internal("stored hash", &error))?;
        let params = Params::try_from(&parsed).map_err(|error| internal("stored hash", &error))?;
        // An imported hash must not be able to take the server's memory or time.
        if params.m_cost() > 262_144 || params.t_cost() > 10 || params.p_cost() > 8 {
            return Err(AuthError::Internal("a stored hash asks for more work than is allowed".to_owned()));
        }
        let named = self.peppers.iter().find(|pepper| params.keyid() == pepper.name);
        if named.is_none() && !params.keyid().is_empty() {
            return Err(AuthError::Internal("a stored hash was made with a pepper that is not in the settings".to_owned()));
        }
        let (Some(salt), Some(expected)) = (&parsed.salt, &parsed.hash) else { return Ok(false) };
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).map_err(|error| internal("stored hash", &error))?;
        let version = parsed.version.map(Version::try_from).transpose().map_err(|error| internal("stored hash", &error))?;
        let argon2 = context(named, algorithm, version.unwrap_or_default(), params)?;
        // Outputs are compared in constant time.
        Ok(self.output(&argon2, password, salt)? == *expected)
    }

    fn output(&self, argon2: &Argon2<'_>, password: &str, salt: &[u8]) -> Result<Output, AuthError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let mut output = vec![0; argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let hashed = self.memory.lend(argon2.params().block_count(), |blocks| {
            argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, blocks)
        });
        let hashed = hashed.ok_or_else(|| AuthError::Internal("hashing: not enough memory".to_owned()))?;
        hashed.map_err(|error| internal("hashing", &error))?;
        Output::new(&output).map_err(|error| internal("hashing", &error))
    }

    /// False: made with other settings or another pepper than those of now.
    pub(crate) fn is_current(&self, stored: &str) -> bool {
        let parsed = PasswordHash::new(stored).ok();
        let stored = parsed.and_then(|hash| Params::try_from(&hash).ok());
        let key = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost(), params.keyid().to_vec());
        stored.is_some_and(|stored| key(&stored) == key(&self.params))
    }

    /// The PHC string of a password that nobody knows, made without hashing: salt and hash are random. Checking a password against
    /// it costs as much as against any other.
    pub(crate) fn nobody(&self) -> String {
        let (mut salt, mut hash) = ([0_u8; 16], [0_u8; 32]);
        self.rng.fill(&mut salt);
        self.rng.fill(&mut hash);
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        let key = if self.peppered { format!(",keyid={}", STANDARD_NO_PAD.encode(self.params.keyid())) } else { String::new() };
        format!("$argon2id$v=19$m={m},t={t},p={p}{key}${salt}${hash}")
    }
}

fn context(pepper: Option<&Pepper>, algorithm: Algorithm, version: Version, params: Params) -> Result<Argon2<'_>, AuthError> {
    match pepper {
        Some(pepper) => {
            let secret = pepper.secret.expose().as_bytes();
            Argon2::new_with_secret(secret, algorithm, version, params).map_err(|error| internal("the pepper", &error))
        }
        None => Ok(Argon2::new(algorithm, version, params)),
    }
}

fn internal(what: &str, error: &dyn std::fmt::Display) -> AuthError {
    AuthError::Internal(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use core_kernel::OsRng;

    use super::*;

    fn argon(pepper: Option<&str>, previous: Option<&str>) -> Argon {
        let config = AuthConfig {
            argon2_memory_kib: 8192,
            argon2_passes: 1,
            pepper: pepper.map(Secret::new),
            previous_pepper: previous.map(Secret::new),
            ..AuthConfig::default()
        };
        Argon::new(&config, Arc::new(OsRng)).unwrap()
    }

    #[test]
    fn a_peppered_hash_is_right_with_its_pepper_only() {
        let stored = argon(Some("the first pepper"), None).hash("secret words").unwrap();
        assert!(stored.contains("keyid="), "{stored}");
        assert!(argon(Some("the first pepper"), None).matches(&stored, "secret words").unwrap());
        assert!(!argon(Some("the first pepper"), None).matches(&stored, "other words").unwrap());
        assert!(argon(None, None).matches(&stored, "secret words").is_err(), "the pepper is not there");
        // The same hash without its mark: what a thief who does not have the pepper can check.
        let bare: Vec<&str> = stored.split(',').collect();
        let unmarked = stored.replace(bare[3].split('$').next().unwrap(), "").replace(",$", "$");
        assert!(!argon(None, None).matches(&unmarked, "secret words").unwrap());
    }

    #[test]
    fn hashes_from_before_the_pepper_and_with_the_previous_one_verify_and_are_to_be_made_anew() {
        let now = argon(Some("the second pepper"), Some("the first pepper"));
        for before in [argon(None, None), argon(Some("the first pepper"), None)] {
            let stored = before.hash("secret words").unwrap();
            assert!(now.matches(&stored, "secret words").unwrap());
            assert!(!now.is_current(&stored));
        }
        assert!(now.is_current(&now.hash("secret words").unwrap()));
        // A pepper that is only the previous one makes no new hashes.
        assert!(!argon(None, Some("the first pepper")).hash("secret words").unwrap().contains("keyid"));
    }

    #[test]
    fn the_dummy_costs_as_much_as_any_hash() {
        for argon in [argon(None, None), argon(Some("pepper"), None)] {
            assert!(argon.is_current(&argon.nobody()));
            assert!(!argon.matches(&argon.nobody(), "secret words").unwrap());
        }
    }
}
