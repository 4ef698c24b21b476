#![doc = include_str!("../README.md")]

mod backoff;
mod dispatch;
mod enqueue;
mod event;
mod handler;
mod job;
mod ledger;
mod queue;
mod row;
mod runner;
mod schedule;
mod worker;

pub mod admin;

pub use backoff::Backoff;
pub use dispatch::FEED_SIGNAL;
pub use enqueue::{EnqueueOptions, enqueue, enqueue_with};
pub use event::{
    Event, EventType, NewEvent, Subscription, erase_events_of, events_after, newest_sequence, owners_after, publish, sweep_events,
};
pub use handler::{Handler, JobContext, JobFailure, Registry, RegistryError};
pub use job::{Job, JobId, JobState, JobStatus};
pub use ledger::ledger;
pub use queue::{Claimed, JOB_DEAD, JobQueue, TableQueue, dead_data};
pub use runner::{Runner, RunnerConfig};
pub use schedule::{CatchUp, Schedule, ScheduleError};
