//! The rights that the operations ask for; their names are also the scopes of API keys.

use core_kernel::{OrgRole, Permission};

/// Look at the structure of source code.
pub const READ: Permission = Permission::shared("code:read", OrgRole::Viewer, "look at the structure of source code");

/// Have source code explained, summarised and worked on by a language model.
pub const ASK: Permission = Permission::shared("code:ask", OrgRole::Member, "send source code to a language model");

/// All of them.
pub const ALL: [&Permission; 2] = [&READ, &ASK];
