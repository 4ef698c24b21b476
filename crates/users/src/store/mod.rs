//! Every query of this crate.

mod entity;
pub(crate) mod profiles;
