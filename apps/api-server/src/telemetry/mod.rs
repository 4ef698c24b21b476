//! Traces for whoever collects them. The feature `otlp` brings the exporter; without it the settings are read and nothing is sent.

#[cfg(feature = "otlp")]
mod collector;
mod settings;
#[cfg(feature = "otlp")]
mod spans;

use std::time::Duration;

#[cfg(feature = "otlp")]
pub(crate) use self::collector::begin;
pub(crate) use self::settings::{ALIASES, TelemetrySettings};
#[cfg(feature = "otlp")]
pub(crate) use self::spans::Spans;

/// How long the last spans may take to reach the collector.
const LAST_SPANS: Duration = Duration::from_secs(3);

/// What is left to do for traces when the server ends. By default nothing.
#[derive(Default)]
pub(crate) struct Export(Option<Box<dyn FnOnce() + Send>>);

impl Export {
    /// Hands out what is left.
    pub(crate) async fn end(self) {
        let Some(flush) = self.0 else { return };
        // The exporter waits on a thread, in which the runtime it sends with must not run.
        let flushed = tokio::task::spawn_blocking(flush);
        if tokio::time::timeout(LAST_SPANS, flushed).await.is_err() {
            tracing::warn!("the last spans did not reach the collector in time");
        }
    }
}
