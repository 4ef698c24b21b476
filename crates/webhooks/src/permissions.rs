//! The rights that webhooks ask for. Whoever has them decides where a space's events go, so in organisations they are of admins.

use core_kernel::{OrgRole, Permission};

/// See endpoints and what was sent to them.
pub const READ: Permission = Permission::shared("webhooks:read", OrgRole::Admin, "see webhook endpoints and their deliveries");

/// Make, change and delete endpoints, and send again.
pub const WRITE: Permission =
    Permission::shared("webhooks:write", OrgRole::Admin, "make, change and delete webhook endpoints, and send again");

/// All of them.
pub const ALL: [&Permission; 2] = [&READ, &WRITE];
