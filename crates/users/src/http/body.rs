use core_http::Etagged;
use core_kernel::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Profile, Units};

/// A person's profile.
#[derive(Serialize, ToSchema)]
#[schema(as = UserProfile)]
pub(crate) struct ProfileBody {
    id: Uuid,
    #[schema(format = "email")]
    email: String,
    email_verified: bool,
    display_name: Option<String>,
    /// Language and region (BCP 47).
    #[schema(example = "de-CH")]
    locale: String,
    /// IANA name.
    #[schema(example = "Europe/Zurich")]
    time_zone: String,
    units: Units,
    /// Where the person's picture is; null while there is none.
    avatar_url: Option<String>,
    /// What the product keeps with the person; nobody else sees it.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The profile with its version as the entity tag.
pub(crate) fn tagged(profile: Profile) -> Etagged<ProfileBody> {
    let body = ProfileBody {
        id: profile.id.get(),
        email: profile.email,
        email_verified: profile.email_verified,
        display_name: profile.display_name,
        locale: profile.locale.as_str().to_owned(),
        time_zone: profile.time_zone.as_str().to_owned(),
        units: profile.units,
        avatar_url: profile.avatar_url,
        metadata: profile.metadata,
        created_at: profile.created_at,
        updated_at: profile.updated_at,
    };
    Etagged::new(profile.version, body)
}
