//! The rights that organisations ask for. Having one is not enough: the caller's role in the organisation that the path names must
//! have it too.

use core_kernel::{OrgRole, Permission};

/// Found organisations, accept invitations, leave.
pub const JOIN: Permission = Permission::personal("orgs:join", "found, join and leave organisations");

/// See one's organisations and their members.
pub const READ: Permission = Permission::shared("orgs:read", OrgRole::Viewer, "see your organisations and their members");

/// Change an organisation, its members, invitations and domains.
pub const MANAGE: Permission =
    Permission::shared("orgs:manage", OrgRole::Admin, "manage an organisation, its members, invitations and domains");

/// Delete an organisation or hand it over.
pub const OWN: Permission = Permission::shared("orgs:own", OrgRole::Owner, "delete an organisation, hand it over");

/// All of them.
pub const ALL: [&Permission; 4] = [&JOIN, &READ, &MANAGE, &OWN];
