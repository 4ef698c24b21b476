use super::Overlong;
use super::lines::Lines;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event:` field.
    pub event: Option<String>,
    /// The `data:` fields, joined by line feeds.
    pub data: String,
}

/// What a stream left behind when it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftover {
    /// The data of an event that no blank line completed. The standard discards it; it may be an error in its last words.
    pub event: Option<String>,
    /// Lines that are no fields at all: some providers break into a stream with bare JSON.
    pub stray: String,
}

/// How much of what is no field is kept for the error message.
const STRAY_LIMIT: usize = 64 * 1024;

/// Decodes server-sent events from chunks cut anywhere.
#[derive(Debug)]
pub struct SseDecoder {
    lines: Lines,
    fields: Fields,
}

#[derive(Debug)]
struct Fields {
    event: Option<String>,
    data: Option<String>,
    stray: String,
    /// Before the first line a byte-order mark may stand.
    at_start: bool,
    limit: usize,
}

impl SseDecoder {
    /// `limit` is the most bytes of one line and of one event.
    pub fn new(limit: usize) -> Self {
        let fields = Fields { event: None, data: None, stray: String::new(), at_start: true, limit };
        Self { lines: Lines::new(limit, true), fields }
    }

    /// Takes a chunk in and gives the events that it completes. Comments and unknown fields are skipped.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, Overlong> {
        let mut events = Vec::new();
        let fields = &mut self.fields;
        self.lines.push(chunk, |line| {
            events.extend(fields.line(&String::from_utf8_lossy(line))?);
            Ok::<_, Overlong>(())
        })?;
        Ok(events)
    }

    /// The body has ended.
    pub fn end(mut self) -> Leftover {
        let last = self.lines.end();
        if !last.is_empty() {
            // An incomplete last line is worth reading for the same reason as an incomplete event.
            let _ = self.fields.line(&String::from_utf8_lossy(&last));
        }
        Leftover { event: self.fields.data, stray: self.fields.stray }
    }
}

impl Fields {
    fn line(&mut self, line: &str) -> Result<Option<SseEvent>, Overlong> {
        let line = if std::mem::take(&mut self.at_start) { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        if line.is_empty() {
            let event = self.event.take();
            return Ok(self.data.take().map(|data| SseEvent { event, data }));
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                let joined = match self.data.take() {
                    Some(mut data) => {
                        data.push('\n');
                        data.push_str(value);
                        data
                    }
                    None => value.to_owned(),
                };
                if joined.len() > self.limit {
                    return Err(Overlong { limit: self.limit });
                }
                self.data = Some(joined);
            }
            "event" => self.event = Some(value.to_owned()),
            "" | "id" | "retry" => {}
            _ => {
                if self.stray.len().saturating_add(line.len()) < STRAY_LIMIT {
                    self.stray.push_str(line);
                    self.stray.push('\n');
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The bytes cut at the given places.
    pub(in crate::framing) fn cut<'a>(body: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
        let mut places: Vec<usize> = cuts.iter().map(|at| (*at).min(body.len())).collect();
        places.extend([0, body.len()]);
        places.sort_unstable();
        places.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect()
    }

    fn decode(body: &[u8], cuts: &[usize]) -> (Vec<SseEvent>, Leftover) {
        let mut decoder = SseDecoder::new(1024);
        let mut events = Vec::new();
        for part in cut(body, cuts) {
            events.extend(decoder.push(part).unwrap());
        }
        (events, decoder.end())
    }

    fn data(text: &str) -> SseEvent {
        SseEvent { event: None, data: text.to_owned() }
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        let body = "\u{feff}: hello\nevent: add\ndata: one\ndata:  two\nid: 7\nretry: 3\n\ndata\n\ndata:x\nunknown: y\n\n\n\n";
        let (events, leftover) = decode(body.as_bytes(), &[]);
        let first = SseEvent { event: Some("add".into()), data: "one\n two".into() };
        assert_eq!(events, [first, data(""), data("x")]);
        assert_eq!(leftover.event, None);
    }

    #[test]
    fn an_event_without_its_blank_line_is_left_over() {
        let (events, leftover) = decode(b"data: 1\n\ndata: {\"error\":{}}\n", &[]);
        assert_eq!(events, [data("1")]);
        assert_eq!(leftover.event.as_deref(), Some("{\"error\":{}}"));
        assert_eq!(decode(b"data: 1", &[]).1.event.as_deref(), Some("1"));
    }

    #[test]
    fn bare_json_between_events_is_kept_apart() {
        let (events, leftover) = decode(b"data: 1\n\n{\n  \"error\": {\"code\": 503}\n}\n", &[]);
        assert_eq!(events, [data("1")]);
        assert_eq!(leftover.stray, "{\n  \"error\": {\"code\": 503}\n}\n");
    }

    #[test]
    fn a_line_or_event_over_the_limit_is_refused() {
        let mut decoder = SseDecoder::new(16);
        assert_eq!(decoder.push(b"data: 0123456789abcdef"), Err(Overlong { limit: 16 }));
        let mut decoder = SseDecoder::new(16);
        assert_eq!(decoder.push(b"data: 01234567\ndata: 89abcdef\n"), Err(Overlong { limit: 16 }));
    }

    proptest::proptest! {
        #[test]
        fn any_chunking_and_any_line_end_gives_the_same_events(
            cuts in proptest::collection::vec(0_usize..90, 0..20),
            end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let body = ["event: a", "data: Grüße", "data: 世界 🧱", "", ": ping", "", "data: {}", "", "data: [DONE]", "", ""].join(end);
            let (events, leftover) = decode(body.as_bytes(), &cuts);
            let first = SseEvent { event: Some("a".into()), data: "Grüße\n世界 🧱".into() };
            proptest::prop_assert_eq!(events, [first, data("{}"), data("[DONE]")]);
            proptest::prop_assert_eq!(leftover, Leftover::default());
        }

        #[test]
        fn no_bytes_make_it_panic(chunks in proptest::collection::vec(proptest::collection::vec(0_u8..=255, 0..40), 0..20)) {
            let mut decoder = SseDecoder::new(64);
            for chunk in &chunks {
                if decoder.push(chunk).is_err() {
                    return Ok(());
                }
            }
            decoder.end();
        }
    }
}
