use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use core_egress::{Egress, EgressConfig, Method, Url};
use core_kernel::Secret;
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanProcessor as _};
use percent_encoding::percent_decode_str;
use tokio::runtime::Handle;

use super::spans::Spans;
use super::{Export, LAST_WORDS, TelemetrySettings};

/// How long one batch may take to reach the collector.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most that a collector may answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Begins to hand spans to the collector of the settings, if there is one.
pub(crate) fn begin(settings: &TelemetrySettings) -> anyhow::Result<Option<(Spans, Export)>> {
    let Some(base) = settings.collector() else { return Ok(None) };
    let exporter = towards(SpanExporter::builder().with_http(), settings, base, "traces")?.build()?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    processor.set_resource(&resource(settings));
    let processor = Arc::new(processor);
    let last = Arc::clone(&processor);
    let flush = move || {
        if let Err(error) = last.shutdown_with_timeout(LAST_WORDS) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    };
    Ok(Some((Spans::new(processor, settings.sampling()), Export(Some(Box::new(flush))))))
}

/// An exporter of `signal` (`traces`, `metrics`) that sends to the collector of the settings.
pub(super) fn towards<B: WithExportConfig + WithHttpConfig>(
    exporter: B,
    settings: &TelemetrySettings,
    base: &str,
    signal: &str,
) -> anyhow::Result<B> {
    let url = signal_url(base, signal).context("telemetry.endpoint is no URL of a collector, such as http://localhost:4318")?;
    let egress = Egress::new(EgressConfig { total_timeout: PATIENCE, max_body_bytes: MAX_ANSWER, ..EgressConfig::default() })?;
    Ok(exporter
        .with_http_client(Transport { egress, runtime: Handle::current() })
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_timeout(PATIENCE)
        .with_headers(headers(settings.headers.as_ref())))
}

/// Below the base, as the specification says.
fn signal_url(base: &str, signal: &str) -> anyhow::Result<String> {
    let url: Url = base.parse()?;
    anyhow::ensure!(matches!(url.scheme(), "http" | "https") && url.has_host(), "it is neither http nor https");
    Ok(format!("{}/v1/{signal}", base.trim_end_matches('/')))
}

/// `name=value` with commas between, values percent-encoded (W3C Baggage without properties). What is none is left out.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), percent_decode_str(value.trim()).decode_utf8_lossy().into_owned()))
        .filter(|(name, _)| !name.is_empty())
}

fn headers(configured: Option<&Secret>) -> HashMap<String, String> {
    configured.map(|text| pairs(text.expose()).collect()).unwrap_or_default()
}

/// Who sends. A name of its own stands over one among the attributes.
pub(super) fn resource(settings: &TelemetrySettings) -> Resource {
    let further =
        pairs(settings.resource_attributes.as_deref().unwrap_or_default()).map(|(name, value)| KeyValue::new(name, value));
    let program = [KeyValue::new("service.name", "brickwork"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
    let named = settings.service_name.clone().map(|name| KeyValue::new("service.name", name));
    Resource::builder_empty().with_attributes(program.into_iter().chain(further).chain(named)).build()
}

/// Sends with the one HTTP client of this workspace. The exporter waits on a thread of its own, where no runtime is: requests run on
/// the server's. They belong to no trace, so nothing is told of them in turn.
#[derive(Debug)]
struct Transport {
    egress: Egress,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let mut sending = self.egress.operator().request(Method::POST, head.uri.to_string().parse::<Url>()?).body(body);
        for (name, value) in &head.headers {
            sending = sending.secret_header(name.as_str(), &Secret::new(value.to_str()?.to_owned()));
        }
        let exchange = async move {
            let answer = sending.send().await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut whole = Response::new(answer.bytes_capped().await?);
            *whole.status_mut() = status;
            *whole.headers_mut() = headers;
            Ok::<_, core_egress::EgressError>(whole)
        };
        Ok(self.runtime.spawn(exchange).await??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_go_below_the_base_and_only_by_http() {
        assert_eq!(signal_url("http://localhost:4318", "traces").unwrap(), "http://localhost:4318/v1/traces");
        assert_eq!(
            signal_url("https://collector.example/otlp/", "metrics").unwrap(),
            "https://collector.example/otlp/v1/metrics"
        );
        for none in ["collector:4317", "localhost", "grpc://collector:4317", "unix:/run/collector"] {
            assert!(signal_url(none, "traces").is_err(), "{none}");
        }
    }

    #[test]
    fn pairs_are_read_as_the_specification_writes_them() {
        let read: Vec<_> = pairs("authorization=Bearer%20x, team = bricks ,=nothing,alone,").collect();
        assert_eq!(read, [("authorization".into(), "Bearer x".into()), ("team".into(), "bricks".into())]);
    }

    #[test]
    fn a_service_name_of_its_own_stands_over_one_among_the_attributes() {
        let named = |service_name: Option<&str>| {
            let settings = TelemetrySettings {
                service_name: service_name.map(str::to_owned),
                resource_attributes: Some("service.name=among,deployment.environment.name=test".to_owned()),
                ..TelemetrySettings::default()
            };
            let resource = resource(&settings);
            ["service.name", "deployment.environment.name"].map(|key| resource.get(&key.into()).unwrap().to_string())
        };
        assert_eq!(named(None), ["among", "test"]);
        assert_eq!(named(Some("own")), ["own", "test"]);
    }
}
