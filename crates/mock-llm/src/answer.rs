use serde_json::Value;

/// What a model says, in no provider's words. A [`Dialect`](crate::Dialect) puts it on the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The pieces in the order they arrive; each is one event of a stream.
    pub pieces: Vec<Piece>,
    /// Why the model stopped.
    pub finish: Finish,
    /// The token counts that are reported; none: no usage at all.
    pub usage: Option<UsageNumbers>,
    /// Usage comes with the last event only, even where the provider repeats it on every event.
    pub usage_in_tail_only: bool,
}

/// One piece of an answer.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text of the answer.
    Text(String),
    /// Thinking, shown apart from the answer.
    Reasoning(String),
    /// A whole tool call. Neighbours are parallel calls; protocols that send fragments interleave them.
    Tool {
        /// The call's id, where the protocol has ids.
        id: String,
        /// The function's name.
        name: String,
        /// Its arguments, an object.
        arguments: Value,
    },
}

/// Why the model stopped, in no provider's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was done.
    Stop,
    /// The token limit was reached.
    Length,
    /// It wants tools to be called.
    ToolCalls,
    /// A filter cut the answer.
    Filtered,
    /// A filter refused the prompt, before any answer.
    PromptBlocked,
    /// A word that no client knows.
    Unknown,
    /// None is given, although the protocol requires one.
    Absent,
}

/// Token counts as the mock bills them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageNumbers {
    /// Tokens of the prompt, the cached ones included.
    pub input: u64,
    /// Of those, read from a cache.
    pub cached: u64,
    /// Tokens of the answer without thinking.
    pub output: u64,
    /// Tokens of thinking.
    pub reasoning: u64,
}

impl UsageNumbers {
    /// What an ordinary answer takes, reported or not.
    pub const ORDINARY: Self = Self { input: 12, cached: 4, output: 7, reasoning: 0 };
    /// What has been served of it when it is cut after its first text.
    pub const CUT: Self = Self { output: 2, ..Self::ORDINARY };

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cached: self.cached + other.cached,
            output: self.output + other.output,
            reasoning: self.reasoning + other.reasoning,
        }
    }
}

impl Answer {
    /// Text pieces that end with `stop` and report usage.
    pub fn text<const N: usize>(pieces: [&str; N]) -> Self {
        Self {
            pieces: pieces.into_iter().map(|text| Piece::Text(text.to_owned())).collect(),
            finish: Finish::Stop,
            usage: Some(UsageNumbers::ORDINARY),
            usage_in_tail_only: false,
        }
    }

    /// The same answer with another finish.
    #[must_use]
    pub fn finishing(mut self, finish: Finish) -> Self {
        self.finish = finish;
        self
    }

    /// All text pieces joined.
    pub fn joined_text(&self) -> String {
        self.pieces.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None }).collect()
    }

    /// All thinking joined.
    pub fn joined_reasoning(&self) -> String {
        self.pieces
            .iter()
            .filter_map(|piece| if let Piece::Reasoning(text) = piece { Some(text.as_str()) } else { None })
            .collect()
    }

    /// The tool calls as `(id, name, arguments)`.
    pub fn tools(&self) -> Vec<(&str, &str, &Value)> {
        self.pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Tool { id, name, arguments } => Some((id.as_str(), name.as_str(), arguments)),
                Piece::Text(_) | Piece::Reasoning(_) => None,
            })
            .collect()
    }
}
