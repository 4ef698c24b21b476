//! The problem catalogue of media.

core_kernel::problem_codes! {
    /// A field breaks a rule.
    INVALID = "media.invalid", Invalid, "The input breaks a rule",
        "Each entry of `errors` points at a field and says what is expected there.";
    /// A type that is not taken.
    UNSUPPORTED = "media.unsupported", Unsupported, "Only JPEG, PNG, WebP and GIF are taken",
        "Send the picture in one of these formats.";
    /// HEIC.
    HEIC_UNSUPPORTED = "media.heic_unsupported", Unsupported, "HEIC pictures are not taken",
        "On an iPhone choose Settings, Camera, Formats, Most Compatible, or let the app convert the picture to JPEG before it sends it.";
    /// The content is of another type than declared.
    TYPE_MISMATCH = "media.type_mismatch", Unsupported, "The content is of another type than the request says",
        "Send the type that the content has; the detail names both.";
    /// Too many pixels or frames.
    TOO_LARGE = "media.too_large", TooLarge, "The picture has too many pixels or frames",
        "Make it smaller; the detail says what is taken.";
    /// Not decodable.
    BROKEN = "media.broken", Invalid, "The picture can't be decoded",
        "Open it in a picture program and save it again.";
    /// A product's own look refused it.
    CONTENT_REFUSED = "media.content_refused", Invalid, "The picture is not taken here",
        "The detail says why.";
    /// Too many pictures wait.
    BUSY = "media.busy", Unavailable, "Too many pictures at once",
        "Try again after the time in Retry-After.";
    /// No room.
    QUOTA_SPENT = "media.quota_spent", InsufficientStorage, "The space has no room left",
        "Delete pictures that are not needed, or ask the operator for more room.";
    /// Changed since it was read.
    CHANGED = "media.changed", PreconditionFailed, "The picture has changed since you read it",
        "Read it again and repeat the change on what is there now.";
    /// Not ready.
    NOT_READY = "media.not_ready", Conflict, "The picture can't be shown",
        "It is being worked on, or it was refused: its `status` says which.";
    /// A link that is not valid.
    INVALID_LINK = "media.invalid_link", NotFound, "The link is not valid",
        "It has expired or was never made: ask for another one with POST /media/{id}/links.";
    /// A part at the wrong place.
    WRONG_OFFSET = "media.wrong_offset", Conflict, "The upload stands elsewhere",
        "Ask with HEAD where it stands and go on from there.";
    /// A part with another checksum.
    WRONG_CHECKSUM = "media.wrong_checksum", Invalid, "The part is not what its checksum says",
        "Send the part again.";
    /// The upload has had its time.
    UPLOAD_EXPIRED = "media.upload_expired", NotFound, "The upload is over",
        "Begin another one.";
    /// The store does not answer.
    STORE_UNAVAILABLE = "media.store_unavailable", Unavailable, "The store of pictures is not available",
        "Try again after the time in Retry-After.";
    /// Nothing is there.
    NOT_UPLOADED = "media.not_uploaded", Conflict, "Nothing was put into the store yet",
        "PUT the bytes to the `url` of the answer that began the upload, then complete it.";
    /// No presigned uploads.
    NO_DIRECT_UPLOADS = "media.no_direct_uploads", Unavailable, "This store takes no direct uploads",
        "Upload with POST /media, or resumably with POST /media/uploads; direct uploads need an S3-compatible store (media.store_url).";
    /// Our fault.
    INTERNAL = "media.internal", Internal, "The picture could not be worked on",
        "Try again; tell the operator if it fails again.";
}

/// What a new picture may be refused for, whichever way it came.
#[cfg(feature = "http")]
pub(crate) const OF_A_NEW_PICTURE: &[&core_kernel::ProblemCode] = &[
    &INVALID,
    &UNSUPPORTED,
    &HEIC_UNSUPPORTED,
    &TYPE_MISMATCH,
    &TOO_LARGE,
    &BROKEN,
    &CONTENT_REFUSED,
    &QUOTA_SPENT,
    &BUSY,
    &STORE_UNAVAILABLE,
];
