use core_kernel::{Timestamp, typed_id};
use serde::{Deserialize, Serialize};

use super::{GenerationState, UsageSource};
use crate::catalogue::Cost;
use crate::chat::Usage;
use crate::error::Failure;

typed_id! {
    /// An attempt: one request to a provider. The first of a generation has the generation's own id.
    AttemptId
}

/// Why a provider was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptCause {
    /// It is the first request.
    #[default]
    First,
    /// The one before failed, and the same model may be asked again.
    Retried,
    /// The model before could not answer.
    FellBack,
    /// The model refused a parameter, which was left out.
    ParameterDropped,
    /// The answer before broke its schema.
    AskedAgain,
    /// The tools that the answer before called have run.
    ToolsRan,
}

impl AttemptCause {
    const ALL: [Self; 6] = [Self::First, Self::Retried, Self::FellBack, Self::ParameterDropped, Self::AskedAgain, Self::ToolsRan];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Retried => "retried",
            Self::FellBack => "fell_back",
            Self::ParameterDropped => "parameter_dropped",
            Self::AskedAgain => "asked_again",
            Self::ToolsRan => "tools_ran",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// One request to a provider and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The attempt before it.
    pub parent: Option<AttemptId>,
    /// Its place in the generation, from 1.
    pub number: i64,
    /// Why there is it.
    pub cause: AttemptCause,
    /// How far it has come.
    pub state: GenerationState,
    /// The provider that was asked.
    pub provider: String,
    /// The model that was asked.
    pub model: String,
    /// What arrived, where the generation's own text does not hold it: an answer that was asked for again.
    pub text: Option<String>,
    /// Why it ended; none after a failure.
    pub finish_reason: Option<String>,
    /// The provider's own word for it.
    pub finish_raw: Option<String>,
    /// Token counts of this attempt alone.
    pub usage: Usage,
    /// Where they come from.
    pub usage_source: UsageSource,
    /// What it costs, failed or not.
    pub cost: Cost,
    /// What went wrong.
    pub failure: Option<Failure>,
    /// The provider's id of the request, from its headers.
    pub request_id: Option<String>,
    /// The provider's id of the response.
    pub response_id: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}
