use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_feature::{ExportError, ExportSink, Feature, HealthCheck};
use core_jobs::{EventType, Handler, Schedule, admin, erase_events_of, events_after};
use core_kernel::{Order, Owner, PageRequest, Permission, ProblemCode};

use crate::feed::FeedService;
use crate::health::{Backlog, DeadLetters};
use crate::queue::QueueService;
use crate::{Feed, JobsConfig, Queue, permissions, sweep};

/// What administration and the feed need.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: JobsConfig,
}

/// Administration of jobs and the event feed as a feature.
#[derive(Clone)]
pub struct Jobs {
    db: Db,
    config: JobsConfig,
    /// The queue.
    pub queue: Arc<dyn Queue>,
    /// The feed.
    pub feed: Arc<dyn Feed>,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Jobs {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let Deps { db, config } = deps;
        Self {
            queue: Arc::new(QueueService { db: db.clone() }),
            feed: Arc::new(FeedService::new(db.clone(), config.clone())),
            db,
            config,
        }
    }
}

#[async_trait]
impl Feature for Jobs {
    fn name(&self) -> &'static str {
        "jobs"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        vec![&permissions::MANAGE, &permissions::EVENTS_READ]
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        crate::codes::ALL.to_vec()
    }

    fn jobs(&self) -> Vec<Handler> {
        vec![sweep::handler(self.config.clone())]
    }

    fn events(&self) -> Vec<EventType> {
        vec![EventType {
            name: core_jobs::JOB_DEAD,
            version: 1,
            summary: "A job gave up; an administrator can retry it.",
            example: || core_jobs::dead_data("mail.send", 12),
        }]
    }

    fn schedules(&self) -> Vec<Schedule> {
        sweep::schedule().into_iter().collect()
    }

    fn health_checks(&self) -> Vec<Arc<dyn HealthCheck>> {
        let patience = Duration::from_secs(self.config.backlog_seconds);
        vec![Arc::new(DeadLetters(self.db.clone())), Arc::new(Backlog { db: self.db.clone(), patience })]
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        let mut place = 0;
        loop {
            let events = events_after(&self.db, place, &[owner], 100).await?;
            let Some(last) = events.last().and_then(|event| event.sequence) else { break };
            place = last;
            for event in events {
                let row = serde_json::json!({
                    "id": event.id, "type": event.r#type, "occurred_at": event.occurred_at, "subject_id": event.subject,
                    "data": event.data,
                });
                sink.row("events", row).await?;
            }
        }
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
        loop {
            let page = admin::list_of(&self.db, owner, &request).await?;
            for job in page.items {
                let row = serde_json::json!({
                    "id": job.id, "name": job.name, "state": job.state, "created_at": job.created_at,
                    "finished_at": job.finished_at,
                });
                sink.row("jobs", row).await?;
            }
            let Some(next) = page.next else { return Ok(()) };
            request.after = Some(next);
        }
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        erase_events_of(&self.db, owner).await?;
        admin::erase_of(&self.db, owner).await.map(drop)
    }
}
