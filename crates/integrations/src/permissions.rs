//! The rights that integrations ask for.

use core_kernel::{OrgRole, Permission};

/// See connections and what was made through them.
pub const READ: Permission =
    Permission::shared("integrations:read", OrgRole::Viewer, "see connections and what was made through them");

/// Make files, pages and issues through connections.
pub const WRITE: Permission =
    Permission::shared("integrations:write", OrgRole::Member, "make files, pages and issues through connections");

/// Connect accounts elsewhere, change and remove connections.
pub const CONNECT: Permission =
    Permission::shared("integrations:connect", OrgRole::Member, "connect accounts elsewhere, change and remove connections");

/// All of them.
pub const ALL: [&Permission; 3] = [&READ, &WRITE, &CONNECT];
