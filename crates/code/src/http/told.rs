use actix_web::{HttpRequest, HttpResponse, Responder};
use core_http::{Problem, SseEvent, Streams};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Citation, CodeError, Redaction, Told};

/// What an account rests on.
#[derive(Serialize, ToSchema)]
pub(super) struct Grounds {
    /// Who wrote it; `offline`: this server, from the structure of the source.
    #[schema(example = "offline")]
    provider: String,
    model: Option<String>,
    /// The places it speaks of; each was checked to be there.
    citations: Vec<Citation>,
    /// Places that the model named and that are not there.
    unverified: Vec<String>,
    /// Secrets that were taken out before the source was sent.
    redactions: Vec<Redaction>,
    /// In so many parts the source was sent; 0: to no model.
    parts: usize,
    /// In the ledger of `/llm/generations`.
    generation_ids: Vec<Uuid>,
}

/// The account's text and its grounds.
pub(super) fn apart(told: Told) -> (String, Grounds) {
    let grounds = Grounds {
        provider: told.provider,
        model: told.model,
        citations: told.citations,
        unverified: told.unverified,
        redactions: told.redactions,
        parts: told.parts,
        generation_ids: told.generations,
    };
    (told.text, grounds)
}

/// The same as an event stream: `start`, the text in pieces, then `done` with the whole answer, or `error`.
pub(super) fn streamed<V, Fut>(streams: &Streams, request: &HttpRequest, work: Fut, view: fn(Told) -> V) -> HttpResponse
where
    V: Serialize + Send + 'static,
    Fut: Future<Output = Result<Told, CodeError>> + Send + 'static,
{
    let answer = streams.start(move |mut sender| async move {
        if sender.send(SseEvent::new("start", &json!({}))).await.is_err() {
            return;
        }
        let stopped = sender.stopped();
        let told = tokio::select! {
            told = work => told,
            // Whoever left does not want it any more, and the model need not go on.
            () = stopped => return,
        };
        let last = match told {
            Ok(told) => {
                for line in told.text.split_inclusive('\n') {
                    if sender.send(SseEvent::new("delta", &json!({ "text": line }))).await.is_err() {
                        return;
                    }
                }
                SseEvent::new("done", &view(told))
            }
            Err(error) => SseEvent::error(&Problem::from(error), false),
        };
        let _left = sender.finish(last).await;
    });
    answer.respond_to(request)
}
