use core_http::{LongWork, Problem, WorkStatus};
use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::codes;
use crate::{Analysis, AnalysisStatus, Kind, Report};

/// An analysis: long work with what is known about it.
#[derive(Serialize, ToSchema)]
#[schema(as = VisionAnalysis)]
pub(super) struct AnalysisView {
    #[serde(flatten)]
    work: LongWork<Report>,
    kind: Kind,
    /// What a general analysis was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    /// Photos that were sent; they are removed when the work ends.
    photos: usize,
    /// The text that the person agreed to, and when.
    consent: ConsentView,
    created_at: Timestamp,
    /// When it is removed.
    expires_at: Timestamp,
}

/// Consent.
#[derive(Serialize, ToSchema)]
#[schema(as = VisionConsent)]
struct ConsentView {
    /// Which text.
    version: String,
    at: Timestamp,
}

/// Where an analysis is seen.
pub(super) fn location(analysis: &Analysis) -> String {
    format!("/api/v1/vision/analyses/{}", analysis.id)
}

/// The analysis as long work.
pub(super) fn work(analysis: &Analysis) -> LongWork<Report> {
    let status = match analysis.status {
        AnalysisStatus::Queued => WorkStatus::Queued,
        AnalysisStatus::Running => WorkStatus::Running,
        AnalysisStatus::Succeeded => WorkStatus::Succeeded,
        AnalysisStatus::Failed => WorkStatus::Failed,
    };
    let percent = f64::from(i32::try_from(analysis.progress).unwrap_or(0));
    let problem = analysis.problem.as_ref().map(|(code, detail)| Problem::new(codes::named(code), detail.clone()).to_value());
    LongWork { id: analysis.id.get(), status, progress: percent / 100.0, result: analysis.report.clone(), problem }
}

impl AnalysisView {
    pub(super) fn is_final(&self) -> bool {
        self.work.status.is_final()
    }
}

impl From<Analysis> for AnalysisView {
    fn from(analysis: Analysis) -> Self {
        Self {
            work: work(&analysis),
            kind: analysis.kind,
            prompt: analysis.wish.prompt.clone(),
            photos: analysis.wish.photos.len(),
            consent: ConsentView { version: analysis.consent.clone(), at: analysis.created_at },
            created_at: analysis.created_at,
            expires_at: analysis.expires_at,
        }
    }
}
