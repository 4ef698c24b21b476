use async_trait::async_trait;
use core_jobs::{JobId, JobState, JobStatus};
use core_kernel::{Actor, Page, PageRequest};

use crate::JobsError;
use crate::feed::{EventTypes, Follower};

/// The queue, for administrators.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Jobs of everybody, in one state or in any.
    async fn list(&self, actor: &Actor, state: Option<JobState>, request: &PageRequest) -> Result<Page<JobStatus>, JobsError>;
    /// One job.
    async fn get(&self, actor: &Actor, job: JobId) -> Result<JobStatus, JobsError>;
    /// Gives a dead or cancelled job another round of tries.
    async fn retry(&self, actor: &Actor, job: JobId) -> Result<JobStatus, JobsError>;
    /// Calls a job off: one that waits ends at once, one that runs at its worker's next sign of life.
    async fn cancel(&self, actor: &Actor, job: JobId) -> Result<JobStatus, JobsError>;
}

/// What happens in the caller's spaces.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Follows the events of the spaces that the caller may see: after the place `from`, or from now on.
    async fn follow(&self, actor: &Actor, types: EventTypes, from: Option<i64>) -> Result<Follower, JobsError>;
}
