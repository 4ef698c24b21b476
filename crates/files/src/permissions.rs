//! The rights that the operations ask for; their names are also the scopes of API keys.

use core_kernel::{OrgRole, Permission};

/// Read and search workspaces.
pub const READ: Permission = Permission::shared("files:read", OrgRole::Viewer, "read and search workspaces");

/// Make workspaces, write and delete files.
pub const WRITE: Permission = Permission::shared("files:write", OrgRole::Member, "make workspaces, write and delete files");

/// Make workspaces of the directories that the operator allowed.
pub const ROOTS: Permission = Permission::platform("files:roots", "make workspaces of the server's own directories");

/// All of them.
pub const ALL: [&Permission; 3] = [&READ, &WRITE, &ROOTS];
