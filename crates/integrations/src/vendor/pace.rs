use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use core_cluster::{Cluster, Quota};
use core_kernel::{Clock, Timestamp};

use crate::IntegrationsError;
use crate::ports::Pause;

/// How many lines are remembered before those that nobody stands in are forgotten.
const MANY_LINES: usize = 1024;

/// A line in which calls wait for their turn.
#[derive(Default)]
struct Line {
    /// Who has it is first.
    turn: tokio::sync::Mutex<()>,
    waiting: std::sync::atomic::AtomicU64,
    /// No call goes out before this moment: a provider asked for it.
    closed_until: Mutex<Timestamp>,
}

/// Lets calls out no faster than a provider takes them. Within a process callers wait in line, and only the first of each line asks the
/// limit that all processes share.
#[derive(Clone)]
pub(crate) struct Pacer {
    cluster: Cluster,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
    max_wait: Duration,
    lines: Arc<Mutex<HashMap<String, Weak<Line>>>>,
}

impl Pacer {
    pub(crate) fn new(cluster: Cluster, clock: Arc<dyn Clock>, pause: Arc<dyn Pause>, max_wait: Duration) -> Self {
        Self { cluster, clock, pause, max_wait, lines: Arc::default() }
    }

    fn line(&self, key: &str) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(key).and_then(Weak::upgrade) {
            return line;
        }
        if lines.len() >= MANY_LINES {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Line::default());
        lines.insert(key.to_owned(), Arc::downgrade(&line));
        line
    }

    /// Waits for the turn of one call. Refused when it would be longer than the settings allow.
    pub(crate) async fn admit(&self, key: &str, quota: Quota) -> Result<(), IntegrationsError> {
        use std::sync::atomic::Ordering::Relaxed;
        let line = self.line(key);
        let each = quota.period / quota.burst.max(1);
        let ahead = u32::try_from(line.waiting.fetch_add(1, Relaxed)).unwrap_or(u32::MAX);
        let outcome = if each.saturating_mul(ahead) > self.max_wait {
            Err(IntegrationsError::Limited(each.saturating_mul(ahead).saturating_sub(self.max_wait)))
        } else {
            self.take_turn(&line, key, quota).await
        };
        line.waiting.fetch_sub(1, Relaxed);
        outcome
    }

    async fn take_turn(&self, line: &Line, key: &str, quota: Quota) -> Result<(), IntegrationsError> {
        let _first = line.turn.lock().await;
        let closed = *line.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        self.wait(closed.since(self.clock.now())).await?;
        loop {
            let decision = match self.cluster.limits.check(&format!("integrations:{key}"), quota, 1).await {
                Ok(decision) => decision,
                Err(error) => {
                    // The provider has its own limit; ours only spares its refusals.
                    tracing::warn!(%error, "calls are not paced");
                    return Ok(());
                }
            };
            if decision.allowed {
                return Ok(());
            }
            self.wait(decision.retry_after).await?;
        }
    }

    async fn wait(&self, time: Duration) -> Result<(), IntegrationsError> {
        if time > self.max_wait {
            return Err(IntegrationsError::Limited(time));
        }
        if !time.is_zero() {
            self.pause.pause(time).await;
        }
        Ok(())
    }

    /// A provider asked to wait. True when that is worth waiting for.
    pub(crate) fn close(&self, key: &str, time: Duration) -> bool {
        let line = self.line(key);
        let mut closed = line.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = (*closed).max(self.clock.now().plus(time));
        time <= self.max_wait
    }

    /// Waits a moment before something is asked again.
    pub(crate) async fn moment(&self, time: Duration) {
        self.pause.pause(time).await;
    }
}
