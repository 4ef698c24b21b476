//! Traces and metrics for whoever collects them. The feature `otlp` brings the exporters; without it the settings are read and nothing is sent.

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod meters;
mod settings;
#[cfg(feature = "otlp")]
mod spans;

use std::time::Duration;

use core_http::{ServeConfig, install_metrics};

#[cfg(feature = "otlp")]
pub(crate) use self::collector::begin;
#[cfg(feature = "otlp")]
pub(crate) use self::meters::measure;
pub(crate) use self::settings::{ALIASES, TelemetrySettings};
#[cfg(feature = "otlp")]
pub(crate) use self::spans::Spans;

/// How long what is left may take to reach the collector.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Who may read the metrics of this process, besides a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever asks for `/metrics`.
    Prometheus,
    /// Nobody: the process does not listen.
    Nobody,
}

impl Readers {
    /// Without a collector.
    fn alone(self) -> ServeConfig {
        let metrics = if self == Self::Prometheus { install_metrics() } else { None };
        ServeConfig { metrics, ..ServeConfig::default() }
    }
}

/// Begins to measure for whoever reads `/metrics`.
#[cfg(not(feature = "otlp"))]
pub(crate) fn measure(_settings: &TelemetrySettings, readers: Readers) -> (ServeConfig, Export) {
    (readers.alone(), Export::default())
}

/// What is left to do for a collector when the server ends. By default nothing.
#[derive(Default)]
pub(crate) struct Export(Option<Box<dyn FnOnce() + Send>>);

impl Export {
    /// Hands out what is left.
    pub(crate) async fn end(self) {
        let Some(flush) = self.0 else { return };
        // The exporter waits on a thread, in which the runtime it sends with must not run.
        let flushed = tokio::task::spawn_blocking(flush);
        if tokio::time::timeout(LAST_WORDS, flushed).await.is_err() {
            tracing::warn!("the last spans or metrics did not reach the collector in time");
        }
    }
}
