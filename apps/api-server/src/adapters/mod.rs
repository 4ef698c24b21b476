//! What one feature asks of another, answered here in a few lines each.

mod actors;
#[cfg(feature = "media")]
mod attachments;
#[cfg(feature = "media")]
mod avatars;
#[cfg(feature = "fitness")]
mod coach;
#[cfg(feature = "code")]
mod code_sections;
#[cfg(all(feature = "fitness", feature = "media"))]
mod exercise_media;
mod identities;
mod invitations;
mod late;
mod offered;
mod people;
mod personal_data;
mod recipients;
#[cfg(feature = "code")]
mod source_trees;
mod space_data;
#[cfg(feature = "webhooks")]
mod stewards;
#[cfg(feature = "code")]
mod text_model;
mod txt_records;
#[cfg(feature = "vision")]
mod vision;

pub(crate) use actors::OrgActors;
#[cfg(feature = "media")]
pub(crate) use attachments::MediaAttachments;
#[cfg(feature = "media")]
pub(crate) use avatars::MediaAvatars;
#[cfg(feature = "fitness")]
pub(crate) use coach::{ModelPlans, TrainingContext};
#[cfg(feature = "code")]
pub(crate) use code_sections::CodeSections;
#[cfg(all(feature = "fitness", feature = "media"))]
pub(crate) use exercise_media::ExerciseMedia;
pub(crate) use identities::{AuthAdministration, AuthIdentities};
pub(crate) use invitations::OrgInvitations;
pub(crate) use late::Late;
pub(crate) use offered::Offered;
pub(crate) use people::AuthPeople;
pub(crate) use personal_data::AllPersonalData;
pub(crate) use recipients::AuthRecipients;
#[cfg(feature = "code")]
pub(crate) use source_trees::WorkspaceTrees;
pub(crate) use space_data::AllSpaceData;
#[cfg(feature = "webhooks")]
pub(crate) use stewards::SpaceStewards;
#[cfg(feature = "code")]
pub(crate) use text_model::LlmText;
pub(crate) use txt_records::TxtRecords;
#[cfg(feature = "vision")]
pub(crate) use vision::{FitnessBodies, FitnessForms, LlmEyes, MediaPhotos};
