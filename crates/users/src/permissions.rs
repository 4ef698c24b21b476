//! The rights that profiles ask for.

use core_kernel::Permission;

/// Read one's own profile.
pub const PROFILE_READ: Permission = Permission::personal("users:profile_read", "read your profile");

/// Change one's own profile.
pub const PROFILE_WRITE: Permission = Permission::personal("users:profile_write", "change your profile, close your account");

/// See everybody's profile, and whether their account can be used.
pub const READ_ALL: Permission = Permission::platform("users:read_all", "see everybody's profile and status");

/// Make, change, suspend and erase accounts.
pub const MANAGE: Permission = Permission::platform("users:manage", "make, change, suspend and erase accounts");

/// Every permission of profiles.
pub const ALL: &[&Permission] = &[&PROFILE_READ, &PROFILE_WRITE, &READ_ALL, &MANAGE];
