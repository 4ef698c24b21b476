use core_jobs::{JobState, JobStatus};
use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a job stands.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JobStateBody {
    /// Waits for its time or for a free worker.
    Ready,
    /// A worker has it.
    Running,
    /// Succeeded.
    Done,
    /// Gave up.
    Dead,
    /// Called off.
    Cancelled,
}

impl From<JobState> for JobStateBody {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Ready => Self::Ready,
            JobState::Running => Self::Running,
            JobState::Done => Self::Done,
            JobState::Dead => Self::Dead,
            JobState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<JobStateBody> for JobState {
    fn from(state: JobStateBody) -> Self {
        match state {
            JobStateBody::Ready => Self::Ready,
            JobStateBody::Running => Self::Running,
            JobStateBody::Done => Self::Done,
            JobStateBody::Dead => Self::Dead,
            JobStateBody::Cancelled => Self::Cancelled,
        }
    }
}

/// A job; what it works on is not shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobBody {
    id: Uuid,
    /// `feature.verb_noun`.
    #[schema(example = "users.erase_person")]
    name: String,
    queue: String,
    state: JobStateBody,
    /// Tries so far.
    attempt: i32,
    /// After this many it is dead.
    max_attempts: i32,
    /// Higher runs first.
    priority: i32,
    /// The space that it runs for.
    owner_id: Option<Uuid>,
    /// When it may run next.
    run_at: Timestamp,
    /// What the last failed try said.
    last_error: Option<String>,
    /// What the job reports of itself.
    #[schema(value_type = Option<Object>)]
    progress: Option<serde_json::Value>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl From<JobStatus> for JobBody {
    fn from(job: JobStatus) -> Self {
        Self {
            id: job.id.get(),
            name: job.name,
            queue: job.queue,
            state: job.state.into(),
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            priority: job.priority,
            owner_id: job.owner.map(core_kernel::Owner::get),
            run_at: job.run_at,
            last_error: job.last_error,
            progress: job.progress,
            created_at: job.created_at,
            finished_at: job.finished_at,
        }
    }
}
