use std::fmt::Debug;

use core_kernel::Timestamp;
use serde_json::Value;

use super::failure::ErrorBody;
use super::hints::{HeaderLookup, wait_in_details, wait_in_headers};
use super::vectors::{EmbedRequest, Embeddings};
use super::{FailureClass, Mode, ModelError};
use crate::chat::{ChatRequest, ModelEvent};
use crate::framing::Framing;

/// What goes to the provider: a path below its base URL and a JSON body. The key is added by the transport.
#[derive(Clone, Debug, PartialEq)]
pub struct WireRequest {
    /// Path and query, without a leading slash.
    pub path: String,
    /// The body.
    pub body: Value,
}

/// A protocol as pure functions: no clock, no socket, no key.
pub trait Wire: Send + Sync + Debug {
    /// The word for people and for the list of providers.
    fn kind(&self) -> &'static str;

    /// The header that carries the key, and what stands before the key in it.
    fn key_header(&self) -> (&'static str, &'static str);

    /// Headers that every request has besides the key.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// How a streamed answer is cut into events.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// The request for embeddings; none where the protocol has no such thing.
    fn encode_embeddings(&self, _request: &EmbedRequest) -> Option<WireRequest> {
        None
    }

    /// Reads embeddings.
    fn decode_embeddings(&self, _body: &[u8]) -> Result<Embeddings, ModelError> {
        Err(ModelError::protocol("it has no embeddings"))
    }

    /// The request that counts the tokens of another; none where the protocol has no such thing.
    fn encode_count(&self, _request: &ChatRequest) -> Option<WireRequest> {
        None
    }

    /// Reads a count of tokens.
    fn decode_count(&self, _body: &[u8]) -> Result<u64, ModelError> {
        Err(ModelError::protocol("it counts nothing"))
    }

    /// The request on the wire.
    fn encode(&self, request: &ChatRequest, mode: Mode) -> WireRequest;

    /// Reads a whole answer. It always ends with `Finished` when it is `Ok`.
    fn decode(&self, body: &[u8]) -> Result<Vec<ModelEvent>, ModelError>;

    /// Reads a streamed answer.
    fn stream_decoder(&self) -> Box<dyn StreamDecoder>;
}

/// Turns the `data:` of events into what the model said.
pub trait StreamDecoder: Send {
    /// Reads one event's data and appends what it says to `out`.
    fn event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), ModelError>;

    /// The provider has ended the stream by its own sentinel: nothing that follows counts.
    fn is_done(&self) -> bool;

    /// The body has ended. Appends the last events, `Finished` among them only when the provider gave evidence of the end;
    /// otherwise appends nothing, and the collector calls it truncated.
    fn end(&mut self, out: &mut Vec<ModelEvent>);
}

/// The failure behind an answer that is no success, in any protocol.
pub(crate) fn failure(status: u16, headers: &dyn HeaderLookup, body: &[u8], now: Timestamp) -> ModelError {
    let document = serde_json::from_slice::<Value>(body).ok();
    let Some(error) = document.as_ref().and_then(ErrorBody::read) else {
        // A proxy's page, or nothing: only the status tells.
        let class = ErrorBody::default().class(status);
        let message = format!("the provider answered with status {status}");
        let error = ModelError { status: Some(status), ..ModelError::new(class, message) };
        return error.after(wait_in_headers(headers, now));
    };
    let in_details = wait_in_details(&error.details);
    let mut failure = error.into_error(status).after(in_details.or_else(|| wait_in_headers(headers, now)));
    if headers.get("x-should-retry").as_deref() == Some("false") && failure.class == FailureClass::RateLimited {
        failure.class = FailureClass::QuotaExhausted;
    }
    failure
}

/// The failure inside a body that began with success, when there is one.
pub(crate) fn in_band(document: &Value) -> Option<ModelError> {
    let error = ErrorBody::read(document)?;
    let wait = wait_in_details(&error.details);
    Some(error.into_error(200).after(wait))
}
