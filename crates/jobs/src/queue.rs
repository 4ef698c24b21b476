use async_trait::async_trait;
use core_db::Db;
use core_jobs::{JobId, JobState, JobStatus, admin};
use core_kernel::{Actor, Page, PageRequest};

use crate::service::Queue;
use crate::{JobsError, permissions};

/// Administration over the tables of core-jobs.
#[derive(Clone, Debug)]
pub(crate) struct QueueService {
    pub(crate) db: Db,
}

#[async_trait]
impl Queue for QueueService {
    async fn list(&self, actor: &Actor, state: Option<JobState>, request: &PageRequest) -> Result<Page<JobStatus>, JobsError> {
        actor.require(&permissions::MANAGE)?;
        Ok(admin::list(&self.db, state, request).await?)
    }

    async fn get(&self, actor: &Actor, job: JobId) -> Result<JobStatus, JobsError> {
        actor.require(&permissions::MANAGE)?;
        Ok(admin::get(&self.db, job).await?)
    }

    async fn retry(&self, actor: &Actor, job: JobId) -> Result<JobStatus, JobsError> {
        actor.require(&permissions::MANAGE)?;
        let retried = match admin::retry(&self.db, job).await {
            // The unique key of the job has gone to a newer one.
            Err(error) if error.is_conflict() => false,
            other => other?,
        };
        let status = admin::get(&self.db, job).await?;
        if retried { Ok(status) } else { Err(JobsError::NotRetryable(status.state)) }
    }

    async fn cancel(&self, actor: &Actor, job: JobId) -> Result<JobStatus, JobsError> {
        actor.require(&permissions::MANAGE)?;
        let cancelled = admin::cancel(&self.db, job).await?;
        let status = admin::get(&self.db, job).await?;
        if cancelled { Ok(status) } else { Err(JobsError::NotCancellable(status.state)) }
    }
}
