use core_jobs::{EnqueueOptions, JobId, JobState};
use core_kernel::{DomainError, PageRequest};
use jobs::JobsError;
use uuid::Uuid;

use crate::world::{ADA, fresh};

core_testing::on_every_engine! {
    setup = fresh;

    async fn jobs_are_listed_by_state(world) {
        let admin = world.administrator();
        world.enqueue(true, EnqueueOptions::default()).await;
        let dead = world.enqueue(false, EnqueueOptions { owner: Some(ADA.into()), ..EnqueueOptions::default() }).await;
        world.work().await;
        let all = world.jobs.queue.list(&admin, None, &PageRequest::default()).await.unwrap();
        assert_eq!(all.items.len(), 2);
        let found = world.jobs.queue.list(&admin, Some(JobState::Dead), &PageRequest::default()).await.unwrap();
        assert_eq!(found.items.iter().map(|job| job.id).collect::<Vec<_>>(), [dead]);
        let job = world.jobs.queue.get(&admin, dead).await.unwrap();
        assert_eq!((job.owner, job.last_error.as_deref()), (Some(ADA.into()), Some("the kettle is broken")));
    }

    async fn only_administrators_see_and_touch_jobs(world) {
        let ada = world.person(ADA);
        let job = world.enqueue(true, EnqueueOptions::default()).await;
        let queue = &world.jobs.queue;
        assert!(matches!(queue.list(&ada, None, &PageRequest::default()).await.unwrap_err(), JobsError::Denied(_)));
        assert!(matches!(queue.get(&ada, job).await.unwrap_err(), JobsError::Denied(_)));
        assert!(matches!(queue.retry(&ada, job).await.unwrap_err(), JobsError::Denied(_)));
        assert!(matches!(queue.cancel(&ada, job).await.unwrap_err(), JobsError::Denied(_)));
    }

    async fn a_dead_job_gets_another_round(world) {
        let admin = world.administrator();
        let job = world.enqueue(false, EnqueueOptions::default()).await;
        world.work().await;
        let retried = world.jobs.queue.retry(&admin, job).await.unwrap();
        assert_eq!((retried.state, retried.attempt), (JobState::Ready, 0));
        world.work().await;
        assert_eq!(world.jobs.queue.get(&admin, job).await.unwrap().state, JobState::Dead);
    }

    async fn a_job_that_waits_or_is_done_is_not_retried(world) {
        let admin = world.administrator();
        let job = world.enqueue(true, EnqueueOptions::default()).await;
        let refused = world.jobs.queue.retry(&admin, job).await.unwrap_err();
        assert_eq!((refused.code().code, refused.detail().as_str()), ("jobs.not_retryable", "The job is ready."));
        world.work().await;
        assert!(matches!(world.jobs.queue.retry(&admin, job).await.unwrap_err(), JobsError::NotRetryable(JobState::Done)));
    }

    async fn a_dead_job_whose_work_is_queued_anew_is_not_retried(world) {
        let admin = world.administrator();
        let only_one = EnqueueOptions { unique_key: Some("pot".to_owned()), ..EnqueueOptions::default() };
        let first = world.enqueue(false, only_one.clone()).await;
        world.work().await;
        world.enqueue(true, only_one).await;
        assert!(matches!(world.jobs.queue.retry(&admin, first).await.unwrap_err(), JobsError::NotRetryable(JobState::Dead)));
    }

    async fn a_waiting_job_is_called_off_once(world) {
        let admin = world.administrator();
        let job = world.enqueue(true, EnqueueOptions::default()).await;
        assert_eq!(world.jobs.queue.cancel(&admin, job).await.unwrap().state, JobState::Cancelled);
        let again = world.jobs.queue.cancel(&admin, job).await.unwrap_err();
        assert_eq!(again.code().code, "jobs.not_cancellable");
        world.work().await;
        assert_eq!(world.jobs.queue.get(&admin, job).await.unwrap().state, JobState::Cancelled);
    }

    async fn a_job_that_is_not_there_is_not_found(world) {
        let admin = world.administrator();
        let nowhere = JobId(Uuid::from_u128(404));
        for refused in [
            world.jobs.queue.get(&admin, nowhere).await.unwrap_err(),
            world.jobs.queue.retry(&admin, nowhere).await.unwrap_err(),
            world.jobs.queue.cancel(&admin, nowhere).await.unwrap_err(),
        ] {
            assert_eq!(refused.code().code, "request.not_found");
        }
    }
}
