//! Spans by OpenTelemetry's conventions for generative AI, without what was said. In a program of its own: whether a span is made at all is kept for
//! the whole process, and other tests would decide it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may fail a test")]

#[expect(dead_code, reason = "one test needs a part of it")]
#[path = "../it/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use core_testing::Engine;
use llm::chat::{Message, Role};
use llm::{Ask, Delivery, Embed};
use mock_llm::{Fault, Scenario};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::world::world;

type Fields = BTreeMap<String, String>;

/// A span of generative AI.
#[derive(Debug, Default)]
struct Told {
    name: &'static str,
    parent: Option<u64>,
    fields: Fields,
    /// When it began and ended, counted in such events.
    begun: usize,
    ended: Option<usize>,
}

#[derive(Default)]
struct Heard {
    spans: BTreeMap<u64, Told>,
    events: usize,
    /// Those that have not ended.
    open: usize,
}

impl Heard {
    fn next(&mut self) -> usize {
        self.events += 1;
        self.events
    }
}

/// Keeps every span of generative AI, and tells when one ends.
#[derive(Clone, Default)]
struct Kept(Arc<(Mutex<Heard>, Condvar)>);

impl Kept {
    /// All of them, once the last has ended: a thread of the database may hold one a moment longer than the call took.
    fn ended(&self) -> Spans {
        let heard = self.0.0.lock().unwrap();
        let (mut heard, waited) = self.0.1.wait_timeout_while(heard, Duration::from_secs(30), |heard| heard.open > 0).unwrap();
        assert!(!waited.timed_out(), "{} spans never end: {:?}", heard.open, heard.spans);
        std::mem::take(&mut heard.spans)
    }
}

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Kept {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let name = attributes.metadata().name();
        if !name.starts_with("gen_ai") {
            return;
        }
        let parent = context.span(id).and_then(|span| Some(span.parent()?.id().into_u64()));
        let mut heard = self.0.0.lock().unwrap();
        heard.open += 1;
        let mut told = Told { name, parent, begun: heard.next(), ..Told::default() };
        attributes.record(&mut Reader(&mut told.fields));
        heard.spans.insert(id.into_u64(), told);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _context: Context<'_, S>) {
        if let Some(told) = self.0.0.lock().unwrap().spans.get_mut(&id.into_u64()) {
            values.record(&mut Reader(&mut told.fields));
        }
    }

    fn on_close(&self, id: Id, _context: Context<'_, S>) {
        let mut heard = self.0.0.lock().unwrap();
        let now = heard.next();
        if let Some(told) = heard.spans.get_mut(&id.into_u64()) {
            told.ended = Some(now);
            heard.open -= 1;
            self.0.1.notify_all();
        }
    }
}

type Spans = BTreeMap<u64, Told>;

/// The spans of `kind` that are called `name` and have `field`, by their begin.
fn find<'a>(spans: &'a Spans, kind: &str, name: &str, field: &str) -> Vec<(u64, &'a Told)> {
    let is = |told: &Told| told.name == kind && told.fields["otel.name"] == name && told.fields.contains_key(field);
    let mut found: Vec<_> = spans.iter().filter(|(_, told)| is(told)).map(|(id, told)| (*id, told)).collect();
    found.sort_by_key(|(_, told)| told.begun);
    found
}

/// The spans after four calls: one that goes well, one that is refused, one that is tried twice, one for vectors.
fn spans() -> Spans {
    let kept = Kept::default();
    // For the whole program: a span that ends on a thread without a subscriber would keep the one above it open for ever.
    tracing::subscriber::set_global_default(Registry::default().with(kept.clone())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = world(&Engine::Sqlite).await;
        let words = |text: &str| Ask { messages: vec![Message::text(Role::User, text)], ..Ask::default() };
        let ask = async |text: &str| {
            let asked = world.facades().completions.send_prompt(&world.alice(), words(text), Delivery::default()).await;
            asked.unwrap().outcome().await.unwrap();
        };
        ask("a canary sings").await;
        world.play(Scenario::Always(Fault::Unauthorised));
        ask("a canary falls").await;
        world.play(Scenario::Once(Fault::Unavailable));
        ask("a canary stumbles").await;
        world.play(Scenario::Ok);
        let embed = Embed { texts: vec!["two canaries".into()], model: Some("mock/e".into()), dimensions: None };
        world.facades().measuring.embed(&world.alice(), embed).await.unwrap();
    });
    drop(runtime);
    kept.ended()
}

#[test]
fn every_call_and_each_of_its_attempts_has_a_span_with_standard_names_its_end_and_no_words() {
    let spans = spans();
    calls(&spans);
    attempts(&spans);
    assert!(!format!("{spans:?}").contains("canar") && !format!("{spans:?}").contains("Hello"), "{spans:?}");
}

fn calls(spans: &Spans) {
    let (_, whole) = find(spans, "gen_ai", "chat m", "gen_ai.usage.input_tokens")[0];
    for (field, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "m"),
        ("gen_ai.response.model", "gpt-mock"),
        ("gen_ai.response.id", "chatcmpl-mock"),
        ("gen_ai.response.finish_reasons", "stop"),
        ("gen_ai.usage.input_tokens", "12"),
        ("gen_ai.usage.output_tokens", "7"),
        ("gen_ai.usage.cache_read.input_tokens", "4"),
        ("otel.kind", "client"),
    ] {
        assert_eq!(whole.fields.get(field).map(String::as_str), Some(value), "{field}");
    }
    let (_, failed) = find(spans, "gen_ai", "chat m", "error.type")[0];
    assert_eq!(failed.fields["error.type"], llm::codes::PROVIDER_AUTH.code);
    let (_, vectors) = find(spans, "gen_ai", "embeddings e", "gen_ai.usage.input_tokens")[0];
    assert_eq!(vectors.fields["gen_ai.usage.input_tokens"], "2");
}

fn attempts(spans: &Spans) {
    let of = |call: u64| -> Vec<&Told> {
        let tried = find(spans, "gen_ai_attempt", &spans[&call].fields["otel.name"], "attempt.number");
        tried.into_iter().map(|(_, told)| told).filter(|told| told.parent == Some(call)).collect()
    };
    let told = |attempt: &Told| {
        let field = |name: &str| attempt.fields.get(name).map_or(String::new(), String::clone);
        let [number, cause, error] = ["attempt.number", "attempt.cause", "error.type"].map(field);
        format!("{number} {cause} {error}/{}", field("gen_ai.response.finish_reasons"))
    };
    let calls: Vec<u64> = find(spans, "gen_ai", "chat m", "otel.kind").into_iter().map(|(id, _)| id).collect();
    let [sings, falls, stumbles] = calls[..] else { panic!("{} calls", calls.len()) };
    assert_eq!(of(sings).into_iter().map(told).collect::<Vec<_>>(), ["1 first /stop"]);
    assert_eq!(of(falls).into_iter().map(told).collect::<Vec<_>>(), ["1 first llm.provider_auth/"]);
    let twice = of(stumbles);
    let tries: Vec<String> = twice.iter().copied().map(told).collect();
    assert_eq!(tries, ["1 first llm.provider_unavailable/", "2 retried /stop"]);
    assert!(twice[0].ended.unwrap() < twice[1].begun, "an attempt's span ends with the attempt");
    assert!(twice[1].ended.unwrap() < spans[&stumbles].ended.unwrap());
    for (field, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "m"),
        ("gen_ai.response.model", "gpt-mock"),
        ("gen_ai.response.id", "chatcmpl-mock"),
        ("otel.kind", "client"),
    ] {
        assert_eq!(twice[1].fields.get(field).map(String::as_str), Some(value), "{field}");
    }
    assert!(!twice[1].fields.contains_key("gen_ai.usage.input_tokens"), "who adds up a trace would count it twice");
    let vectors = find(spans, "gen_ai", "embeddings e", "otel.kind")[0].0;
    assert_eq!(of(vectors).into_iter().map(told).collect::<Vec<_>>(), ["1 first /stop"]);
}
