//! Every query of media.

mod entity;
pub(crate) mod items;
pub(crate) mod uploads;
pub(crate) mod usage;
