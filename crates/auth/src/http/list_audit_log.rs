use actix_web::web;
use core_db::AuditRow;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::{Order, Owner, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{AuditLog, AuditScope, permissions};

/// Whose events.
#[derive(Deserialize, IntoParams)]
struct AuditLogQuery {
    /// Everybody's, for administrators.
    #[serde(default)]
    all: bool,
}

/// A security event.
#[derive(Serialize, ToSchema)]
struct AuditEventBody {
    id: Uuid,
    created_at: Timestamp,
    #[schema(example = "auth.login")]
    action: String,
    /// `success`, `failure` or `denied`.
    outcome: String,
    /// Whom it is about; none once that person was erased, and none where an address without an account was tried.
    user_id: Option<Uuid>,
    org_id: Option<Uuid>,
    #[schema(value_type = Object)]
    details: serde_json::Value,
}

pub(super) fn operation() -> Operation {
    Operation::get("/audit-log", handle)
        .id("list_audit_log")
        .summary("Security events: the caller's own, or the organisation's that they act for")
        .requires(&permissions::AUDIT_READ)
        .query::<AuditLogQuery>()
        .paged(Order::Desc)
        .answers::<PageResponse<AuditEventBody>>(200, "A page of events")
}

async fn handle(
    caller: Caller,
    log: web::Data<dyn AuditLog>,
    Query(query): Query<AuditLogQuery>,
    page: PageQuery,
) -> Result<PageResponse<AuditEventBody>, Problem> {
    let scope = if query.all { AuditScope::All } else { AuditScope::Own };
    let found = log.events(&caller, scope, &page).await?;
    Ok(page.answer(found).map(AuditEventBody::from))
}

impl From<AuditRow> for AuditEventBody {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            created_at: row.at,
            action: row.action,
            outcome: row.outcome,
            user_id: row.subject.map(UserId::get).filter(|user| !user.is_nil()),
            org_id: row.org.map(Owner::get),
            details: row.details,
        }
    }
}
