//! The rights that media ask for.

use core_kernel::{OrgRole, Permission};

/// See pictures.
pub const READ: Permission = Permission::shared("media:read", OrgRole::Viewer, "see pictures");

/// Upload, change and delete pictures.
pub const WRITE: Permission = Permission::shared("media:write", OrgRole::Member, "upload, change and delete pictures");

/// All of them.
pub const ALL: [&Permission; 2] = [&READ, &WRITE];
