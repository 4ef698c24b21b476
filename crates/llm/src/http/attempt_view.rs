use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::{FailureView, UsageView};
use crate::{Attempt, AttemptCause, AttemptId, GenerationState};

/// One request to a provider.
#[derive(Serialize, ToSchema)]
#[schema(as = GenerationAttempt)]
pub(super) struct AttemptView {
    id: Uuid,
    /// The attempt before it.
    parent_id: Option<Uuid>,
    /// Its place, from 1.
    number: i64,
    cause: AttemptCause,
    state: GenerationState,
    provider: String,
    model: String,
    /// What arrived, where the generation's own text does not hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    finish_reason: Option<String>,
    /// Of this attempt alone, failed or not.
    usage: UsageView,
    /// The row of the price table.
    price: Option<String>,
    /// What went wrong.
    problem: Option<FailureView>,
    /// The provider's id of the request.
    request_id: Option<String>,
    /// The provider's id of the response.
    response_id: Option<String>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl From<Attempt> for AttemptView {
    fn from(made: Attempt) -> Self {
        Self {
            id: made.id.get(),
            parent_id: made.parent.map(AttemptId::get),
            number: made.number,
            cause: made.cause,
            state: made.state,
            provider: made.provider,
            model: made.model,
            text: made.text,
            finish_reason: made.finish_reason,
            usage: UsageView {
                input_tokens: made.usage.input,
                output_tokens: made.usage.output,
                source: made.usage_source,
                cost_micros: made.cost.micros,
                currency: "USD".to_owned(),
            },
            price: made.cost.row,
            problem: made.failure.map(FailureView::from),
            request_id: made.request_id,
            response_id: made.response_id,
            created_at: made.created_at,
            finished_at: made.finished_at,
        }
    }
}
