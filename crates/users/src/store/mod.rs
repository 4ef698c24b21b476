//! Every query of this crate.

mod entity;
pub(crate) mod exports;
pub(crate) mod profiles;
