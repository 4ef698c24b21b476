#![doc = include_str!("../README.md")]

mod archive;
mod config;
mod erasure;
mod error;
mod exports;
mod feature;
mod migrations;
mod model;
mod people;
pub mod permissions;
mod ports;
mod profiles;
mod projection;
mod service;
mod store;

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::UsersConfig;
pub use error::{UsersError, codes};
pub use feature::{Deps, Users};
pub use migrations::ledger;
pub use model::{
    Change, Export, ExportId, ExportStatus, Locale, MAX_METADATA_BYTES, NewPerson, PeopleFilter, Person, Profile, ProfileChange,
    TimeZone, Units,
};
pub use ports::{AvatarFile, Avatars, Identities, Identity, IdentityAdministration, IdentityStatus, NoAvatars, PersonalData};
pub use service::{Exports, OpenedExport, People, Profiles};
