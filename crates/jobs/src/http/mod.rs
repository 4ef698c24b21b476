//! The operations of the queue and the feed, one file each.

mod body;
mod cancel_job;
mod follow_events;
mod get_job;
mod list_jobs;
mod retry_job;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Jobs;

impl Routes for Jobs {
    fn mounts(&self) -> Vec<Mount> {
        vec![
            Mount::api(
                "jobs",
                vec![list_jobs::operation(), get_job::operation(), retry_job::operation(), cancel_job::operation()],
            ),
            Mount::api("events", vec![follow_events::operation()]),
        ]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.queue.clone())).app_data(web::Data::from(self.feed.clone()));
    }
}
