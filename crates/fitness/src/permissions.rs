//! The rights that fitness asks for. What is personal is the person's, whatever organisation is acted for.

use core_kernel::Permission;

/// Read one's profile, plans, log and progress, and the catalogue.
pub const READ: Permission = Permission::personal("fitness:read", "read your training and the exercise catalogue");

/// Write one's profile, plans, log and exercises.
pub const WRITE: Permission = Permission::personal("fitness:write", "write your training profile, plans and log");

/// Add exercises of other catalogues for everybody.
pub const CATALOGUE: Permission = Permission::platform("fitness:catalogue", "import exercises for everybody");

/// All of them.
pub const ALL: [&Permission; 3] = [&READ, &WRITE, &CATALOGUE];
