use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::LlmHeaders;
use crate::{Completions, Summarize, SummaryKind, SummaryStyle, codes, permissions};

/// A text to be summarised.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SummarizeRequest {
    text: String,
    /// 1 to 50.
    #[schema(default = 3)]
    #[serde(default = "three")]
    max_sentences: u32,
    #[serde(default)]
    style: SummaryStyle,
}

const fn three() -> u32 {
    3
}

/// A summary.
#[derive(Serialize, ToSchema)]
#[schema(as = Summary)]
struct SummaryView {
    summary: String,
    kind: SummaryKind,
    /// `offline`: no model was asked, or none answered.
    provider: String,
    generation_id: Uuid,
}

pub(super) fn operation() -> Operation {
    Operation::post("/summarize", handle)
        .id("summarize")
        .summary("Summarise a text")
        .describe(
            "With a provider the summary is in a model's words (`abstractive`). Without one, or when it gives no answer, it is in \
             the text's own sentences (`extractive`, `provider: offline`).",
        )
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<SummarizeRequest>()
        .answers::<SummaryView>(200, "The summary")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    completions: web::Data<dyn Completions>,
    Json(body): Json<SummarizeRequest>,
) -> Result<HttpResponse, Problem> {
    let max_sentences = usize::try_from(body.max_sentences).unwrap_or(usize::MAX);
    let found = completions.summarize(&caller, Summarize { text: body.text, max_sentences, style: body.style }).await?;
    let generation_id = found.generation.get();
    let headers = LlmHeaders { generation: generation_id, cost_micros: found.cost_micros, overhead_ms: found.overhead_ms };
    let view = SummaryView { summary: found.summary, kind: found.kind, provider: found.provider, generation_id };
    Ok(headers.respond(StatusCode::OK).json(view))
}
