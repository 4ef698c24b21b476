use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload};
use bytes::Bytes;
use futures_util::Stream;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, Sleep};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;

use crate::context::RequestContext;
use crate::{Problem, RequestScope, codes};

/// How many events may wait for a slow client before their producer waits too.
const BUFFERED: usize = 32;

/// How long a producer may take to end its stream by itself once the server stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// One event of a stream: a name and JSON data, and an id where the producer numbers them itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    name: &'static str,
    id: Option<String>,
    data: String,
}

impl SseEvent {
    /// An event; without an id of its own it gets its number in the stream, from 1.
    pub fn new<T: Serialize + ?Sized>(name: &'static str, data: &T) -> Self {
        let data = serde_json::to_string(data).unwrap_or_else(|_unwritable| "null".to_owned());
        Self { name, id: None, data }
    }

    /// An event `error` with `{problem, partial}`.
    pub fn error(problem: &Problem, partial: bool) -> Self {
        Self::new("error", &serde_json::json!({ "problem": problem.to_value(), "partial": partial }))
    }

    /// Gives it an id, which a client sends back as `Last-Event-ID`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        // A line break would end the field (HTML standard, "Interpreting an event stream").
        self.id = Some(id.into().replace(['\r', '\n', '\0'], ""));
        self
    }

    fn encode(&self, number: u64) -> Bytes {
        let id = self.id.clone().unwrap_or_else(|| number.to_string());
        Bytes::from(format!("id: {id}\nevent: {}\ndata: {}\n\n", self.name, self.data))
    }
}

/// The stream has ended: the client left, or the server stops and had to cut it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event stream is closed")]
pub struct StreamClosed;

enum Frame {
    Event(SseEvent),
    Last(SseEvent),
}

/// Begins event streams. An extractor.
#[derive(Clone, Debug)]
pub struct Streams {
    end: CancellationToken,
    heartbeat: Duration,
    tracker: TaskTracker,
    runtime: Option<Handle>,
}

impl FromRequest for Streams {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).map(|context| Self {
            end: context.api.streams_end().clone(),
            heartbeat: Duration::from_millis(context.api.settings().limits.heartbeat_ms.max(1)),
            tracker: context.api.tracker().clone(),
            runtime: context.api.runtime().cloned(),
        }))
    }
}

impl Streams {
    /// Both ends of a new stream. The sender goes to whatever produces, the other end is the handler's answer.
    pub fn open(&self) -> (SseSender, Sse) {
        let (sender, receiver) = mpsc::channel(BUFFERED);
        let stop = self.end.child_token();
        let mut heartbeat = tokio::time::interval(self.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        let body = Body {
            receiver,
            heartbeat,
            ended: Box::pin(self.end.clone().cancelled_owned()),
            grace: None,
            number: 0,
            place: None,
            done: false,
            scope: RequestScope::current(),
            _gone: stop.clone().drop_guard(),
            _open: OpenStreams::count(),
        };
        (SseSender { sender, stop }, Sse(body))
    }

    /// A new stream that `produce` fills. It runs beside the request and is told through [`SseSender::stopped`] when the
    /// client leaves.
    pub fn start<F, Fut>(&self, produce: F) -> Sse
    where
        F: FnOnce(SseSender) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (sender, answer) = self.open();
        let work = produce(sender);
        let scoped: Pin<Box<dyn Future<Output = ()> + Send>> = match RequestScope::current() {
            Some(scope) => Box::pin(scope.enter(work)),
            None => Box::pin(work),
        };
        match &self.runtime {
            Some(runtime) => drop(self.tracker.spawn_on(scoped, runtime)),
            None => drop(self.tracker.spawn(scoped)),
        }
        answer
    }
}

/// The producer's end. [`SseSender::finish`] takes it by value, so that a stream has one terminal event and nothing after it;
/// dropped without one, the stream ends with an `error` event by itself.
#[derive(Debug)]
pub struct SseSender {
    sender: mpsc::Sender<Frame>,
    stop: CancellationToken,
}

impl SseSender {
    /// Sends an event; waits while the client is slow.
    pub async fn send(&mut self, event: SseEvent) -> Result<(), StreamClosed> {
        self.sender.send(Frame::Event(event)).await.map_err(|_closed| StreamClosed)
    }

    /// Sends the terminal event.
    pub async fn finish(self, event: SseEvent) -> Result<(), StreamClosed> {
        self.sender.send(Frame::Last(event)).await.map_err(|_closed| StreamClosed)
    }

    /// Ends when there is no use in going on: the client left, or the server stops (then there are two seconds for `finish`).
    pub fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// True when the client left.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

/// An event stream as an answer: `text/event-stream`, an id on every event, a comment as heartbeat, one terminal event.
pub struct Sse(Body);

impl std::fmt::Debug for Sse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sse")
    }
}

impl Responder for Sse {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")))
            .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")))
            // Keeps our own compression and nginx' buffer from holding events back.
            .insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("identity")))
            .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")))
            .streaming(self.0)
    }
}

struct Body {
    receiver: mpsc::Receiver<Frame>,
    heartbeat: Interval,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    grace: Option<Pin<Box<Sleep>>>,
    number: u64,
    /// The id that the producer gave the event sent last.
    place: Option<String>,
    done: bool,
    scope: Option<RequestScope>,
    _gone: DropGuard,
    _open: OpenStreams,
}

impl Stream for Body {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        match self.receiver.poll_recv(cx) {
            Poll::Ready(Some(Frame::Event(event))) => return Poll::Ready(Some(Ok(self.write(&event)))),
            Poll::Ready(Some(Frame::Last(event))) => return Poll::Ready(Some(Ok(self.last(&event)))),
            Poll::Ready(None) => {
                let lost = Problem::new(&codes::INTERNAL, "The stream ended before its last event.");
                return Poll::Ready(Some(Ok(self.fail(lost))));
            }
            Poll::Pending => {}
        }
        if self.is_cut(cx) {
            let stopping = Problem::new(&codes::SHUTTING_DOWN, "The server stops; go on with Last-Event-ID.");
            return Poll::Ready(Some(Ok(self.fail(stopping))));
        }
        self.heartbeat.poll_tick(cx).map(|_tick| Some(Ok(Bytes::from_static(b": \n\n"))))
    }
}

impl Body {
    fn write(&mut self, event: &SseEvent) -> Bytes {
        self.number += 1;
        self.heartbeat.reset();
        if event.id.is_some() {
            self.place.clone_from(&event.id);
        }
        event.encode(self.number)
    }

    fn last(&mut self, event: &SseEvent) -> Bytes {
        self.done = true;
        self.write(event)
    }

    fn fail(&mut self, mut problem: Problem) -> Bytes {
        if let Some(scope) = &self.scope {
            problem = problem.with_instance(scope.id).with_base(&scope.public_url);
        }
        let mut event = SseEvent::error(&problem, true);
        // Where the producer numbers its events, a client that comes back goes on after the one it got last.
        event.id.clone_from(&self.place);
        self.last(&event)
    }

    /// True when the server stops and the producer has had its time.
    fn is_cut(&mut self, cx: &mut Context<'_>) -> bool {
        if self.grace.is_none() && self.ended.as_mut().poll(cx).is_ready() {
            self.grace = Some(Box::pin(tokio::time::sleep(LAST_WORDS)));
        }
        self.grace.as_mut().is_some_and(|grace| grace.as_mut().poll(cx).is_ready())
    }
}

/// Counts a stream as open for as long as it lives.
struct OpenStreams;

/// How many there are in this process. A gauge is told the number: not every recorder adds up what several handles add.
static OPEN: AtomicU32 = AtomicU32::new(0);

impl OpenStreams {
    fn count() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        tell();
        Self
    }
}

impl Drop for OpenStreams {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        tell();
    }
}

fn tell() {
    metrics::gauge!("http_event_streams_open").set(OPEN.load(Ordering::Relaxed));
}
