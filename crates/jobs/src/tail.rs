use std::collections::VecDeque;

use core_db::{Db, DbError};
use core_jobs::{newest_sequence, owners_after};
use core_kernel::Owner;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Of how many events the owners are remembered.
const REMEMBERED: usize = 1_000;

/// The end of the outbox as the feeds of one process see it: they ask once for all of them, so that ten thousand that wait cost as much as one, and
/// an event makes only those read whom it concerns.
#[derive(Debug)]
pub(crate) struct Tail {
    db: Db,
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    /// When it was asked for.
    asked: Instant,
    newest: i64,
    /// The place before the first that is remembered.
    from: i64,
    /// The places of events and whose they are.
    recent: VecDeque<(i64, Owner)>,
}

/// What a feed learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// The newest event that was there.
    pub(crate) newest: i64,
    /// There may be events of the feed up to it.
    pub(crate) concerned: bool,
}

impl Tail {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, known: Mutex::new(None) }
    }

    /// Whether `owners` may have events after `place`, by what was known no earlier than `since`.
    pub(crate) async fn look(&self, place: i64, owners: &[Owner], since: Instant) -> Result<Look, DbError> {
        let mut known = self.known.lock().await;
        if known.as_ref().is_none_or(|known| known.asked < since) {
            self.refresh(&mut known).await?;
        }
        Ok(known.as_ref().map_or(Look { newest: place, concerned: true }, |known| known.look(place, owners)))
    }

    async fn refresh(&self, known: &mut Option<Known>) -> Result<(), DbError> {
        let asked = Instant::now();
        if let Some(known) = known {
            let found = owners_after(&self.db, known.newest, REMEMBERED as u64).await?;
            if found.len() < REMEMBERED {
                known.asked = asked;
                known.append(found);
                return Ok(());
            }
        }
        // Nothing is known yet, or more has happened than is remembered: everybody reads for themselves.
        let newest = newest_sequence(&self.db).await?;
        *known = Some(Known { asked, newest, from: newest, recent: VecDeque::new() });
        Ok(())
    }
}

impl Known {
    fn append(&mut self, found: Vec<(i64, Owner)>) {
        for (place, owner) in found {
            self.newest = self.newest.max(place);
            self.recent.push_back((place, owner));
        }
        while self.recent.len() > REMEMBERED {
            if let Some((place, _)) = self.recent.pop_front() {
                self.from = place;
            }
        }
    }

    fn look(&self, place: i64, owners: &[Owner]) -> Look {
        let mut after = self.recent.iter().rev().take_while(|(recent, _)| *recent > place);
        let concerned = place < self.from || after.any(|(_, owner)| owners.contains(owner));
        Look { newest: self.newest, concerned }
    }
}

#[cfg(test)]
mod tests {
    use core_kernel::UserId;
    use uuid::Uuid;

    use super::*;

    fn owner(number: u128) -> Owner {
        Owner::from(UserId(Uuid::from_u128(number)))
    }

    #[test]
    fn an_event_concerns_those_who_stand_before_it_and_have_its_space() {
        let mut known = Known { asked: Instant::now(), newest: 5, from: 5, recent: VecDeque::new() };
        known.append(vec![(6, owner(1)), (8, owner(2))]);
        let concerned = |place, person| known.look(place, &[owner(person), owner(9)]).concerned;
        assert_eq!(
            [concerned(5, 1), concerned(6, 1), concerned(6, 2), concerned(8, 2), concerned(5, 3)],
            [true, false, true, false, false]
        );
        assert!(concerned(4, 3), "what was before is not known");
        assert_eq!(known.look(5, &[]).newest, 8);
    }

    #[test]
    fn what_is_forgotten_may_concern_everybody() {
        let mut known = Known { asked: Instant::now(), newest: 0, from: 0, recent: VecDeque::new() };
        known.append((1..=1_002).map(|place| (place, owner(1))).collect());
        assert_eq!((known.recent.len(), known.from, known.newest), (REMEMBERED, 2, 1_002));
        assert!(known.look(1, &[owner(2)]).concerned && !known.look(2, &[owner(2)]).concerned);
    }
}
