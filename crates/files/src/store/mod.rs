//! Every query of this crate.

mod entity;
pub(crate) mod manifest;
pub(crate) mod privacy;
pub(crate) mod workspaces;
