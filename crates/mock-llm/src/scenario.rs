use serde_json::json;

use crate::{Answer, Dialect, Fault, Finish, Frame, Gate, Hint, Piece, Protocol, Recorded, Script, Step, UsageNumbers};

/// What a provider does, good and bad. Each exists in every protocol, unary and streamed as the request asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Text, then the end, with usage.
    Ok,
    /// A stream in writes of one byte.
    OneByteWrites,
    /// Lines end with CR and LF.
    CarriageReturnLineFeed,
    /// Lines end with CR alone.
    CarriageReturn,
    /// Comments between events.
    Comments,
    /// Characters of several bytes, split between writes.
    SplitCharacters,
    /// Usage with the last event only.
    UsageInTail,
    /// No usage at all.
    NoUsage,
    /// Two tool calls, their fragments interleaved where the protocol has fragments.
    ToolCalls,
    /// Thinking, then text.
    Thinking,
    /// An answer without text that ends normally.
    Empty,
    /// The prompt is refused.
    PromptBlocked,
    /// The answer is cut by a filter.
    AnswerBlocked,
    /// The token limit ends the answer.
    MaxTokens,
    /// The same fault every time.
    Always(Fault),
    /// The fault once, then [`Scenario::Ok`].
    Once(Fault),
    /// Status 200, then an error before any text.
    ErrorBeforeText,
    /// Status 200, text, then an error.
    ErrorAfterText,
    /// The body ends after text, correctly for HTTP, without the protocol's terminal evidence.
    EndWithoutEvidence,
    /// The connection is reset in the middle of a line, after text. A stream waits at the gate first: a reset discards what the
    /// client has not read yet.
    ResetMidLine,
    /// Nothing at all is sent until the gate opens, then [`Scenario::Ok`].
    StallBeforeFirstByte,
    /// The first piece of text is sent, the rest when the gate opens.
    StallMidStream,
    /// An HTML page with the given status.
    Html(u16),
    /// One event of 10 MiB.
    HugeEvent,
    /// An event of an unknown type and an unknown reason to finish.
    UnknownWords,
    /// The stream ends correctly but no reason to finish was ever given.
    NoFinishReason,
    /// Structured output: valid JSON.
    Json,
    /// Structured output inside a code fence.
    JsonFenced,
    /// Structured output that the token limit cut.
    JsonTruncated,
    /// Structured output with a number where a text is asked for.
    JsonWrongType,
    /// 400 while the request has a temperature, [`Scenario::Ok`] when it has none.
    RefusesTemperature,
}

impl Scenario {
    /// The text of [`Scenario::Ok`] and of all that differ from it only in form.
    pub const TEXT: &'static str = "Hello, world!";
    /// The text before everything that breaks off.
    pub const PARTIAL: &'static str = "Hello";
    /// The text of [`Scenario::SplitCharacters`]: two, three and four bytes a character.
    pub const WIDE_TEXT: &'static str = "Grüße, 世界 🧱!";

    /// What the model says in this scenario.
    pub fn answer(self) -> Answer {
        match self {
            Self::SplitCharacters => Answer::text(["Grüße, ", "世界 ", "🧱!"]),
            Self::UsageInTail => Answer { usage_in_tail_only: true, ..hello() },
            Self::NoUsage => Answer { usage: None, ..hello() },
            Self::ToolCalls => tool_calls(),
            Self::Thinking => {
                let mut answer = hello();
                answer.pieces.insert(0, Piece::Reasoning("The user greets me. ".to_owned()));
                answer.usage = Some(UsageNumbers { reasoning: 5, ..UsageNumbers::ORDINARY });
                answer
            }
            Self::Empty => Answer { pieces: Vec::new(), ..hello() },
            Self::PromptBlocked => Answer { pieces: Vec::new(), ..hello() }.finishing(Finish::PromptBlocked),
            Self::AnswerBlocked => Answer::text([Self::PARTIAL]).finishing(Finish::Filtered),
            Self::MaxTokens => Answer::text([Self::PARTIAL]).finishing(Finish::Length),
            Self::UnknownWords => hello().finishing(Finish::Unknown),
            Self::NoFinishReason => hello().finishing(Finish::Absent),
            Self::Json => Answer::text(["{\"name\":", "\"Ada\"}"]),
            Self::JsonFenced => Answer::text(["```json\n{\"name\":", "\"Ada\"}\n```"]),
            Self::JsonWrongType => Answer::text(["{\"name\":", "7}"]),
            Self::JsonTruncated => Answer::text(["{\"name\":", "\"A"]).finishing(Finish::Length),
            Self::HugeEvent => {
                let mut answer = hello();
                answer.pieces = vec![Piece::Text("x".repeat(10 * 1024 * 1024))];
                answer
            }
            _ => hello(),
        }
    }

    /// The script for the attempt number `attempt` (from 0) at `request`.
    pub fn script(self, protocol: Protocol, request: &Recorded, attempt: usize, gate: &Gate) -> Script {
        let dialect = protocol.dialect();
        match self {
            Self::Always(fault) => return dialect.fault(fault),
            Self::Once(fault) if attempt == 0 => return dialect.fault(fault),
            Self::RefusesTemperature if request.body.pointer(dialect.temperature_pointer()).is_some() => {
                return dialect.fault(Fault::UnsupportedParameter);
            }
            Self::Html(status) => {
                return Script::body(status, "text/html", "<!doctype html><title>Bad gateway</title><h1>Oh no</h1>");
            }
            _ => {}
        }
        if let Some(script) = dialect.aside(request) {
            return script;
        }
        let streams = request.wants_stream();
        let script = if streams { self.streamed(dialect, gate) } else { self.unary(dialect, gate) };
        let script = script.with_header("x-request-id", format!("req_mock_{attempt}"));
        let script = self.billed(script, streams);
        if self == Self::StallBeforeFirstByte { script.after(Step::Wait(gate.clone())) } else { script }
    }

    /// With its price: an answer that is made as a whole is charged as a whole.
    fn billed(self, script: Script, streams: bool) -> Script {
        let whole = self.answer().usage.unwrap_or(UsageNumbers::ORDINARY);
        let cut = if streams { UsageNumbers::CUT } else { whole };
        match self {
            Self::ErrorBeforeText => script,
            Self::ErrorAfterText if !streams => script,
            Self::ErrorAfterText | Self::EndWithoutEvidence => script.billed(cut, cut),
            _ => script.billed(whole, cut),
        }
    }

    fn unary(self, dialect: &dyn Dialect, gate: &Gate) -> Script {
        let body = dialect.unary(&self.answer()).to_string().into_bytes();
        let half = body.len() / 2;
        let (first, rest) = body.split_at(half);
        let mut script = Script::json(200, &json!({}));
        script.body = match self {
            Self::OneByteWrites => vec![Step::SendBytewise(body)],
            Self::SplitCharacters => body.iter().map(|byte| Step::Send(vec![*byte])).collect(),
            Self::ErrorBeforeText | Self::ErrorAfterText => {
                vec![Step::Send(dialect.in_band_body().into_bytes())]
            }
            Self::EndWithoutEvidence => vec![Step::Send(first.to_vec())],
            Self::ResetMidLine => vec![Step::Send(first.to_vec()), Step::Reset],
            Self::StallMidStream => {
                vec![Step::Send(first.to_vec()), Step::Wait(gate.clone()), Step::Send(rest.to_vec())]
            }
            _ => vec![Step::Send(body)],
        };
        script
    }

    fn streamed(self, dialect: &dyn Dialect, gate: &Gate) -> Script {
        let frames = dialect.frames(&self.answer());
        let write = |frame: &Frame, end: &str| Step::Send(frame.text(end).into_bytes());
        let plain = || frames.iter().map(|frame| write(frame, "\n"));
        // The beginning: everything up to and including the first text.
        let opening = frames.iter().position(|frame| frame.data.contains(Self::PARTIAL)).map_or(0, |at| at + 1);
        let begin = || plain().take(opening);
        let joined = |end: &str| frames.iter().map(|frame| frame.text(end)).collect::<String>().into_bytes();
        let script = Script::events(match self {
            Self::OneByteWrites => vec![Step::SendBytewise(joined("\n"))],
            Self::CarriageReturnLineFeed => frames.iter().map(|frame| write(frame, "\r\n")).collect(),
            Self::CarriageReturn => frames.iter().map(|frame| write(frame, "\r")).collect(),
            Self::Comments => {
                let bare = frames.iter().any(|frame| frame.bare);
                let comment = || Step::Send(if bare { b"\n".to_vec() } else { b": keepalive 12/400\n\n".to_vec() });
                let between = plain().flat_map(|step| [step, comment()]);
                std::iter::once(comment()).chain(between).collect()
            }
            // 3 divides no character of 2 or 4 bytes evenly, so characters of every width are cut somewhere.
            Self::SplitCharacters => joined("\n").chunks(3).map(|chunk| Step::Send(chunk.to_vec())).collect(),
            Self::ErrorBeforeText => vec![write(&dialect.in_band_error(), "\n")],
            Self::ErrorAfterText => begin().chain([write(&dialect.in_band_error(), "\n")]).collect(),
            Self::EndWithoutEvidence => begin().collect(),
            Self::ResetMidLine => {
                let torn: &[u8] = if frames.iter().any(|frame| frame.bare) { b"{\"cand" } else { b"data: {\"cand" };
                let torn = Step::Send(torn.to_vec());
                begin().chain([torn, Step::Wait(gate.clone()), Step::Reset]).collect()
            }
            Self::StallMidStream => begin().chain([Step::Wait(gate.clone())]).chain(plain().skip(opening)).collect(),
            Self::UnknownWords => {
                let unknown = write(&dialect.unknown_event(), "\n");
                std::iter::once(unknown).chain(plain()).collect()
            }
            _ => plain().collect(),
        });
        script.of_type(dialect.content_type())
    }

    /// Every scenario whose stream is made of whole events: what the chaos suite cuts at every byte.
    pub const CUTTABLE: [Self; 27] = [
        Self::Ok,
        Self::OneByteWrites,
        Self::CarriageReturnLineFeed,
        Self::CarriageReturn,
        Self::Comments,
        Self::SplitCharacters,
        Self::UsageInTail,
        Self::NoUsage,
        Self::ToolCalls,
        Self::Thinking,
        Self::Empty,
        Self::PromptBlocked,
        Self::AnswerBlocked,
        Self::MaxTokens,
        Self::ErrorBeforeText,
        Self::ErrorAfterText,
        Self::EndWithoutEvidence,
        Self::ResetMidLine,
        Self::StallBeforeFirstByte,
        Self::StallMidStream,
        Self::Html(200),
        Self::UnknownWords,
        Self::NoFinishReason,
        Self::Json,
        Self::JsonFenced,
        Self::JsonTruncated,
        Self::JsonWrongType,
    ];

    /// Everything that ends well: the same text, whatever the form.
    pub const FORMS: [Self; 9] = [
        Self::Ok,
        Self::OneByteWrites,
        Self::CarriageReturnLineFeed,
        Self::CarriageReturn,
        Self::Comments,
        Self::UsageInTail,
        Self::NoUsage,
        Self::Once(Fault::Unavailable),
        Self::Once(Fault::RateLimited(Hint::None)),
    ];
}

fn hello() -> Answer {
    Answer::text(["Hello", ", ", "world!"])
}

fn tool_calls() -> Answer {
    let tool = |id: &str, city: &str| Piece::Tool {
        id: id.to_owned(),
        name: "weather".to_owned(),
        arguments: json!({ "city": city, "days": 2 }),
    };
    let pieces = vec![Piece::Text("Let me look. ".to_owned()), tool("call_1", "Oslo"), tool("call_2", "Zürich")];
    Answer { pieces, ..hello() }.finishing(Finish::ToolCalls)
}
