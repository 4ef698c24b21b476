//! The rights that identity asks for.

use core_kernel::{OrgRole, Permission};

/// See and end one's own sessions, see who one is.
pub const SELF: Permission = Permission::shared("auth:self", OrgRole::Viewer, "see who you are, see and end your sessions");

/// Make and end API keys of the space.
pub const API_KEYS: Permission = Permission::shared("auth:api_keys", OrgRole::Admin, "make, change and end API keys");

/// Read the security events of the space.
pub const AUDIT_READ: Permission = Permission::shared("auth:audit_read", OrgRole::Admin, "read security events");

/// Read everybody's security events.
pub const AUDIT_READ_ALL: Permission = Permission::platform("auth:audit_read_all", "read everybody's security events");

/// Make roles and hand them out.
pub const ROLES_MANAGE: Permission = Permission::platform("auth:roles_manage", "make roles and give them to people");

/// Make, suspend and close other people's accounts, end their sessions.
pub const USERS_MANAGE: Permission =
    Permission::platform("auth:users_manage", "make, suspend and close other people's accounts, end their sessions");

/// Act in somebody's place for a while.
pub const IMPERSONATE: Permission = Permission::platform("auth:impersonate", "act in somebody's place for a while");

/// Every permission of identity.
pub const ALL: &[&Permission] = &[&SELF, &API_KEYS, &AUDIT_READ, &AUDIT_READ_ALL, &ROLES_MANAGE, &USERS_MANAGE, &IMPERSONATE];

/// The role of the first administrator: it has every platform right.
pub const ADMIN_ROLE: &str = "admin";
