use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use core_kernel::{FieldError, Rng, Secret};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::argon::Argon;
use crate::blocklist::is_first_guess;
use crate::{AuthConfig, AuthError, Email};

/// The most code points of a password.
const MAX_LENGTH: usize = 128;
/// How many password checks may wait for a free place.
const MAX_WAITING: usize = 64;
/// How long one waits before it is told to come back.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Checks a new password: length in code points after NFKC, not one of the first guesses, not made of the address. There are no
/// composition rules (NIST SP 800-63B-4 section 3.1.1.2). Returns what is hashed.
pub(crate) fn accept(password: &Secret, email: &Email, min_length: usize, pointer: &str) -> Result<Secret, FieldError> {
    let normal = normalise(password);
    let length = normal.expose().chars().count();
    if length < min_length {
        return Err(FieldError::new(pointer, "too_short", format!("at least {min_length} characters; a sentence works well")));
    }
    if length > MAX_LENGTH {
        return Err(FieldError::new(pointer, "too_long", format!("at most {MAX_LENGTH} characters")));
    }
    let lower = normal.expose().to_lowercase();
    let distinct = lower.chars().collect::<std::collections::BTreeSet<_>>().len();
    let from_address = email.local().len() >= 4 && lower.replace(email.local(), "").chars().count() < 8;
    if distinct < 5 || is_first_guess(&lower) || from_address || lower == email.canonical() {
        return Err(FieldError::new(pointer, "too_common", "this password is among the first that are guessed"));
    }
    Ok(normal)
}

pub(crate) fn normalise(password: &Secret) -> Secret {
    Secret::new(password.expose().nfkc().collect::<String>())
}

/// Hashes and checks passwords with argon2id (RFC 9106), off the async workers, a few at a time, with a bounded queue: a thousand
/// sign-ins at once cost a bounded amount of memory, and other requests go on.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    pub(crate) argon: Argon,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// What a password for an unknown address is checked against, so that it takes as long.
    dummy: Arc<str>,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    /// Right, and to be stored anew, because the settings have changed since.
    RightButOutdated(String),
    Wrong,
}

impl Hasher {
    pub(crate) fn new(config: &AuthConfig, rng: Arc<dyn Rng>) -> Result<Self, AuthError> {
        let argon = Argon::new(config, rng)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let places = if config.argon2_concurrency == 0 { cores.saturating_sub(1).max(1) } else { config.argon2_concurrency };
        let dummy = argon.nobody().into();
        Ok(Self { argon, permits: Arc::new(Semaphore::new(places)), waiting: Arc::default(), dummy })
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, AuthError> {
        let argon = self.argon.clone();
        self.run(move || argon.hash(password.expose())).await?
    }

    /// Checks a password against a stored hash, or, where there is none, against the dummy: the work is the same.
    pub(crate) async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<Verdict, AuthError> {
        let password = normalise(password);
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.to_string());
        let argon = self.argon.clone();
        self.run(move || {
            // Longer ones are cut, so that they cost what every other costs, and then refused.
            let too_long = password.expose().chars().count() > MAX_LENGTH;
            let looked_at: String = password.expose().chars().take(MAX_LENGTH).collect();
            let right = argon.matches(&stored, &looked_at)?;
            if too_long || !right || !known {
                return Ok(Verdict::Wrong);
            }
            if argon.is_current(&stored) {
                return Ok(Verdict::Right);
            }
            argon.hash(password.expose()).map(Verdict::RightButOutdated)
        })
        .await?
    }

    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AuthError> {
        let place = Waiting::enter(&self.waiting).ok_or(AuthError::Busy)?;
        let permit = tokio::time::timeout(MAX_WAIT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(AuthError::Busy)?;
        drop(place);
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(permit);
            outcome
        });
        done.await.map_err(|error| AuthError::Internal(error.to_string()))
    }
}

/// A place in the queue, given up on drop, also when the caller goes away.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(counter: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(counter));
        (counter.fetch_add(1, Ordering::SeqCst) < MAX_WAITING).then_some(place)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use core_kernel::OsRng;

    use super::*;

    fn hasher(memory: u32) -> Hasher {
        let config = AuthConfig { argon2_memory_kib: memory, argon2_passes: 1, ..AuthConfig::default() };
        Hasher::new(&config, Arc::new(OsRng)).unwrap()
    }

    fn check(password: &str) -> Result<Secret, FieldError> {
        accept(&Secret::new(password), &Email::parse("ada.lovelace@example.com").unwrap(), 15, "/password")
    }

    #[test]
    fn length_counts_code_points_and_nothing_is_asked_of_their_kind() {
        assert!(check("all lower case words").is_ok());
        assert!(check("ünïcödé wörds ✓").is_ok());
        assert_eq!(check("fourteen chars").unwrap_err().code, "too_short");
        assert_eq!(check(&"x y z v w ".repeat(13)).unwrap_err().code, "too_long");
        for common in ["passwordpassword", "aaaaaaaaaaaaaaaa", "ada.lovelace123", "ada.lovelace@example.com"] {
            assert_eq!(check(common).unwrap_err().code, "too_common", "{common}");
        }
    }

    #[tokio::test]
    async fn a_password_is_found_right_in_any_unicode_form() {
        let hasher = hasher(8192);
        let stored = hasher.hash(check("caf\u{e9} noir, s'il vous plait").unwrap()).await.unwrap();
        let decomposed = Secret::new("cafe\u{301} noir, s'il vous plait");
        assert_eq!(hasher.verify(&decomposed, Some(stored.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(hasher.verify(&Secret::new("cafe noir"), Some(stored)).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.verify(&Secret::new("no such account"), None).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_made_with_other_settings_is_replaced_on_login() {
        let stored = hasher(8192).hash(Secret::new("a long enough password")).await.unwrap();
        let verdict = hasher(9216).verify(&Secret::new("a long enough password"), Some(stored)).await.unwrap();
        assert!(matches!(verdict, Verdict::RightButOutdated(hash) if hash.contains("m=9216")));
    }

    #[tokio::test]
    async fn a_hash_that_asks_for_too_much_memory_is_refused() {
        let huge = "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";
        assert!(hasher(8192).verify(&Secret::new("x"), Some(huge.to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn when_the_queue_is_full_the_next_is_told_to_come_back() {
        let hasher = hasher(8192);
        let _all =
            Arc::clone(&hasher.permits).acquire_many_owned(u32::try_from(hasher.permits.available_permits()).unwrap()).await;
        let _queue: Vec<_> = (0..MAX_WAITING).map(|_| Waiting::enter(&hasher.waiting).unwrap()).collect();
        assert!(matches!(hasher.hash(Secret::new("x")).await, Err(AuthError::Busy)));
    }
}
