use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What becomes of an answer when its last viewer has left before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Leaving {
    /// The provider is hung up on; what arrived is kept. `abort`.
    Abort,
    /// It is finished and stored. `drain`.
    Drain,
    /// The same for so many seconds, in which somebody may come back; then as [`Self::Abort`]. The number alone.
    DrainFor(u64),
}

/// The longest wait that makes a difference, in seconds.
const LONGEST: u64 = 24 * 3600;

impl Leaving {
    /// How long is waited for somebody to come back; none: for ever.
    pub(crate) const fn patience(self) -> Option<Duration> {
        match self {
            Self::Abort => Some(Duration::ZERO),
            Self::Drain => None,
            Self::DrainFor(seconds) => Some(Duration::from_secs(seconds)),
        }
    }
}

impl FromStr for Leaving {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = || text.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds)).map(Self::DrainFor);
        match text {
            "abort" => Ok(Self::Abort),
            "drain" => Ok(Self::Drain),
            _ => seconds().ok_or_else(|| format!("`{text}` is none of `abort`, `drain`, or seconds from 1 to {LONGEST}")),
        }
    }
}

impl TryFrom<String> for Leaving {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Leaving> for String {
    fn from(leaving: Leaving) -> Self {
        match leaving {
            Leaving::Abort => "abort".to_owned(),
            Leaving::Drain => "drain".to_owned(),
            Leaving::DrainFor(seconds) => seconds.to_string(),
        }
    }
}

/// When nobody watches any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeavingConfig {
    /// Of a prompt or a chat, whose answer only its viewers get: `abort`, `drain`, or seconds to wait for somebody to come back.
    pub prompts: Leaving,
    /// Of an answer in a conversation, which is there to be read later: the same. Who watches at another replica does not count here.
    pub conversations: Leaving,
}

impl Default for LeavingConfig {
    fn default() -> Self {
        Self { prompts: Leaving::Abort, conversations: Leaving::Drain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_setting_are_read_and_written_alike_and_others_are_refused() {
        for text in ["abort", "drain", "30"] {
            assert_eq!(String::from(text.parse::<Leaving>().unwrap()), text);
        }
        for text in ["", "0", "-1", "30s", "Drain", "86401"] {
            assert!(text.parse::<Leaving>().is_err(), "{text}");
        }
    }
}
