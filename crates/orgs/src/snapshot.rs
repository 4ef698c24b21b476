use std::time::Duration;

use core_db::{Db, DbError};
use core_kernel::{OrgRole, Timestamp, UserId};
use moka::sync::Cache;

use crate::OrgId;
use crate::store::memberships;

/// How old an answer about a member may be.
const MAX_AGE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
struct Seen {
    at: Timestamp,
    role: Option<OrgRole>,
}

/// What people are in organisations, read again from the database after one second, so that a change takes effect everywhere
/// within that time, and at once in the process that made it.
#[derive(Clone)]
pub(crate) struct Snapshots {
    db: Db,
    roles: Cache<(UserId, OrgId), Seen>,
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

impl Snapshots {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, roles: Cache::new(50_000) }
    }

    /// `authoritative` reads the database whatever is remembered.
    pub(crate) async fn role_of(&self, user: UserId, org: OrgId, authoritative: bool) -> Result<Option<OrgRole>, DbError> {
        let now = self.db.ambient().now();
        let remembered = self.roles.get(&(user, org));
        if let Some(seen) = remembered.filter(|seen| !authoritative && seen.at <= now && now.since(seen.at) < MAX_AGE) {
            return Ok(seen.role);
        }
        let role = memberships::find(self.db.read(), org, user).await?.map(|membership| membership.role);
        self.roles.insert((user, org), Seen { at: now, role });
        Ok(role)
    }

    /// Forgets what is remembered of a member.
    pub(crate) fn forget(&self, user: UserId, org: OrgId) {
        self.roles.invalidate(&(user, org));
    }
}
