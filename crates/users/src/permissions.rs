//! The rights that profiles ask for.

use core_kernel::Permission;

/// Read one's own profile.
pub const PROFILE_READ: Permission = Permission::personal("users:profile_read", "read your profile");

/// Change one's own profile.
pub const PROFILE_WRITE: Permission = Permission::personal("users:profile_write", "change your profile, close your account");
