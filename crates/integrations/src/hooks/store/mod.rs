//! Every query about incoming hooks.

mod entity;
pub(super) mod events;
pub(super) mod hooks;

/// Why a query may see the rows of everybody.
const PUBLIC: &str = "whoever sends to a hook is nobody's actor";
