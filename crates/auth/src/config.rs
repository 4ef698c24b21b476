use std::time::Duration;

use core_kernel::Secret;
use serde::{Deserialize, Serialize};

use crate::OauthConfig;
use crate::relying_party::PasskeySettings;

/// Who may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    #[default]
    Open,
    /// Who was invited.
    Invite,
    /// Nobody; administrators make accounts.
    Closed,
}

/// Whether an address must be verified before its account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailVerification {
    /// Registration always answers 202, and signing in waits for the link: nobody learns which addresses have accounts.
    Required,
    /// Registration signs in at once, and a taken address is 409.
    #[default]
    Optional,
}

/// Settings of identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Who may register.
    pub registration: Registration,
    /// Whether addresses must be verified.
    pub email_verification: EmailVerification,
    /// Life of an access token in seconds.
    pub access_token_seconds: u64,
    /// A session ends after this many days without use.
    pub session_idle_days: u64,
    /// A session ends after this many days in any case.
    pub session_absolute_days: u64,
    /// How long a lost answer to a refresh may be asked for again, in seconds, while its successor is unused.
    pub refresh_grace_seconds: u64,
    /// Fewest code points of a password.
    pub password_min_length: usize,
    /// Memory of one password hash in KiB (argon2id).
    pub argon2_memory_kib: u32,
    /// Passes of one password hash.
    pub argon2_passes: u32,
    /// Password hashes at the same time; 0 means one less than there are cores, at least one.
    pub argon2_concurrency: usize,
    /// A secret that password hashes are made with and that is not in the database; absent: none. Without it the hashes made with it
    /// are worth nothing.
    #[serde(skip_serializing)]
    pub pepper: Option<Secret>,
    /// The pepper before; hashes made with it still work and are made anew at login.
    #[serde(skip_serializing)]
    pub previous_pepper: Option<Secret>,
    /// Life of an API key for which no end was asked, in days.
    pub api_key_days: u64,
    /// The longest life of an API key, in days.
    pub api_key_max_days: u64,
    /// Passkeys.
    pub passkeys: PasskeySettings,
    /// Whether new passwords are looked for among leaked ones.
    pub leaked_passwords: LeakedPasswords,
    /// Where the links in mails lead; empty: this server's own pages.
    pub links: Links,
    /// Signing in with an account elsewhere.
    pub oauth: OauthConfig,
}

/// A service that knows leaked passwords by the first five digits of their SHA-1, as Have I Been Pwned's range API does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeakedPasswords {
    /// Such as `https://api.pwnedpasswords.com`; empty: nobody is asked.
    pub base_url: String,
    /// Refuse new passwords while the service does not answer; otherwise they are taken, with a mark in the audit log.
    pub fail_closed: bool,
}

/// A product's own pages. The token is appended as a URL fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// Page that posts to `/auth/verify-email`.
    pub verify_email: String,
    /// Page that posts to `/auth/password/reset`.
    pub reset_password: String,
    /// Page that posts to `/auth/magic-link/consume`.
    pub magic_link: String,
    /// Page that posts to `/auth/email/change/confirm`.
    pub email_change: String,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            registration: Registration::Open,
            email_verification: EmailVerification::Optional,
            access_token_seconds: 600,
            session_idle_days: 14,
            session_absolute_days: 90,
            refresh_grace_seconds: 10,
            password_min_length: 15,
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_concurrency: 0,
            pepper: None,
            previous_pepper: None,
            api_key_days: 90,
            api_key_max_days: 366,
            passkeys: PasskeySettings::default(),
            leaked_passwords: LeakedPasswords::default(),
            links: Links::default(),
            oauth: OauthConfig::default(),
        }
    }
}

impl AuthConfig {
    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = self.passkeys.validate();
        let mut check = |ok: bool, key: &'static str, reason: &str| {
            if !ok {
                problems.push((key, reason.to_owned()));
            }
        };
        check((60..=3600).contains(&self.access_token_seconds), "access_token_seconds", "must be 60 to 3600");
        check((1..=90).contains(&self.session_idle_days), "session_idle_days", "must be 1 to 90");
        check((1..=365).contains(&self.session_absolute_days), "session_absolute_days", "must be 1 to 365");
        check(self.refresh_grace_seconds <= 60, "refresh_grace_seconds", "must be at most 60");
        check((8..=128).contains(&self.password_min_length), "password_min_length", "must be 8 to 128");
        check((8_192..=262_144).contains(&self.argon2_memory_kib), "argon2_memory_kib", "must be 8192 to 262144");
        check((1..=10).contains(&self.argon2_passes), "argon2_passes", "must be 1 to 10");
        let short = |secret: &Option<Secret>| secret.as_ref().is_some_and(|secret| secret.expose().len() < 16);
        check(!short(&self.pepper), "pepper", "must have at least 16 characters");
        check(!short(&self.previous_pepper), "previous_pepper", "must have at least 16 characters");
        let url = &self.leaked_passwords.base_url;
        let web = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
        check(web, "leaked_passwords.base_url", "must be an https:// URL or empty");
        check((1..=3_660).contains(&self.api_key_max_days), "api_key_max_days", "must be 1 to 3660");
        check((1..=self.api_key_max_days).contains(&self.api_key_days), "api_key_days", "must be 1 to api_key_max_days");
        problems
    }

    pub(crate) fn api_key_life(&self) -> Duration {
        Duration::from_hours(24 * self.api_key_days)
    }

    pub(crate) fn access_token_life(&self) -> Duration {
        Duration::from_secs(self.access_token_seconds)
    }

    pub(crate) fn session_idle(&self) -> Duration {
        Duration::from_hours(24 * self.session_idle_days)
    }

    pub(crate) fn session_absolute(&self) -> Duration {
        Duration::from_hours(24 * self.session_absolute_days)
    }
}
