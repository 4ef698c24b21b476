use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use core_kernel::{Sampling, SpanId, TraceContext};
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The longest text of an attribute, in characters.
const MAX_TEXT: usize = 256;

/// Hands finished spans to the exporter: those that name an `otel.kind`, which is how a span says that it is meant for traces. A span
/// that names its `trace_id` and `span_id` is sent under them, since others know it by them: they are in the log, in rows of jobs and
/// in `traceparent` of requests to other servers. Lines of the log are no part of it, so that nothing gets out by a message.
pub(crate) struct Spans {
    processor: Arc<BatchSpanProcessor>,
    sampling: Sampling,
    scope: InstrumentationScope,
}

impl Spans {
    pub(super) fn new(processor: Arc<BatchSpanProcessor>, sampling: Sampling) -> Self {
        let scope = InstrumentationScope::builder("brickwork").with_version(env!("CARGO_PKG_VERSION")).build();
        Self { processor, sampling, scope }
    }

    /// Which spans it wants to hear of.
    pub(crate) fn wants(metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.fields().field("otel.kind").is_some()
    }
}

/// A span that has not ended.
struct Open {
    place: TraceContext,
    parent: Option<SpanId>,
    told: Told,
    begun: (SystemTime, Instant),
}

/// What a span says of itself.
#[derive(Default)]
struct Told {
    name: Option<String>,
    kind: Option<SpanKind>,
    failed: bool,
    trace_id: Option<String>,
    span_id: Option<String>,
    trace_flags: Option<String>,
    parent_span_id: Option<String>,
    attributes: Vec<KeyValue>,
}

impl Told {
    /// The place under which others know the span.
    fn place(&self) -> Option<TraceContext> {
        let (trace, span, flags) = (self.trace_id.as_ref()?, self.span_id.as_ref()?, self.trace_flags.as_ref()?);
        format!("00-{trace}-{span}-{flags}").parse().ok()
    }

    /// The parent that the span names: the work of another process or time.
    fn parent(&self) -> Option<SpanId> {
        let (trace, span) = (self.trace_id.as_ref()?, self.parent_span_id.as_ref()?);
        let parent: TraceContext = format!("00-{trace}-{span}-00").parse().ok()?;
        Some(parent.span_id())
    }

    fn text(&mut self, field: &Field, text: String) {
        match field.name() {
            "otel.name" => self.name = Some(text),
            "otel.kind" => self.kind = Some(kind(&text)),
            "otel.status_code" => self.failed |= text.eq_ignore_ascii_case("error"),
            "trace_id" => self.trace_id = Some(text),
            "span_id" => self.span_id = Some(text),
            "trace_flags" => self.trace_flags = Some(text),
            "parent_span_id" => self.parent_span_id = Some(text),
            name => {
                self.failed |= name == "error.type" && !text.is_empty();
                let cut = text.char_indices().nth(MAX_TEXT).map_or(text.len(), |(end, _)| end);
                self.attribute(name, text.get(..cut).unwrap_or_default().to_owned());
            }
        }
    }

    fn attribute(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(name, value));
    }
}

fn kind(name: &str) -> SpanKind {
    match name {
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format!("{value:?}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attribute(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attribute(field.name(), i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attribute(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attribute(field.name(), value);
    }
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut told = Told::default();
        attributes.record(&mut told);
        // The span around it, else the work of the task: spans do not follow work into another task, traces do.
        let around = span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.place));
        let cause = around.or_else(TraceContext::current);
        let named = told.place();
        let parent = match named {
            Some(place) => {
                told.parent().or_else(|| cause.filter(|cause| cause.trace_id() == place.trace_id()).map(TraceContext::span_id))
            }
            None => cause.map(TraceContext::span_id),
        };
        let place = named.unwrap_or_else(|| cause.map_or_else(|| self.sampling.follow(None), TraceContext::child));
        #[expect(clippy::disallowed_methods, reason = "spans are told in nanoseconds, which the port does not have")]
        let begun = (SystemTime::now(), Instant::now());
        span.extensions_mut().insert(Open { place, parent, told, begun });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.told);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        if open.place.is_sampled() {
            self.processor.on_end(self.finish(open, span.name()));
        }
    }
}

impl Spans {
    fn finish(&self, open: Open, name: &'static str) -> SpanData {
        let Open { place, parent, told, begun: (start_time, begun) } = open;
        let other = |span: SpanId| opentelemetry::trace::SpanId::from_bytes(span.to_bytes());
        let trace = opentelemetry::trace::TraceId::from_bytes(place.trace_id().to_bytes());
        SpanData {
            span_context: SpanContext::new(trace, other(place.span_id()), TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: parent.map_or(opentelemetry::trace::SpanId::INVALID, other),
            parent_span_is_remote: told.parent_span_id.is_some(),
            span_kind: told.kind.unwrap_or(SpanKind::Internal),
            name: told.name.map_or(Cow::Borrowed(name), Cow::Owned),
            start_time,
            end_time: start_time + begun.elapsed(),
            attributes: told.attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if told.failed { Status::error("") } else { Status::Unset },
            instrumentation_scope: self.scope.clone(),
        }
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").field("sampling", &self.sampling).finish_non_exhaustive()
    }
}
