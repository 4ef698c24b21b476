use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::Block;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How long memory waits for the next hash.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// The memory that argon2 works in. A hash finds that of the one before, since asking the system for it takes a third as long as hashing; a second
/// after the last it is given back, since nobody may sign in for a day.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// Blocks of one hash with the settings of now. Others come and go with their hash.
    blocks: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    free: Vec<Vec<Block>>,
    /// How often memory came back.
    returns: u64,
    watched: bool,
    watch: JoinSet<()>,
}

/// What blocks hold was made of a password.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("free", &self.free.len()).field("watched", &self.watched).finish_non_exhaustive()
    }
}

impl Memory {
    pub(crate) fn new(blocks: usize) -> Self {
        Self { blocks, kept: Arc::default() }
    }

    /// Lets `work` have this many blocks. What they hold is of no meaning. `None`: the system has not that much.
    pub(crate) fn lend<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> Option<T> {
        let kept = if blocks == self.blocks { lock(&self.kept).free.pop() } else { None };
        let mut memory = kept.or_else(|| fresh(blocks))?;
        let outcome = work(&mut memory);
        // Without a runtime nobody could give it back later.
        if blocks == self.blocks && Handle::try_current().is_ok() {
            self.keep(memory);
        }
        Some(outcome)
    }

    fn keep(&self, memory: Vec<Block>) {
        let mut kept = lock(&self.kept);
        kept.free.push(memory);
        kept.returns += 1;
        if !kept.watched {
            kept.watched = true;
            kept.watch.spawn(give_back(Arc::downgrade(&self.kept)));
            while kept.watch.try_join_next().is_some() {}
        }
    }
}

/// Waits until no memory has come back for a while, and frees it.
async fn give_back(kept: std::sync::Weak<Mutex<Kept>>) {
    let mut seen = 0;
    loop {
        {
            let Some(kept) = kept.upgrade() else { return };
            let mut kept = lock(&kept);
            if kept.returns == seen {
                kept.free = Vec::new();
                kept.watched = false;
                return;
            }
            seen = kept.returns;
        }
        tokio::time::sleep(KEPT_FOR).await;
    }
}

fn fresh(blocks: usize) -> Option<Vec<Block>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks).ok()?;
    memory.resize(blocks, Block::new());
    Some(memory)
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(memory: &Memory, blocks: usize) -> *const Block {
        memory.lend(blocks, |blocks| blocks.as_ptr()).unwrap()
    }

    fn free(memory: &Memory) -> usize {
        lock(&memory.kept).free.len()
    }

    #[tokio::test(start_paused = true)]
    async fn a_hash_finds_the_memory_of_the_one_before_and_a_second_after_the_last_nothing_is_kept() {
        let memory = Memory::new(64);
        for _ in 0..2 {
            let first = at(&memory, 64);
            for _ in 0..5 {
                tokio::time::sleep(KEPT_FOR * 3 / 4).await;
                assert_eq!((at(&memory, 64), free(&memory)), (first, 1), "it is in use");
            }
            tokio::time::sleep(KEPT_FOR * 2).await;
            assert_eq!(free(&memory), 0, "it was given back");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn memory_for_other_settings_is_not_kept() {
        let memory = Memory::new(64);
        at(&memory, 128);
        assert_eq!(free(&memory), 0);
        assert!(memory.lend(usize::MAX / 2048, |_| ()).is_none(), "more than there is ends no program");
    }

    #[tokio::test(start_paused = true)]
    async fn hashes_at_the_same_time_have_memory_of_their_own() {
        let memory = Memory::new(64);
        let apart = memory.lend(64, |outer| outer.as_ptr() != at(&memory, 64)).unwrap();
        assert!(apart);
        assert_eq!(free(&memory), 2);
    }

    #[tokio::test]
    async fn what_a_password_was_made_into_is_not_printed() {
        let memory = Memory::new(64);
        memory.lend(64, |blocks| blocks.iter_mut().for_each(|block| block.as_mut().fill(1_234_567))).unwrap();
        let printed = format!("{memory:?}");
        assert!(printed.contains("free: 1") && !printed.contains("1234567"), "{printed}");
    }

    #[test]
    fn without_a_runtime_nothing_is_kept() {
        let memory = Memory::new(64);
        at(&memory, 64);
        assert_eq!(free(&memory), 0);
    }
}
