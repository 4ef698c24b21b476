use core_http::Etagged;
use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{IdentityStatus, Person, Units};

/// Whether an account can be used.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AccountStatus)]
pub(crate) enum Status {
    /// Yes.
    Active,
    /// Not until an administrator says so.
    Suspended,
    /// Its person left; erasure is under way.
    Closed,
}

impl From<IdentityStatus> for Status {
    fn from(status: IdentityStatus) -> Self {
        match status {
            IdentityStatus::Active => Self::Active,
            IdentityStatus::Suspended => Self::Suspended,
            IdentityStatus::Closed => Self::Closed,
        }
    }
}

impl From<Status> for IdentityStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Suspended => Self::Suspended,
            Status::Closed => Self::Closed,
        }
    }
}

/// A person, as administrators see them.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonBody {
    id: Uuid,
    #[schema(format = "email")]
    email: String,
    email_verified: bool,
    status: Status,
    display_name: Option<String>,
    /// Language and region (BCP 47).
    #[schema(example = "de-CH")]
    locale: String,
    /// IANA name.
    #[schema(example = "Europe/Zurich")]
    time_zone: String,
    units: Units,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Person> for PersonBody {
    fn from(person: Person) -> Self {
        let profile = person.profile;
        Self {
            id: profile.id.get(),
            email: profile.email,
            email_verified: profile.email_verified,
            status: person.status.into(),
            display_name: profile.display_name,
            locale: profile.locale.as_str().to_owned(),
            time_zone: profile.time_zone.as_str().to_owned(),
            units: profile.units,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}

/// The person with the version of their profile as the entity tag.
pub(crate) fn tagged(person: Person) -> Etagged<PersonBody> {
    Etagged::new(person.profile.version, person.into())
}
