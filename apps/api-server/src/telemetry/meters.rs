use core_http::{SECONDS, ServeConfig, install_metrics_beside};
use metrics_exporter_opentelemetry::Recorder;
use metrics_util::layers::FanoutBuilder;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};

use super::collector::{resource, towards};
use super::{Export, LAST_WORDS, Readers, TelemetrySettings};

/// Begins to measure: for `/metrics` where somebody may read them, and for the collector of the settings.
pub(crate) fn measure(settings: &TelemetrySettings, readers: Readers) -> (ServeConfig, Export) {
    let collected = match begin(settings) {
        Ok(collected) => collected,
        Err(error) => {
            tracing::warn!(reason = format!("{error:#}"), "no metrics are sent");
            None
        }
    };
    let Some((recorder, provider)) = collected else { return (readers.alone(), Export::default()) };
    let metrics = match readers {
        Readers::Prometheus => {
            install_metrics_beside(|prometheus| FanoutBuilder::default().add_recorder(prometheus).add_recorder(recorder).build())
        }
        Readers::Nobody => {
            // A recorder that is there already (in a test) stays.
            drop(metrics::set_global_recorder(recorder));
            None
        }
    };
    let flush = move || {
        if let Err(error) = provider.shutdown_with_timeout(LAST_WORDS) {
            tracing::warn!(%error, "the last metrics did not reach the collector");
        }
    };
    (ServeConfig { metrics, ..ServeConfig::default() }, Export(Some(Box::new(flush))))
}

fn begin(settings: &TelemetrySettings) -> anyhow::Result<Option<(Recorder, SdkMeterProvider)>> {
    let Some(base) = settings.collector().filter(|_| settings.metrics) else { return Ok(None) };
    let exporter = towards(MetricExporter::builder().with_http(), settings, base, "metrics")?.build()?;
    let provider =
        SdkMeterProvider::builder().with_resource(resource(settings)).with_view(seconds).with_periodic_exporter(exporter).build();
    Ok(Some((Recorder::with_meter(provider.meter("brickwork")), provider)))
}

/// The buckets that `/metrics` has: those of the specification are made for milliseconds.
fn seconds(instrument: &Instrument) -> Option<Stream> {
    if !instrument.name().ends_with("_seconds") {
        return None;
    }
    let buckets = Aggregation::ExplicitBucketHistogram { boundaries: SECONDS.to_vec(), record_min_max: false };
    Stream::builder().with_aggregation(buckets).build().ok()
}
