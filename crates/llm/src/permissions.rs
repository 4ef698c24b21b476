//! The rights that the operations ask for; their names are also the scopes of API keys.

use core_kernel::{OrgRole, Permission};

/// Ask models, hold conversations, stop generations.
pub const CHAT: Permission = Permission::shared("llm:chat", OrgRole::Member, "talk to language models");

/// Read models, conversations and generations.
pub const READ: Permission = Permission::shared("llm:read", OrgRole::Viewer, "read models, conversations and generations");

/// Set policies and budgets, and see everybody's usage.
pub const MANAGE: Permission = Permission::platform("llm:manage", "set policies and budgets of language models");

/// All of them.
pub const ALL: [&Permission; 3] = [&CHAT, &READ, &MANAGE];
