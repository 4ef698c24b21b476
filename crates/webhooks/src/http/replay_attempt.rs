use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use super::view::MessageView;
use crate::{AttemptId, Attempts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/attempts/{id}/replay", handle)
        .id("replay_webhook_attempt")
        .summary("Send a message again")
        .describe("The same bytes with the same `webhook-id`, signed anew, from the start of the schedule of tries.")
        .requires(&permissions::WRITE)
        .answers::<MessageView>(202, "The message, which is sent in a moment")
        .problems(&[&codes::ENDPOINT_DISABLED])
}

async fn handle(caller: Caller, attempts: web::Data<dyn Attempts>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    let message = attempts.replay(&caller, AttemptId(id)).await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(MessageView::from(message)))
}
