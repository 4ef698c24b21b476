use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use core_kernel::Timestamp;

const SHARDS: usize = 16;
/// Entries of all shards together.
const CAPACITY: usize = 1_000_000;
/// Below this size sweeping is not worth the walk.
const MIN_SWEEP: usize = 64;

/// A map whose entries end. Each write may sweep, but only when the shard has doubled since the last sweep, so the cost per
/// write stays constant and the dead are never more than the living (and a few).
#[derive(Debug)]
pub(crate) struct Expiring<V> {
    shards: Vec<Mutex<Shard<V>>>,
    hasher: RandomState,
}

#[derive(Debug)]
pub(crate) struct Shard<V> {
    entries: HashMap<String, Entry<V>>,
    sweep_at: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    ends: Timestamp,
}

impl<V> Expiring<V> {
    pub(crate) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let capacity = (capacity / SHARDS).max(1);
        let shard = || Mutex::new(Shard { entries: HashMap::new(), sweep_at: MIN_SWEEP, capacity });
        Self { shards: std::iter::repeat_with(shard).take(SHARDS).collect(), hasher: RandomState::new() }
    }

    /// The part that holds `key`, locked. Never held over an await.
    pub(crate) fn shard(&self, key: &str) -> MutexGuard<'_, Shard<V>> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        let index = hash % SHARDS;
        // A panic elsewhere leaves whole entries behind; the map stays usable.
        #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of shards")]
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().entries.len()).sum()
    }
}

impl<V> Shard<V> {
    pub(crate) fn get(&self, key: &str, now: Timestamp) -> Option<&V> {
        self.entries.get(key).filter(|entry| entry.ends > now).map(|entry| &entry.value)
    }

    pub(crate) fn remove(&mut self, key: &str, now: Timestamp) -> Option<V> {
        self.entries.remove(key).filter(|entry| entry.ends > now).map(|entry| entry.value)
    }

    /// False when there is no room even after a sweep.
    pub(crate) fn insert(&mut self, key: &str, value: V, ends: Timestamp, now: Timestamp) -> bool {
        if let Some(entry) = self.entries.get_mut(key) {
            *entry = Entry { value, ends };
            return true;
        }
        if self.entries.len() >= self.sweep_at.min(self.capacity) {
            self.entries.retain(|_, entry| entry.ends > now);
            self.sweep_at = (self.entries.len() * 2).max(MIN_SWEEP);
        }
        if self.entries.len() >= self.capacity {
            return false;
        }
        self.entries.insert(key.to_owned(), Entry { value, ends });
        true
    }

    /// As `insert`, but makes room by dropping the half that ends first.
    pub(crate) fn insert_evicting(&mut self, key: &str, value: V, ends: Timestamp, now: Timestamp)
    where
        V: Clone,
    {
        if !self.insert(key, value.clone(), ends, now) {
            let mut all: Vec<Timestamp> = self.entries.values().map(|entry| entry.ends).collect();
            let middle = all.len() / 2;
            let (_, median, _) = all.select_nth_unstable(middle);
            let median = *median;
            self.entries.retain(|_, entry| entry.ends > median);
            self.insert(key, value, ends, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn expired_entries_are_swept_while_others_are_written() {
        let map = Expiring::new();
        for round in 0..100_i64 {
            let now = Timestamp::from_millis(round * 10);
            for key in 0..100 {
                let key = format!("{round}-{key}");
                assert!(map.shard(&key).insert(&key, (), Timestamp::from_millis(round * 10 + 5), now));
            }
        }
        assert!(map.len() <= SHARDS * MIN_SWEEP * 2, "{} entries stay", map.len());
    }

    #[test]
    fn a_full_map_refuses_or_drops_what_ends_first() {
        let map = Expiring::with_capacity(SHARDS * 4);
        let mut refused = 0;
        for key in 0..1_000_i64 {
            let name = key.to_string();
            let ends = Timestamp::from_millis(2_000 + key);
            refused += usize::from(!map.shard(&name).insert(&name, (), ends, NOW));
        }
        assert!(map.len() <= SHARDS * 4 && refused >= 1_000 - SHARDS * 4);
        let ends = Timestamp::from_millis(9_000);
        map.shard("late").insert_evicting("late", (), ends, NOW);
        assert!(map.shard("late").get("late", NOW).is_some());
        assert!(map.len() <= SHARDS * 4);
    }

    #[test]
    fn a_full_map_whose_entries_all_end_together_still_takes_a_new_one() {
        let map = Expiring::with_capacity(SHARDS);
        for key in 0..500 {
            let name = key.to_string();
            map.shard(&name).insert_evicting(&name, (), Timestamp::from_millis(2_000), NOW);
            assert!(map.shard(&name).get(&name, NOW).is_some());
        }
    }
}
