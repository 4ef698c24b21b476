use actix_web::web;
use core_http::{Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ChangeState, Decision, EmailChanges, codes};

/// What the holder of one of the two addresses says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmRequest {
    /// What follows `#token=` in the link.
    token: Secret,
    #[serde(default)]
    decision: DecisionWord,
}

/// Yes or no.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DecisionWord {
    #[default]
    Approve,
    Cancel,
}

/// How far the change has come.
#[derive(Serialize, ToSchema)]
struct EmailChangeBody {
    /// `waiting`: the other address has to confirm too; `changed`; `cancelled`.
    #[schema(example = "waiting")]
    status: &'static str,
}

pub(super) fn operation() -> Operation {
    Operation::post("/email/change/confirm", handle)
        .id("confirm_email_change")
        .summary("Confirm a change of address, or call it off")
        .describe("Both addresses get a link of their own. Once both have confirmed, the account has the new address, and every session but the one that asked ends.")
        .public()
        .limit(LimitClass::Login)
        .body::<ConfirmRequest>()
        .answers::<EmailChangeBody>(200, "How far the change has come")
        .problems(&[&codes::INVALID_CODE, &codes::SUSPENDED])
}

async fn handle(
    changes: web::Data<dyn EmailChanges>,
    Json(request): Json<ConfirmRequest>,
) -> Result<Json<EmailChangeBody>, Problem> {
    let decision = match request.decision {
        DecisionWord::Approve => Decision::Approve,
        DecisionWord::Cancel => Decision::Cancel,
    };
    let status = match changes.decide(&request.token, decision).await? {
        ChangeState::Waiting => "waiting",
        ChangeState::Changed => "changed",
        ChangeState::Cancelled => "cancelled",
    };
    Ok(Json(EmailChangeBody { status }))
}
