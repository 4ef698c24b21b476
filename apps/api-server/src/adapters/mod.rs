//! What one feature asks of another, answered here in a few lines each.

mod actors;
mod avatars;
mod identities;
mod invitations;
mod late;
mod people;
mod personal_data;
mod recipients;
mod space_data;
mod txt_records;

pub(crate) use actors::OrgActors;
pub(crate) use avatars::MediaAvatars;
pub(crate) use identities::{AuthAdministration, AuthIdentities};
pub(crate) use invitations::OrgInvitations;
pub(crate) use late::Late;
pub(crate) use people::AuthPeople;
pub(crate) use personal_data::AllPersonalData;
pub(crate) use recipients::AuthRecipients;
pub(crate) use space_data::AllSpaceData;
pub(crate) use txt_records::TxtRecords;
