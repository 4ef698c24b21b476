use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};

use crate::codes;
use crate::pictures::Refusal;

/// What can go wrong with media.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// The picture is not taken.
    #[error(transparent)]
    Refused(#[from] PictureRefused),
    /// A product's own look refused it.
    #[error("{0}")]
    Scanned(String),
    /// Too many pictures wait.
    #[error("too many pictures at once")]
    Busy,
    /// The space has no room left.
    #[error("the space stores {stored} bytes of {quota}")]
    QuotaSpent {
        /// What it stores now.
        stored: u64,
        /// What it may store.
        quota: u64,
    },
    /// The picture is newer than what the change is based on.
    #[error("the picture is at version {current}")]
    Changed {
        /// The version that is there now.
        current: i64,
    },
    /// It is not ready, or it was refused.
    #[error("the picture can't be shown")]
    NotReady,
    /// A link that is not valid any more.
    #[error("the link is not valid")]
    InvalidLink,
    /// The bytes of a part do not belong where the request puts them.
    #[error("the upload stands at {offset}")]
    WrongOffset {
        /// Where it stands.
        offset: u64,
    },
    /// A part is not what its checksum says.
    #[error("the checksum of the part differs")]
    WrongChecksum,
    /// The upload has had its time.
    #[error("the upload has expired")]
    Expired,
    /// The object store failed.
    #[error("the object store failed")]
    Store(#[from] object_store::Error),
    /// Nothing was put into the store yet.
    #[error("nothing was put into the store")]
    NotUploaded,
    /// Direct uploads need a store that presigns.
    #[error("this store takes no direct uploads")]
    NoDirectUploads,
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Another part of the product failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Our fault.
    #[error("{0}")]
    Internal(String),
}

/// Why a picture is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct PictureRefused(#[from] Refusal);

impl From<Refusal> for MediaError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(PictureRefused(refusal))
    }
}

impl MediaError {
    /// It is not the picture's fault: the same may do later.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self, Self::Busy | Self::Store(_) | Self::Db(_) | Self::Port(_))
    }
}

impl DomainError for MediaError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Refused(PictureRefused(refusal)) => match refusal {
                Refusal::Unsupported { .. } => &codes::UNSUPPORTED,
                Refusal::Heic => &codes::HEIC_UNSUPPORTED,
                Refusal::Mismatch { .. } => &codes::TYPE_MISMATCH,
                Refusal::TooLarge(_) => &codes::TOO_LARGE,
                Refusal::Broken => &codes::BROKEN,
            },
            Self::Scanned(_) => &codes::CONTENT_REFUSED,
            Self::Busy => &codes::BUSY,
            Self::QuotaSpent { .. } => &codes::QUOTA_SPENT,
            Self::Changed { .. } => &codes::CHANGED,
            Self::NotReady => &codes::NOT_READY,
            Self::InvalidLink => &codes::INVALID_LINK,
            Self::WrongOffset { .. } => &codes::WRONG_OFFSET,
            Self::WrongChecksum => &codes::WRONG_CHECKSUM,
            Self::Expired => &codes::UPLOAD_EXPIRED,
            Self::Store(_) => &codes::STORE_UNAVAILABLE,
            Self::NotUploaded => &codes::NOT_UPLOADED,
            Self::NoDirectUploads => &codes::NO_DIRECT_UPLOADS,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Port(error) => error.cause().code(),
            Self::Internal(_) => &codes::INTERNAL,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Refused(_) | Self::QuotaSpent { .. } | Self::WrongOffset { .. } | Self::Scanned(_) => format!("{self}."),
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
            Self::Store(_) => Some(Duration::from_secs(5)),
            Self::Busy => Some(Duration::from_secs(2)),
            _ => None,
        }
    }
}
