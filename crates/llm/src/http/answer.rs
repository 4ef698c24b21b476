use std::sync::Arc;

use actix_web::HttpResponseBuilder;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use core_http::{IdempotencyKey, Problem};
use core_kernel::Actor;
use futures_util::stream::BoxStream;
use uuid::Uuid;

use crate::error::{Failure, LlmError, codes};
use crate::live::{Outcome, Viewer};
use crate::model::{GenerationId, PositionedEvent};
use crate::service::{Delivery, Generations, Repeated};
use crate::store::generations::Repeat;

const GENERATION_ID: HeaderName = HeaderName::from_static("brickwork-generation-id");
const COST_MICROS: HeaderName = HeaderName::from_static("brickwork-cost-micros");
const OVERHEAD_MS: HeaderName = HeaderName::from_static("brickwork-overhead-ms");

/// The headers that every answer of a model carries. A stream's cost is known with its `usage` event; its header says what is
/// spent when it begins.
pub(super) struct LlmHeaders {
    pub(super) generation: Uuid,
    pub(super) cost_micros: i64,
    pub(super) overhead_ms: i64,
}

impl LlmHeaders {
    fn list(&self) -> [(HeaderName, String); 3] {
        [
            (GENERATION_ID, self.generation.to_string()),
            (COST_MICROS, self.cost_micros.to_string()),
            (OVERHEAD_MS, self.overhead_ms.to_string()),
        ]
    }

    pub(super) fn respond(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponseBuilder::new(status);
        for (name, value) in self.list() {
            response.insert_header((name, value));
        }
        response
    }

    pub(super) fn on(&self, mut problem: Problem) -> Problem {
        for (name, value) in self.list() {
            if let Ok(value) = HeaderValue::from_str(&value) {
                problem = problem.with_header(name, value);
            }
        }
        problem
    }
}

/// The end of a generation, or the problem that stands for it.
pub(super) async fn whole(viewer: Viewer) -> Result<(Arc<Outcome>, LlmHeaders), Problem> {
    let generation = viewer.generation();
    let Some(outcome) = viewer.outcome().await else {
        return Err(Problem::from(LlmError::Plain(&codes::INTERRUPTED)).with_extension("generation_id", generation.to_string()));
    };
    let settled = &outcome.settlement;
    let headers = LlmHeaders { generation: generation.get(), cost_micros: settled.cost.micros, overhead_ms: settled.overhead_ms };
    match &settled.failure {
        None => Ok((outcome, headers)),
        Some(failure) => Err(headers.on(failed(&outcome, failure))),
    }
}

fn failed(outcome: &Outcome, failure: &Failure) -> Problem {
    let mut problem = Problem::from(failure.clone()).with_extension("generation_id", outcome.generation.to_string());
    let messages = [("user_message_id", &outcome.user_message), ("assistant_message_id", &outcome.assistant_message)];
    for (name, message) in messages {
        if let Some(message) = message {
            problem = problem.with_extension(name, message.id.to_string());
        }
    }
    problem
}

/// What makes a repeated streamed request known.
pub(super) fn repeat(key: Option<IdempotencyKey>) -> Option<Repeat> {
    key.map(|key| Repeat { key: format!("{}\n{}", key.scope, key.key), fingerprint: hexadecimal(&key.fingerprint) })
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    let (high, low) = bytes.split_at(16);
    let number = |half: &[u8]| half.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    format!("{:032x}{:032x}", number(high), number(low))
}

/// An id as it stands in a path.
pub(super) fn generation_id(id: core_http::Path<Uuid>) -> GenerationId {
    GenerationId(id.into_inner())
}

/// The events of the generation that an earlier request with the same `Idempotency-Key` began.
pub(super) async fn earlier(
    generations: &dyn Generations,
    caller: &Actor,
    delivery: &Delivery,
) -> Result<Option<(GenerationId, BoxStream<'static, PositionedEvent>)>, Problem> {
    let Some(repeat) = &delivery.repeat else { return Ok(None) };
    match generations.repeated(caller, repeat).await? {
        Repeated::First => Ok(None),
        Repeated::Same(id) => Ok(Some((id, generations.attach(caller, id, None).await?))),
        Repeated::Other => {
            Err(Problem::new(&core_http::codes::IDEMPOTENCY_KEY_REUSED, "The key came with another body or query before."))
        }
    }
}
