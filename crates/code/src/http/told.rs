use actix_web::{HttpRequest, HttpResponse, Responder};
use core_http::{Problem, SseEvent, SseSender, StreamClosed, Streams};
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Citation, CodeError, Redaction, Step, Steps, Told};

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

/// What a stream of an account has.
pub(super) const STREAM: &str = "`start`; for a long source a `part` `{number,of,lines}` and any number of `note` `{part,text}` for each part; \
    any number of `delta` `{text}` as the model writes; then `done` with the whole answer, or `error`";

/// Steps that wait for a slow reader.
const WAITING: usize = 32;

/// The same as an event stream, as it is written.
pub(super) fn streamed<V, W, Fut>(streams: &Streams, request: &HttpRequest, work: W, view: fn(Told) -> V) -> HttpResponse
where
    V: Serialize + Send + 'static,
    W: FnOnce(Steps) -> Fut,
    Fut: Future<Output = Result<Told, CodeError>> + Send + 'static,
{
    let (steps, arriving) = mpsc::channel(WAITING);
    let work = work(steps);
    let answer = streams.start(move |sender| async move {
        // Closed: the reader left.
        let _left = follow(sender, arriving, work, view).await;
    });
    answer.respond_to(request)
}

async fn follow<V: Serialize>(
    mut sender: SseSender,
    mut arriving: mpsc::Receiver<Step>,
    work: impl Future<Output = Result<Told, CodeError>>,
    view: fn(Told) -> V,
) -> Result<(), StreamClosed> {
    sender.send(SseEvent::new("start", &json!({}))).await?;
    let stopped = sender.stopped();
    tokio::pin!(work, stopped);
    let mut spoken = false;
    let told = loop {
        tokio::select! {
            biased;
            Some(step) = arriving.recv() => {
                spoken |= matches!(step, Step::Text(_));
                sender.send(event(step)).await?;
            }
            told = &mut work => break told,
            // Whoever left does not want it any more, and the model need not go on.
            () = &mut stopped => return Ok(()),
        }
    };
    while let Ok(step) = arriving.try_recv() {
        spoken |= matches!(step, Step::Text(_));
        sender.send(event(step)).await?;
    }
    let told = match told {
        Ok(told) => told,
        Err(error) => return sender.finish(SseEvent::error(&Problem::from(error), spoken)).await,
    };
    if !spoken {
        // No model wrote it.
        for line in told.text.split_inclusive('\n') {
            sender.send(event(Step::Text(line.to_owned()))).await?;
        }
    }
    sender.finish(SseEvent::new("done", &view(told))).await
}

fn event(step: Step) -> SseEvent {
    match step {
        Step::Part { number, of, lines } => SseEvent::new("part", &json!({"number": number, "of": of, "lines": lines})),
        Step::Note { part, text } => SseEvent::new("note", &json!({"part": part, "text": text})),
        Step::Text(text) => SseEvent::new("delta", &json!({ "text": text })),
    }
}
