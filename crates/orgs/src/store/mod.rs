//! Every query of this crate.

pub(crate) mod domains;
mod entity;
pub(crate) mod invitations;
pub(crate) mod memberships;
pub(crate) mod orgs;
