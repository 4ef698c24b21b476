use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram, Recorder, counter, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Rate, errors and duration of one operation, registered once so that counting costs no look-up.
#[derive(Clone)]
pub(crate) struct OperationMetrics {
    by_class: [Counter; 5],
    duration: Histogram,
}

impl std::fmt::Debug for OperationMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperationMetrics")
    }
}

impl OperationMetrics {
    pub(crate) fn of(operation: &'static str) -> Self {
        let class = |status: &'static str| counter!("http_requests_total", "operation" => operation, "status" => status);
        Self {
            by_class: ["1xx", "2xx", "3xx", "4xx", "5xx"].map(class),
            duration: histogram!("http_request_duration_seconds", "operation" => operation),
        }
    }

    pub(crate) fn record(&self, status: u16, duration: Duration) {
        if let Some(counter) = self.by_class.get(usize::from(status / 100).saturating_sub(1)) {
            counter.increment(1);
        }
        self.duration.record(duration.as_secs_f64());
    }
}

/// The upper bounds of the buckets of every histogram in seconds.
pub const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Installs the process-wide recorder that the admin listener's `/metrics` renders. Call it before the API is built: operations
/// register their metrics then. Later calls give the same handle; none where another recorder was installed before.
pub fn install_metrics() -> Option<PrometheusHandle> {
    install_metrics_beside(|recorder| recorder)
}

/// As [`install_metrics`], with a recorder that `around` makes of Prometheus': one that tells a second one, for example.
pub fn install_metrics_beside<R: Recorder + Sync + 'static>(
    around: impl FnOnce(PrometheusRecorder) -> R,
) -> Option<PrometheusHandle> {
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(around(recorder)).ok()?;
        Some(handle)
    };
    HANDLE.get_or_init(install).clone()
}
