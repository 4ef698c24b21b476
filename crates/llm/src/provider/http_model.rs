use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use core_egress::{Egress, EgressError, Method, Response, Url};
use core_kernel::{Clock, Secret};
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;

use super::hints::{request_id, wait_in_headers};
use super::vectors::{EmbedRequest, Embeddings};
use super::wire::{failure, in_band};
use super::{ChatModel, FailureClass, Mode, ModelError, ModelStream, StreamDecoder, Wire, WireRequest};
use crate::chat::{ChatRequest, ModelEvent};
use crate::framing::{Frames, Leftover};

/// The most bytes of one event: inline images and encrypted thinking are large.
const EVENT_LIMIT: usize = 8 * 1024 * 1024;
/// The most bytes of an error body that are read.
const ERROR_LIMIT: usize = 256 * 1024;

/// What an [`HttpModel`] needs to know besides its protocol.
#[derive(Clone, Debug)]
pub struct HttpModelOptions {
    /// The provider's name in the settings.
    pub name: String,
    /// Where requests go; ends in a slash.
    pub base_url: Url,
    /// The key; empty: none is sent.
    pub api_key: Secret,
    /// Models that are offered by name.
    pub models: Vec<String>,
    /// Until the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// A whole unary answer.
    pub total: Duration,
}

/// A provider over HTTP: moves the bytes of a [`Wire`] protocol.
pub struct HttpModel {
    options: HttpModelOptions,
    wire: Box<dyn Wire>,
    egress: Egress,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for HttpModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpModel").field("name", &self.options.name).field("wire", &self.wire).finish_non_exhaustive()
    }
}

impl HttpModel {
    /// A provider that speaks `wire`.
    pub fn new(options: HttpModelOptions, wire: Box<dyn Wire>, egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self { options, wire, egress, clock }
    }

    async fn send(&self, request: WireRequest, mode: Mode) -> Result<Response, ModelError> {
        let url = self.options.base_url.join(&request.path).map_err(|error| {
            ModelError::new(FailureClass::InvalidRequest, format!("the model's name makes no address ({error})"))
        })?;
        let (name, prefix) = self.wire.key_header();
        // A stream is bounded by its silences, not by its length; a day is the backstop.
        let total = if mode == Mode::Stream { Duration::from_hours(24) } else { self.options.total };
        let mut builder = self.egress.operator().request(Method::POST, url).timeout(total).idle_timeout(self.options.idle);
        for (name, value) in self.wire.headers() {
            builder = builder.header(name, value);
        }
        if !self.options.api_key.is_empty() {
            builder = builder.secret_header(name, &Secret::new(format!("{prefix}{}", self.options.api_key.expose())));
        }
        let sent = tokio::time::timeout(self.options.first_byte, builder.json(&request.body).send());
        let silent = |_elapsed| ModelError::new(FailureClass::Unavailable, "the provider did not answer in time");
        sent.await.map_err(silent)?.map_err(|error| unreachable(&error))
    }

    /// A whole body of an answer that is no chat.
    async fn fetch(&self, request: WireRequest) -> Result<Bytes, ModelError> {
        let response = self.send(request, Mode::Unary).await?;
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let body = response.bytes_capped().await.map_err(|error| broken(&error))?;
        let error = serde_json::from_slice::<Value>(&body).ok().as_ref().and_then(in_band);
        error.map_or(Ok(body), Err)
    }

    async fn refused(&self, response: Response) -> ModelError {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.snippet(ERROR_LIMIT).await;
        let error = failure(status, &headers, body.as_bytes(), self.clock.now());
        ModelError { request_id: request_id(&headers), ..error }
    }
}

#[async_trait]
impl ChatModel for HttpModel {
    fn provider(&self) -> &str {
        &self.options.name
    }

    fn kind(&self) -> &str {
        self.wire.kind()
    }

    fn models(&self) -> &[String] {
        &self.options.models
    }

    async fn open(&self, request: &ChatRequest, mode: Mode) -> Result<ModelStream, ModelError> {
        let response = self.send(self.wire.encode(request, mode), mode).await?;
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let content_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let (framing, headers) = (self.wire.framing(), response.headers().clone());
        let request_id = request_id(&headers);
        let named = stream::iter(request_id.clone().map(ModelEvent::RequestId).map(Ok));
        if mode == Mode::Stream && content_type.starts_with(framing.content_type()) {
            return Ok(named.chain(events(response, framing.decoder(EVENT_LIMIT), self.wire.stream_decoder())).boxed());
        }
        // The provider has accepted the request: unless it says that it failed, what is lost from here on may be charged.
        let lost = |error: ModelError, charged| ModelError { charged, request_id: request_id.clone(), ..error };
        let body = response.bytes_capped().await.map_err(|error| lost(broken(&error), true))?;
        let refusal = || serde_json::from_slice::<Value>(&body).ok().as_ref().and_then(in_band);
        if mode == Mode::Stream {
            // A document where a stream was asked for is an error, or something that is no provider.
            let error = refusal().unwrap_or_else(|| ModelError::protocol("it is no event stream"));
            return Err(lost(error, false).after(wait_in_headers(&headers, self.clock.now())));
        }
        let events = self.wire.decode(&body).map_err(|error| lost(error, refusal().is_none()))?;
        Ok(named.chain(stream::iter(events.into_iter().map(Ok))).boxed())
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings, ModelError> {
        let Some(wire) = self.wire.encode_embeddings(request) else {
            return Err(ModelError::new(FailureClass::InvalidRequest, "the provider makes no embeddings"));
        };
        let found = self.wire.decode_embeddings(&self.fetch(wire).await?)?;
        found.check(request.texts.len())
    }

    async fn count_tokens(&self, request: &ChatRequest) -> Result<Option<u64>, ModelError> {
        match self.wire.encode_count(request) {
            Some(wire) => Ok(Some(self.wire.decode_count(&self.fetch(wire).await?)?)),
            None => Ok(None),
        }
    }
}

/// Nothing was received.
fn unreachable(error: &EgressError) -> ModelError {
    let message = match error {
        EgressError::Timeout { .. } => "the provider did not answer in time",
        EgressError::Connect(_) => "the provider can't be reached",
        _ => "the exchange with the provider failed",
    };
    tracing::warn!(cause = %error, "a provider can't be reached");
    ModelError::new(FailureClass::Unavailable, message)
}

/// The answer had begun.
fn broken(error: &EgressError) -> ModelError {
    let error = match error {
        EgressError::TooLarge { limit } => ModelError::protocol(&format!("it is larger than {limit} bytes")),
        EgressError::Timeout { .. } => ModelError::new(FailureClass::Unavailable, "the provider fell silent"),
        _ => ModelError::new(FailureClass::Truncated, "the connection to the provider broke"),
    };
    ModelError { charged: true, ..error }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, EgressError>> + Send>>;

struct Reading {
    chunks: Chunks,
    frames: Frames,
    decoder: Box<dyn StreamDecoder>,
}

/// The events of a response that is an event stream.
fn events(response: Response, frames: Frames, decoder: Box<dyn StreamDecoder>) -> ModelStream {
    let reading = Reading { chunks: Box::pin(response.chunks()), frames, decoder };
    stream::unfold(Some(reading), |reading| async move {
        let (events, reading) = reading?.step().await;
        Some((stream::iter(events), reading))
    })
    .flatten()
    .boxed()
}

type Events = Vec<Result<ModelEvent, ModelError>>;

impl Reading {
    /// Reads one chunk: what it says, and the reading to go on with unless this was the end.
    async fn step(mut self) -> (Events, Option<Self>) {
        let chunk = match self.chunks.next().await {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return (self.end(Some(broken(&error))), None),
            None => return (self.end(None), None),
        };
        let mut out = Vec::new();
        let read = self.read(&chunk, &mut out);
        let mut events: Events = out.into_iter().map(Ok).collect();
        match read {
            Err(error) => {
                events.push(Err(error));
                (events, None)
            }
            Ok(()) if self.decoder.is_done() => {
                events.extend(self.end(None));
                (events, None)
            }
            Ok(()) => (events, Some(self)),
        }
    }

    fn read(&mut self, chunk: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        let frames = self.frames.push(chunk).map_err(|overlong| ModelError::protocol(&overlong.to_string()))?;
        for data in frames {
            if !self.decoder.is_done() {
                self.decoder.event(&data, out)?;
            }
        }
        Ok(())
    }

    /// The body has ended, orderly or not. Evidence that came before a broken connection still counts.
    fn end(mut self, failure: Option<ModelError>) -> Events {
        let mut out = Vec::new();
        let (last, leftover) = self.frames.end();
        let failed = last.filter(|_| !self.decoder.is_done()).and_then(|data| self.decoder.event(&data, &mut out).err());
        self.decoder.end(&mut out);
        let finished = matches!(out.last(), Some(ModelEvent::Finished(_)));
        let mut events: Events = out.into_iter().map(Ok).collect();
        if !finished {
            events.extend(failed.or_else(|| last_words(&leftover)).or(failure).map(Err));
        }
        events
    }
}

/// An error that a provider put into the stream without the form of an event.
fn last_words(leftover: &Leftover) -> Option<ModelError> {
    let texts = leftover.event.iter().map(String::as_str).chain([leftover.stray.as_str()]);
    texts.filter_map(|text| serde_json::from_str::<Value>(text).ok()).find_map(|document| in_band(&document))
}
