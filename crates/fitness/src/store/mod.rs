//! Every query of this crate.

pub(crate) mod entity;
pub(crate) mod exercises;
pub(crate) mod profiles;
