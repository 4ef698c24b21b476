use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};

use crate::codes;

/// What can go wrong with identity.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Wrong address or password.
    #[error("the address or the password is wrong")]
    InvalidCredentials,
    /// The access token is not valid; the reason is for the log.
    #[error("the access token is not valid: {0}")]
    InvalidToken(&'static str),
    /// The session was ended or ran out.
    #[error("the session has ended")]
    SessionEnded,
    /// The refresh token is not valid.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// The address is taken.
    #[error("the address belongs to an account")]
    EmailTaken,
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// Nobody may register.
    #[error("registration is closed")]
    RegistrationClosed,
    /// A product's own rule refuses the account; the reason is for the applicant.
    #[error("{0}")]
    RegistrationRefused(String),
    /// Registration is by invitation.
    #[error("registration is by invitation")]
    InvitationNeeded,
    /// Used, withdrawn, expired, made up, or for another address.
    #[error("the invitation is not valid for this address")]
    InvalidInvitation,
    /// The service that knows leaked passwords does not answer, and the settings want its word.
    #[error("new passwords can't be checked now")]
    LeakCheckUnavailable,
    /// Whoever answers a port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The account is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// A link or code was used, replaced, expired or made up.
    #[error("the link or code is not valid")]
    InvalidCode,
    /// Sign-in waits for the address to be verified.
    #[error("the address is not verified")]
    EmailNotVerified,
    /// There is an administrator.
    #[error("the first administrator is there already")]
    AlreadyClaimed,
    /// Too many password checks wait.
    #[error("too many sign-ins at once")]
    Busy,
    /// No organisations here.
    #[error("this server knows no such organisation")]
    NoOrganisations,
    /// The password given to prove who one is again is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// Not for programs.
    #[error("only the person can do this")]
    PersonNeeded,
    /// The API key is not valid.
    #[error("the API key is not valid")]
    InvalidApiKey,
    /// The space has as many keys as it may have.
    #[error("there are too many API keys")]
    TooManyKeys,
    /// Changed since it was read.
    #[error("it has changed since it was read")]
    Changed,
    /// A role of this name is there.
    #[error("there is a role of this name")]
    RoleExists,
    /// The built-in role.
    #[error("the role is built in")]
    RoleBuiltIn,
    /// Somebody has the role.
    #[error("somebody has the role")]
    RoleInUse,
    /// The server would be without an administrator.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// Rights are touched that the caller does not have.
    #[error("these rights are beyond the caller's own")]
    BeyondOwnRights,
    /// The second factor is wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// The token of a sign-in's first step is not valid.
    #[error("the sign-in has to begin again")]
    InvalidMfaToken,
    /// Too many wrong codes; come back after this time.
    #[error("too many wrong tries")]
    TooManyTries(Duration),
    /// Too many wrong passwords in a row; a link from a mail helps. Asking again before this time is no use.
    #[error("too many wrong passwords")]
    Locked(Duration),
    /// An app is in use.
    #[error("an authenticator app is in use")]
    TotpInUse,
    /// There is no second factor.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// The passkey proves nothing.
    #[error("the passkey does not prove who you are")]
    InvalidPasskey,
    /// The question to a passkey was answered, ran out, or was never asked.
    #[error("this is no answer to an open question")]
    CeremonyOver,
    /// Somebody has the passkey.
    #[error("the passkey is in use already")]
    PasskeyKnown,
    /// There are as many passkeys as there may be.
    #[error("there are too many passkeys")]
    TooManyPasskeys,
    /// There is no passkey.
    #[error("there is no passkey")]
    NoPasskey,
    /// Nothing would be left to sign in with.
    #[error("this is the last way to sign in")]
    LastWayIn,
    /// The server's public URL has no name.
    #[error("passkeys are not set up here")]
    PasskeysNotConfigured,
    /// The session cookie is not valid.
    #[error("the session cookie is not valid")]
    InvalidCookie,
    /// The session is not kept by a cookie.
    #[error("the session is not kept by a cookie")]
    NoCookie,
    /// No provider of this name.
    #[error("there is no such provider")]
    UnknownProvider,
    /// What came back from a provider belongs to no sign-in.
    #[error("the sign-in has to begin again")]
    InvalidState,
    /// The person said no at the provider.
    #[error("the sign-in was cancelled")]
    SignInCancelled,
    /// The provider refused; its word is for the log.
    #[error("the provider refused: {0}")]
    ProviderRefused(String),
    /// The provider did not answer; why is for the log.
    #[error("the provider can not be reached: {0}")]
    ProviderUnavailable(String),
    /// What the provider said does not hold; why is for the log.
    #[error("the provider's answer is not valid: {0}")]
    ProviderAnswer(&'static str),
    /// The provider does not vouch for the address.
    #[error("the provider does not vouch for the address")]
    ProviderEmailUnverified,
    /// The address belongs to an account that can't be taken on a provider's word.
    #[error("there is an account with this address")]
    LinkRequired,
    /// Somebody else signs in with it.
    #[error("another account is linked to this identity")]
    IdentityTaken,
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A bug or a broken key.
    #[error("identity failed: {0}")]
    Internal(String),
}

impl DomainError for AuthError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::InvalidCredentials => &codes::INVALID_CREDENTIALS,
            Self::InvalidToken(_) => &codes::INVALID_TOKEN,
            Self::SessionEnded => &codes::SESSION_ENDED,
            Self::InvalidRefreshToken => &codes::INVALID_REFRESH_TOKEN,
            Self::EmailTaken => &codes::EMAIL_TAKEN,
            Self::Invalid(_) => &codes::INVALID,
            Self::RegistrationClosed => &codes::REGISTRATION_CLOSED,
            Self::RegistrationRefused(_) => &codes::REGISTRATION_REFUSED,
            Self::InvitationNeeded => &codes::INVITATION_NEEDED,
            Self::InvalidInvitation => &codes::INVALID_INVITATION,
            Self::LeakCheckUnavailable => &codes::LEAK_CHECK_UNAVAILABLE,
            Self::Port(error) => error.cause().code(),
            Self::Suspended => &codes::SUSPENDED,
            Self::InvalidCode => &codes::INVALID_CODE,
            Self::EmailNotVerified => &codes::EMAIL_NOT_VERIFIED,
            Self::AlreadyClaimed => &codes::ALREADY_CLAIMED,
            Self::Busy => &codes::BUSY,
            Self::NoOrganisations => &codes::NO_ORGANISATIONS,
            Self::WrongPassword => &codes::WRONG_PASSWORD,
            Self::PersonNeeded => &codes::PERSON_NEEDED,
            Self::InvalidApiKey => &codes::INVALID_API_KEY,
            Self::TooManyKeys => &codes::TOO_MANY_KEYS,
            Self::Changed => &codes::CHANGED,
            Self::RoleExists => &codes::ROLE_EXISTS,
            Self::RoleBuiltIn => &codes::ROLE_BUILT_IN,
            Self::RoleInUse => &codes::ROLE_IN_USE,
            Self::LastAdministrator => &codes::LAST_ADMINISTRATOR,
            Self::BeyondOwnRights => &codes::BEYOND_OWN_RIGHTS,
            Self::WrongCode => &codes::WRONG_CODE,
            Self::InvalidMfaToken => &codes::INVALID_MFA_TOKEN,
            Self::TooManyTries(_) => &codes::TOO_MANY_TRIES,
            Self::Locked(_) => &codes::LOCKED,
            Self::TotpInUse => &codes::TOTP_IN_USE,
            Self::NoSecondFactor => &codes::NO_SECOND_FACTOR,
            Self::InvalidPasskey => &codes::INVALID_PASSKEY,
            Self::CeremonyOver => &codes::CEREMONY_OVER,
            Self::PasskeyKnown => &codes::PASSKEY_KNOWN,
            Self::TooManyPasskeys => &codes::TOO_MANY_PASSKEYS,
            Self::NoPasskey => &codes::NO_PASSKEY,
            Self::LastWayIn => &codes::LAST_WAY_IN,
            Self::PasskeysNotConfigured => &codes::PASSKEYS_NOT_CONFIGURED,
            Self::InvalidCookie => &codes::INVALID_COOKIE,
            Self::NoCookie => &codes::NO_COOKIE,
            Self::UnknownProvider => &codes::UNKNOWN_PROVIDER,
            Self::InvalidState => &codes::INVALID_STATE,
            Self::SignInCancelled => &codes::SIGN_IN_CANCELLED,
            Self::ProviderRefused(_) => &codes::PROVIDER_REFUSED,
            Self::ProviderUnavailable(_) => &codes::PROVIDER_UNAVAILABLE,
            Self::ProviderAnswer(_) => &codes::PROVIDER_ANSWER_INVALID,
            Self::ProviderEmailUnverified => &codes::PROVIDER_EMAIL_UNVERIFIED,
            Self::LinkRequired => &codes::LINK_REQUIRED,
            Self::IdentityTaken => &codes::IDENTITY_TAKEN,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Internal(_) => &codes::INTERNAL,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            Self::Port(error) => error.cause().detail(),
            other => other.code().title.to_owned(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::LeakCheckUnavailable => Some(Duration::from_secs(5)),
            Self::Port(error) => error.cause().retry_after(),
            Self::Busy => Some(Duration::from_secs(2)),
            Self::TooManyTries(wait) | Self::Locked(wait) => Some(*wait),
            Self::Db(error) => error.retry_after(),
            _ => None,
        }
    }
}
