//! Every query of this crate.

pub(crate) mod attempts;
pub(crate) mod endpoints;
mod entity;
pub(crate) mod messages;
pub(crate) mod secrets;

/// Why a query of this crate may see the rows of everybody.
pub(crate) const DELIVERY: &str = "deliveries run for everybody";
