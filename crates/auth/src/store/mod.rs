//! Every query of identity. Takes and returns model types.

pub(crate) mod accounts;
pub(crate) mod api_keys;
pub(crate) mod attempts;
pub(crate) mod codes;
pub(crate) mod email_changes;
pub(crate) mod entity;
pub(crate) mod identities;
pub(crate) mod keys;
pub(crate) mod passkeys;
pub(crate) mod roles;
pub(crate) mod second_factors;
pub(crate) mod sessions;
