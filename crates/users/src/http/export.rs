use core_http::{LongWork, Problem, WorkStatus};
use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Export, ExportStatus, codes};

/// An archive that is ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportResult {
    /// Where the archive is fetched, with the same credentials.
    #[schema(example = "/api/v1/users/me/exports/01900000-0000-7000-8000-000000000001/archive")]
    url: String,
    /// Its size.
    bytes: u64,
    /// Until when it is there.
    expires_at: Option<Timestamp>,
}

/// Where the export is seen.
pub(crate) fn location(export: &Export) -> String {
    format!("/api/v1/users/me/exports/{}", export.id)
}

/// The export as long work.
pub(crate) fn work(export: Export) -> LongWork<ExportResult> {
    let (status, progress) = match export.status {
        ExportStatus::Queued => (WorkStatus::Queued, 0.0),
        ExportStatus::Running => (WorkStatus::Running, 0.5),
        ExportStatus::Succeeded => (WorkStatus::Succeeded, 1.0),
        ExportStatus::Failed => (WorkStatus::Failed, 1.0),
    };
    let url = format!("{}/archive", location(&export));
    let ready = export.status == ExportStatus::Succeeded;
    let result = ready.then(|| ExportResult { url, bytes: export.bytes.unwrap_or_default(), expires_at: export.expires_at });
    let failed = export.status == ExportStatus::Failed;
    let problem = failed.then(|| Problem::new(&codes::EXPORT_FAILED, codes::EXPORT_FAILED.advice).to_value());
    LongWork { id: export.id.get(), status, progress, result, problem }
}
