//! The rights that vision asks for. Pictures of one's body are the person's, whatever organisation is acted for.

use core_kernel::Permission;

/// See one's analyses, and measure posture, of which nothing is kept.
pub const READ: Permission = Permission::personal("vision:read", "see your photo analyses and measure posture");

/// Have photos analysed, and delete analyses.
pub const WRITE: Permission = Permission::personal("vision:write", "have photos of you analysed and delete analyses");

/// All of them.
pub const ALL: [&Permission; 2] = [&READ, &WRITE];
