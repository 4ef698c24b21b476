use super::{Leftover, NdjsonDecoder, Overlong, SseDecoder};

/// How a protocol cuts a streamed answer into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events without names; events of a foreign name are skipped.
    Sse,
    /// Server-sent events whose name repeats the `type` of their data.
    NamedSse,
    /// One JSON document a line.
    Ndjson,
}

impl Framing {
    /// The content type that a stream must have.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Sse | Self::NamedSse => "text/event-stream",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// A decoder. `limit` is the most bytes of one event.
    pub fn decoder(self, limit: usize) -> Frames {
        match self {
            Self::Sse => Frames::Sse { decoder: SseDecoder::new(limit), named: false },
            Self::NamedSse => Frames::Sse { decoder: SseDecoder::new(limit), named: true },
            Self::Ndjson => Frames::Ndjson(NdjsonDecoder::new(limit)),
        }
    }
}

/// Cuts the bytes of a streamed answer into the data of its events.
#[derive(Debug)]
pub enum Frames {
    /// See [`SseDecoder`].
    Sse {
        /// Cuts.
        decoder: SseDecoder,
        /// Events of every name count.
        named: bool,
    },
    /// See [`NdjsonDecoder`].
    Ndjson(NdjsonDecoder),
}

impl Frames {
    /// Takes a chunk in and gives the data of the events that it completes.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<String>, Overlong> {
        match self {
            Self::Ndjson(decoder) => decoder.push(chunk),
            Self::Sse { decoder, named } => {
                // Events of a name that the protocol does not have are skipped, unless they say `error`.
                let ours = |name: Option<&str>| *named || name.is_none_or(|name| matches!(name, "message" | "error"));
                let events = decoder.push(chunk)?.into_iter().filter(|event| ours(event.event.as_deref()));
                Ok(events.map(|event| event.data).collect())
            }
        }
    }

    /// The body has ended: a last event that is whole all the same, and what is none.
    pub fn end(self) -> (Option<String>, Leftover) {
        match self {
            Self::Sse { decoder, .. } => (None, decoder.end()),
            Self::Ndjson(decoder) => {
                let last = decoder.end();
                let whole = last.as_ref().is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
                if whole { (last, Leftover::default()) } else { (None, Leftover { event: last, stray: String::new() }) }
            }
        }
    }
}
