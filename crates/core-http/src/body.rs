use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Sleep};

use crate::large_bodies::BodyPlace;
use crate::{Problem, codes};

/// How many bytes buy a slow body one second more.
const BYTES_PER_SECOND: u64 = 64 * 1024;

/// True when the request announces a body.
pub(crate) fn is_announced(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING) || announced_length(headers).is_some_and(|length| length > 0)
}

pub(crate) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// How long a body of this length may take in all.
pub(crate) fn allowance(base: Duration, length: u64) -> Duration {
    base + Duration::from_secs(length / BYTES_PER_SECOND)
}

/// The same body, refused as soon as it is over `limit` bytes or slower than `base` and one second per 64 KiB received. The clock
/// runs only while the server waits for the client, so a busy handler costs its client nothing. The place is free when the body has ended.
pub(crate) fn limited(payload: Payload, limit: usize, base: Duration, place: Option<BodyPlace>) -> Payload {
    let stream = Limited { inner: payload, left: limit, received: 0, base, waited: Duration::ZERO, wait: None, place };
    Payload::Stream { payload: Box::pin(stream) }
}

struct Limited {
    inner: Payload,
    left: usize,
    received: u64,
    base: Duration,
    waited: Duration,
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
    place: Option<BodyPlace>,
}

impl Stream for Limited {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                if let Some((since, _)) = this.wait.take() {
                    this.waited += since.elapsed();
                }
                this.received += chunk.len() as u64;
                Poll::Ready(Some(match this.left.checked_sub(chunk.len()) {
                    Some(left) => {
                        this.left = left;
                        Ok(chunk)
                    }
                    None => Err(PayloadError::Overflow),
                }))
            }
            Poll::Ready(end) => {
                this.place = None;
                Poll::Ready(end)
            }
            Poll::Pending => {
                let left = allowance(this.base, this.received).saturating_sub(this.waited);
                let (_, sleep) = this.wait.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
                let late = || PayloadError::Io(std::io::Error::from(std::io::ErrorKind::TimedOut));
                sleep.as_mut().poll(cx).map(|()| Some(Err(late())))
            }
        }
    }
}

/// The whole body.
pub(crate) async fn read(mut payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|error| problem(&error))?;
    let Some(second) = payload.next().await else { return within(first, limit) };
    let mut whole = BytesMut::with_capacity(first.len() * 4);
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        whole.extend_from_slice(&chunk.map_err(|error| problem(&error))?);
        if whole.len() > limit {
            return Err(too_large(limit));
        }
        next = payload.next().await;
    }
    within(whole.freeze(), limit)
}

fn within(bytes: Bytes, limit: usize) -> Result<Bytes, Problem> {
    if bytes.len() > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(&codes::BODY_TOO_LARGE, format!("The body may have {limit} bytes here."))
}

/// What a broken body is answered with.
pub(crate) fn problem(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::new(&codes::BODY_TOO_LARGE, "The body is larger than this operation takes."),
        PayloadError::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => {
            Problem::new(&codes::TIMEOUT, "The body came too slowly.")
        }
        _ => Problem::new(&codes::MALFORMED, "The body ended early or is not encoded as the headers say."),
    }
}
