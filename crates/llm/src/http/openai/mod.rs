//! `/openai/v1`: what unmodified OpenAI client libraries call. Their rules win here: their names, their events, their errors.

mod chat_completions;
mod chat_stream;
mod embeddings;
mod errors;
mod get_model;
mod list_models;
mod messages;
mod responses;
mod responses_items;
mod responses_stream;

use std::time::Duration;

use core_http::{Mount, Operation};

/// The most bytes of a body.
const MAX_BODY: usize = 20 * 1024 * 1024;

/// The operations.
pub(super) fn mount(patience: Duration) -> Mount {
    let operations = vec![
        list_models::operation(),
        get_model::operation(),
        chat_completions::operation().timeout(patience),
        responses::operation().timeout(patience),
        embeddings::operation().timeout(patience),
    ];
    let foreign = |operation: Operation| operation.foreign_errors().error_body::<errors::ErrorBody>().max_body_bytes(MAX_BODY);
    Mount::root("/openai/v1", operations.into_iter().map(foreign).collect())
}

/// A moment as these clients want it: seconds since 1970, from the time inside of an id.
fn created(id: uuid::Uuid) -> u64 {
    id.get_timestamp().map_or(0, |time| time.to_unix().0)
}
