use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::DbErr;

use crate::error::is_read_only;

/// The last time that a server refused to be written to. After a failover the old server, now a replica, answers on the connections
/// that lead to it; each that was opened before is replaced before it is used again.
#[derive(Debug, Default)]
pub(crate) struct Failover(Mutex<Option<Instant>>);

impl Failover {
    /// Notes it when this is such a refusal.
    pub(crate) fn look_at(&self, error: &DbErr) {
        if is_read_only(error) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether something of this age was there before.
    pub(crate) fn outdates(&self, age: Duration) -> bool {
        let noticed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.is_some_and(|moment| age >= moment.elapsed())
    }
}
