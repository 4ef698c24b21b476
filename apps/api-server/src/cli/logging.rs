use std::fmt;
use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use core_config::Profile;
use core_kernel::TraceContext;
use tokio_util::sync::CancellationToken;
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
#[cfg(feature = "otlp")]
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::fmt::format::{JsonFields, Writer, format};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, registry};

use crate::settings::Settings;
use crate::telemetry::Export;
#[cfg(feature = "otlp")]
use crate::telemetry::{self, Spans};

/// The most lines that wait to be written. Whoever reads them is slower than that: more are dropped, so that no request waits for a log.
const WAITING_LINES: usize = 16_384;

/// How often it is looked whether lines were dropped.
const LOOKS: Duration = Duration::from_secs(15);

/// What writes the log and sends traces while the server runs.
pub(crate) struct Logs {
    export: Export,
    /// Writes what waits when it goes.
    _writer: WorkerGuard,
    dropped: ErrorCounter,
}

impl Logs {
    /// Tells of dropped lines, in the metrics and, once there is room again, in the log.
    pub(crate) async fn watch(&self, stop: &CancellationToken) {
        let (mut told, mut looks) = (0, tokio::time::interval(LOOKS));
        // One handle: a recorder may count each one's from nothing.
        let counter = metrics::counter!("log_lines_dropped_total");
        while stop.run_until_cancelled(looks.tick()).await.is_some() {
            let dropped = self.dropped.dropped_lines();
            counter.absolute(dropped as u64);
            if dropped > told {
                tracing::warn!(lines = dropped - told, "nobody read the log in time; lines were dropped");
                told = dropped;
            }
        }
    }

    /// Hands out what is left.
    pub(crate) async fn end(self) {
        self.export.end().await;
    }
}

/// Lines for people in development, one JSON object per line in production, on standard error; and spans for a collector, where the
/// settings name one.
pub(crate) fn start(settings: &Settings, profile: Profile) -> Logs {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES).thread_name("log").finish(stderr());
    let dropped = writer.error_counter();
    Logs { export: subscribe(settings, profile, writer), _writer: guard, dropped }
}

fn subscribe(settings: &Settings, profile: Profile, writer: NonBlocking) -> Export {
    let filter = EnvFilter::try_new(&settings.log.filter).unwrap_or_else(|_invalid| EnvFilter::new("info"));
    let json = settings.log.json.unwrap_or(profile == Profile::Production);
    // A subscriber that is there already (in a test) stays.
    #[cfg(feature = "otlp")]
    let refused = match telemetry::begin(&settings.telemetry) {
        Ok(Some((spans, export))) => {
            let spans = spans.with_filter(FilterFn::new(Spans::wants).with_max_level_hint(LevelFilter::DEBUG));
            drop(registry().with(lines(json, writer).with_filter(filter)).with(spans).try_init());
            return export;
        }
        Ok(None) => None,
        Err(error) => Some(format!("{error:#}")),
    };
    #[cfg(not(feature = "otlp"))]
    let refused = settings.telemetry.collector().map(|_url| "this server was built without the feature `otlp`".to_owned());
    drop(registry().with(filter).with(lines(json, writer)).try_init());
    if let Some(reason) = refused {
        tracing::warn!(reason, "no traces are sent");
    }
    Export::default()
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(json: bool, writer: NonBlocking) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = layer().with_writer(writer);
    if json {
        return lines.fmt_fields(JsonFields::new()).event_format(Traced(format().json().flatten_event(true))).boxed();
    }
    let ansi = stderr().is_terminal();
    lines.with_ansi(ansi).event_format(Traced(format().compact().with_ansi(ansi))).boxed()
}

/// Adds the trace of the present task to each line that does not name one itself.
struct Traced<F>(F);

impl<S, N, F> FormatEvent<S, N> for Traced<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let names_it = event.metadata().fields().field("trace_id").is_some();
        let Some(trace) = TraceContext::current().filter(|_| !names_it) else {
            return self.0.format_event(context, writer, event);
        };
        let (trace, mut line) = (trace.trace_id(), String::new());
        self.0.format_event(context, Writer::new(&mut line), event)?;
        match line.strip_prefix('{') {
            Some(object) => write!(writer, "{{\"trace_id\":\"{trace}\",{object}"),
            None => writeln!(writer, "{} trace_id={trace}", line.trim_end_matches('\n')),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::fmt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Three lines: outside of traced work, within it, and one that names a trace itself.
    async fn speak(trace: TraceContext) {
        tracing::info!("outside");
        trace
            .enter(async {
                tracing::info!(number = 7, "within");
                tracing::info!(trace_id = "its own", "named");
            })
            .await;
    }

    #[tokio::test]
    async fn each_line_of_traced_work_names_its_trace_once() {
        let (trace, json, text) = (TraceContext::begin(), Lines::default(), Lines::default());
        let writer = { (json.clone(), text.clone()) };
        let lines = fmt().with_writer(move || writer.0.clone()).fmt_fields(JsonFields::new());
        let guard = tracing::subscriber::set_default(lines.event_format(Traced(format().json().flatten_event(true))).finish());
        speak(trace).await;
        drop(guard);
        let lines = fmt().with_writer(move || writer.1.clone()).with_ansi(false);
        let guard = tracing::subscriber::set_default(lines.event_format(Traced(format().compact().with_ansi(false))).finish());
        speak(trace).await;
        drop(guard);
        let json = String::from_utf8(json.0.lock().unwrap().clone()).unwrap();
        let named: Vec<_> = json
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["trace_id"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(named, [None, Some(trace.trace_id().to_string()), Some("its own".to_owned())]);
        let text = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
        let ends: Vec<_> = text.lines().map(|line| line.split_once("trace_id=").map(|(_, named)| named.to_owned())).collect();
        assert_eq!(ends, [None, Some(trace.trace_id().to_string()), Some("\"its own\"".to_owned())]);
        assert!(json.contains("\"number\":7") && text.contains("number=7"), "{json}{text}");
    }
}
