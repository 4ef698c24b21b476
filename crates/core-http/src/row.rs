use core_kernel::Permission;

use crate::schema::Described;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in and has the right.
    Requires(&'static Permission),
}

/// How often an operation may be called; the numbers are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitClass {
    /// Never refused: health, documents.
    Unlimited,
    /// Per address.
    Public,
    /// Reading, per caller.
    Read,
    /// Writing, per caller.
    Write,
    /// What costs money or minutes, per caller.
    Expensive,
    /// Proving who one is, per address.
    Login,
}

impl LimitClass {
    /// The name of the policy in `RateLimit-Policy`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::Public => "public",
            Self::Read => "read",
            Self::Write => "write",
            Self::Expensive => "expensive",
            Self::Login => "login",
        }
    }
}

/// What an operation takes as its body.
#[derive(Clone)]
pub enum RequestBody {
    /// Nothing: whatever comes is not read.
    None,
    /// JSON of a documented type.
    Json(Described),
    /// Other content types than JSON, such as `multipart/form-data`; read by the handler as a stream.
    Raw(&'static [&'static str]),
}

/// One answer of an operation.
#[derive(Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// For people.
    pub text: &'static str,
    /// Its content; none: no body.
    pub content: AnswerContent,
}

/// What an answer holds.
#[derive(Clone)]
pub enum AnswerContent {
    /// Nothing.
    Empty,
    /// JSON of a documented type.
    Json(Described),
    /// Another media type.
    Raw(&'static str),
}

/// Since when an operation is deprecated and until when it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sunset {
    /// Seconds since the epoch (RFC 9745).
    pub deprecated_at: i64,
    /// HTTP date (RFC 8594), such as `Sat, 01 Aug 2026 00:00:00 GMT`.
    pub sunset: &'static str,
}

/// A request header that an operation reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestHeader {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) required: bool,
}
