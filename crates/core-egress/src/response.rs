use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::EgressError;
use crate::request::Caps;

/// The head of an answer, and its body still to come.
pub struct Response {
    answer: reqwest::Response,
    caps: Caps,
    received: usize,
}

impl Response {
    pub(crate) fn new(answer: reqwest::Response, caps: Caps) -> Self {
        Self { answer, caps, received: 0 }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.answer.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// A header as text; none when it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The whole body, up to the cap.
    pub async fn bytes_capped(mut self) -> Result<Bytes, EgressError> {
        self.refuse_announced()?;
        let mut body = BytesMut::new();
        while let Some(piece) = self.next_piece().await? {
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// The whole body, up to the cap, as JSON. The error names the place, not the value.
    pub async fn json_capped<T: DeserializeOwned>(self) -> Result<T, EgressError> {
        let body = self.bytes_capped().await?;
        serde_json::from_slice(&body).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            EgressError::Json(format!("{} error at {place}", category(&error)))
        })
    }

    /// The beginning of the body, `bytes` at most, as text for an error message or log. Whatever goes wrong ends it.
    pub async fn snippet(mut self, bytes: usize) -> String {
        let mut body = BytesMut::new();
        while body.len() < bytes
            && let Ok(Some(piece)) = self.next_piece().await
        {
            body.extend_from_slice(&piece);
        }
        body.truncate(bytes);
        String::from_utf8_lossy(&body).trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned()
    }

    /// The body piece by piece as it comes. An error is the last item. Dropping the stream closes the connection.
    pub fn chunks(self) -> impl Stream<Item = Result<Bytes, EgressError>> + Send + 'static {
        stream::unfold(Some(self), |state| async move {
            let mut answer = state?;
            match answer.next_piece().await {
                Ok(Some(piece)) => Some((Ok(piece), Some(answer))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    fn refuse_announced(&self) -> Result<(), EgressError> {
        let limit = self.caps.body_bytes;
        let announced =
            self.answer.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit));
        if announced { Err(EgressError::TooLarge { limit }) } else { Ok(()) }
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, EgressError> {
        let Caps { connect, total, idle, body_bytes: limit } = self.caps;
        let piece = tokio::time::timeout(idle, self.answer.chunk())
            .await
            .map_err(|_elapsed| EgressError::Timeout { phase: "idle", limit: idle })?
            .map_err(|error| EgressError::of(error, connect, total))?;
        if let Some(piece) = &piece {
            self.received = self.received.saturating_add(piece.len());
            if self.received > limit {
                return Err(EgressError::TooLarge { limit });
            }
        }
        Ok(piece)
    }
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io => "reading",
        serde_json::error::Category::Syntax => "syntax",
        serde_json::error::Category::Data => "shape",
        serde_json::error::Category::Eof => "end",
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status()).finish_non_exhaustive()
    }
}
