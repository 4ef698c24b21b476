//! The rights that the queue and the feed ask for.

use core_kernel::{OrgRole, Permission};

/// See, retry and call off jobs of everybody.
pub const MANAGE: Permission = Permission::platform("jobs:manage", "see, retry and call off jobs");

/// Follow what happens in the spaces that one may see.
pub const EVENTS_READ: Permission = Permission::shared("events:read", OrgRole::Viewer, "follow what happens in your spaces");
