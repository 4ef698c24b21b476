//! What one feature asks of another, answered here in a few lines each.

mod actors;
mod attachments;
mod avatars;
mod coach;
mod code_sections;
mod exercise_media;
mod identities;
mod invitations;
mod late;
mod people;
mod personal_data;
mod recipients;
mod source_trees;
mod space_data;
mod stewards;
mod text_model;
mod txt_records;
mod vision;

pub(crate) use actors::OrgActors;
pub(crate) use attachments::MediaAttachments;
pub(crate) use avatars::MediaAvatars;
pub(crate) use coach::{ModelPlans, TrainingContext};
pub(crate) use code_sections::CodeSections;
pub(crate) use exercise_media::ExerciseMedia;
pub(crate) use identities::{AuthAdministration, AuthIdentities};
pub(crate) use invitations::OrgInvitations;
pub(crate) use late::Late;
pub(crate) use people::AuthPeople;
pub(crate) use personal_data::AllPersonalData;
pub(crate) use recipients::AuthRecipients;
pub(crate) use source_trees::WorkspaceTrees;
pub(crate) use space_data::AllSpaceData;
pub(crate) use stewards::SpaceStewards;
pub(crate) use text_model::LlmText;
pub(crate) use txt_records::TxtRecords;
pub(crate) use vision::{FitnessBodies, FitnessForms, LlmEyes, MediaPhotos};
