use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};

/// The problem catalogue of organisations.
pub mod codes {
    core_kernel::problem_codes! {
        /// A field breaks a rule.
        INVALID = "orgs.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
        /// Newer than what the change is based on.
        CHANGED = "orgs.changed", PreconditionFailed, "It has changed since you read it",
            "Read it again and repeat the change on what is there now.";
        /// `X-Org-Id` names an organisation that the caller is no member of.
        NOT_A_MEMBER = "orgs.not_a_member", Forbidden, "You are no member of this organisation",
            "Check X-Org-Id; whoever was removed has to be invited again.";
        /// The caller's role is too low for this member or for the role that is to be given.
        RANK_TOO_LOW = "orgs.rank_too_low", Forbidden, "Your role is too low for this",
            "Nobody edits members of an equal or higher role, or gives a role above their own. Ask an owner.";
        /// The organisation would have no owner.
        LAST_OWNER = "orgs.last_owner", Conflict, "An organisation always has an owner",
            "Make somebody else an owner first, hand the organisation over, or delete it.";
        /// Another organisation has the short name.
        SLUG_TAKEN = "orgs.slug_taken", Conflict, "This short name is taken",
            "Choose another `slug`, or leave it out to get one.";
        /// The person is a member already.
        ALREADY_MEMBER = "orgs.already_member", Conflict, "They are a member already",
            "Change their role instead.";
        /// Used, replaced, withdrawn, expired, made up, or its sender may not invite any more.
        INVALID_INVITATION = "orgs.invalid_invitation", Invalid, "The invitation is not valid",
            "It may have been used, withdrawn or expired: ask for a new one.";
        /// The invitation is for somebody else.
        OTHER_ADDRESS = "orgs.invitation_for_another_address", Forbidden, "The invitation is for another address",
            "Sign in with the account of the address that the mail was sent to.";
        /// The caller has not proved that the address is theirs.
        ADDRESS_NOT_VERIFIED = "orgs.address_not_verified", Forbidden, "Your address is not verified",
            "Open the link in the mail that verifies it, or ask for another one, then accept again.";
        /// The organisation has as many members as it may.
        NO_SEAT_LEFT = "orgs.no_seat_left", Conflict, "The organisation has no seat left",
            "An owner has to get more seats or remove a member.";
        /// Too many invitations are open.
        TOO_MANY_INVITATIONS = "orgs.too_many_invitations", Conflict, "Too many invitations are open",
            "Withdraw some, or wait until they are accepted or expire.";
        /// No resolver is at hand.
        LOOKUP_NOT_CONFIGURED = "orgs.domain_lookup_not_configured", Unavailable, "This server can't look up domains",
            "The operator has to name servers for it (`orgs.dns_servers`).";
        /// The name servers did not answer.
        LOOKUP_FAILED = "orgs.domain_lookup_failed", Unavailable, "The domain can't be looked up now",
            "Its name servers, or this server's, did not answer. Try again in a while.";
        /// The record is not there.
        DOMAIN_NOT_PROVEN = "orgs.domain_not_proven", Conflict, "The domain's record was not found",
            "Publish the TXT record that the domain shows, wait for it to spread, and try again.";
        /// It is claimed already.
        DOMAIN_TAKEN = "orgs.domain_taken", Conflict, "The domain is taken",
            "This organisation has it already, or another one has proved that it is theirs.";
    }
}

/// What can go wrong with organisations.
#[derive(Debug, thiserror::Error)]
pub enum OrgsError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// Newer than what the change is based on.
    #[error("it is at version {current}")]
    Changed {
        /// The version that is there now.
        current: i64,
    },
    /// Not there, or the caller is no member of it.
    #[error("there is no such thing that the caller may know of")]
    NotFound,
    /// The caller acts for an organisation that they are no member of.
    #[error("the caller is no member of the organisation")]
    NotAMember,
    /// The caller's role is too low.
    #[error("the role is too low")]
    RankTooLow,
    /// The organisation would have no owner.
    #[error("the organisation would have no owner")]
    LastOwner,
    /// Another organisation has the short name.
    #[error("the short name is taken")]
    SlugTaken,
    /// They are a member already.
    #[error("they are a member already")]
    AlreadyMember,
    /// Used, replaced, withdrawn, expired, made up, or its sender may not invite any more.
    #[error("the invitation is not valid")]
    InvalidInvitation,
    /// The invitation is for somebody else.
    #[error("the invitation is for another address")]
    OtherAddress,
    /// The caller has not proved that the address is theirs.
    #[error("the address is not verified")]
    AddressNotVerified,
    /// The organisation has as many members as it may.
    #[error("no seat is left")]
    NoSeatLeft,
    /// Too many invitations are open.
    #[error("too many invitations are open")]
    TooManyInvitations,
    /// No resolver is at hand.
    #[error("no resolver is configured")]
    LookupNotConfigured,
    /// The name servers did not answer.
    #[error("the domain can't be looked up now")]
    LookupFailed,
    /// The record is not there.
    #[error("the domain's record was not found")]
    DomainNotProven,
    /// It is claimed already.
    #[error("the domain is taken")]
    DomainTaken,
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Another part of the product failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl DomainError for OrgsError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Changed { .. } => &codes::CHANGED,
            Self::NotFound => &DbError::NOT_FOUND,
            Self::NotAMember => &codes::NOT_A_MEMBER,
            Self::RankTooLow => &codes::RANK_TOO_LOW,
            Self::LastOwner => &codes::LAST_OWNER,
            Self::SlugTaken => &codes::SLUG_TAKEN,
            Self::AlreadyMember => &codes::ALREADY_MEMBER,
            Self::InvalidInvitation => &codes::INVALID_INVITATION,
            Self::OtherAddress => &codes::OTHER_ADDRESS,
            Self::AddressNotVerified => &codes::ADDRESS_NOT_VERIFIED,
            Self::NoSeatLeft => &codes::NO_SEAT_LEFT,
            Self::TooManyInvitations => &codes::TOO_MANY_INVITATIONS,
            Self::LookupNotConfigured => &codes::LOOKUP_NOT_CONFIGURED,
            Self::LookupFailed => &codes::LOOKUP_FAILED,
            Self::DomainNotProven => &codes::DOMAIN_NOT_PROVEN,
            Self::DomainTaken => &codes::DOMAIN_TAKEN,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Port(error) => error.cause().code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Changed { current } => format!("The current version is \"v{current}\"."),
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
            Self::Db(error) => error.retry_after(),
            Self::Port(error) => error.cause().retry_after(),
            _ => None,
        }
    }
}
