//! Every query of this crate.

pub(crate) mod connections;
mod entity;
pub(crate) mod operations;
