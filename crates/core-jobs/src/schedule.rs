use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use core_db::{Db, DbError, Tx, unscoped};
use core_kernel::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::row::schedule as row;
use crate::{EnqueueOptions, Job, enqueue_with};

/// What to do about fires that were missed while no worker ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// Forget them.
    Skip,
    /// Fire once for all of them.
    Once,
}

type Enqueue =
    dyn for<'t> Fn(&'t Tx, EnqueueOptions) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + 't>> + Send + Sync;

/// A job that is queued at certain times, once across all replicas.
#[derive(Clone)]
pub struct Schedule {
    pub(crate) name: &'static str,
    pub(crate) cron: croner::Cron,
    pub(crate) catch_up: CatchUp,
    enqueue: Arc<Enqueue>,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule").field("name", &self.name).field("catch_up", &self.catch_up).finish_non_exhaustive()
    }
}

/// A cron expression that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{expression}` is not a cron expression")]
pub struct ScheduleError {
    expression: String,
    #[source]
    source: croner::errors::CronError,
}

impl Schedule {
    /// Queues what `job` gives at the times of `expression` (five fields, UTC).
    pub fn new<J: Job>(
        name: &'static str,
        expression: &str,
        catch_up: CatchUp,
        job: impl Fn() -> J + Send + Sync + 'static,
    ) -> Result<Self, ScheduleError> {
        let cron =
            croner::Cron::from_str(expression).map_err(|source| ScheduleError { expression: expression.to_owned(), source })?;
        let enqueue: Arc<Enqueue> = Arc::new(move |tx, options| {
            let job = job();
            Box::pin(async move { enqueue_with(tx, &job, options).await.map(drop) })
        });
        Ok(Self { name, cron, catch_up, enqueue })
    }

    /// The name of the schedule.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let from = chrono::DateTime::from_timestamp_millis(moment.millis())?;
        let next = self.cron.find_next_occurrence(&from, false).ok()?;
        Some(Timestamp::from_millis(next.timestamp_millis()))
    }

    /// Queues the job if it is due. The move of `next_at` and the queued job are one transaction with a condition on the old
    /// `next_at`, so that of any number of replicas one wins.
    pub(crate) async fn fire_if_due(&self, db: &Db) -> Result<bool, DbError> {
        let now = db.ambient().now();
        let select = unscoped::<row::Entity>("schedules belong to the server").by_id(self.name.to_owned());
        let Some(next) = self.next_after(now) else { return Ok(false) };
        let Some(found) = select.one(db.read()).await? else {
            self.remember(db, next).await?;
            return Ok(false);
        };
        let due = Timestamp::from_millis(found.next_at);
        // A shortened interval takes effect at once instead of after the old one ran out.
        if due > now && due <= next {
            return Ok(false);
        }
        let missed = due > now || (self.catch_up == CatchUp::Skip && self.next_after(due).is_some_and(|second| second <= now));
        db.write(|tx| async move {
            let moved = unscoped::<row::Entity>("schedules belong to the server")
                .update_many()
                .set(row::ActiveModel { next_at: Set(next.millis()), ..Default::default() })
                .filter(row::Column::Name.eq(self.name))
                .filter(row::Column::NextAt.eq(due.millis()))
                .exec(&tx)
                .await?;
            if moved.rows_affected == 0 || missed {
                return Ok(false);
            }
            let options = EnqueueOptions {
                unique_key: Some(format!("schedule:{}:{}", self.name, due.millis())),
                ..EnqueueOptions::default()
            };
            (self.enqueue)(&tx, options).await?;
            Ok(true)
        })
        .await
    }

    async fn remember(&self, db: &Db, next: Timestamp) -> Result<(), DbError> {
        db.write(|tx| async move {
            let model = row::ActiveModel { name: Set(self.name.to_owned()), next_at: Set(next.millis()) };
            let insert = row::Entity::insert(model).on_conflict_do_nothing();
            insert.exec_without_returning(&tx).await?;
            Ok(())
        })
        .await
    }
}
