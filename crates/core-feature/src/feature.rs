use std::sync::Arc;

use async_trait::async_trait;
use core_db::{DbError, Ledger};
use core_jobs::{EventType, Handler, Schedule, Subscription};
use core_kernel::{Owner, Permission, ProblemCode, UserId};

use crate::{ExportError, ExportSink, HealthCheck, Template, Tool};

/// A feature crate, as the server sees it. Everything but the name has a default, so that a feature says what it has.
#[async_trait]
pub trait Feature: Send + Sync + 'static {
    /// One lower-case word; the prefix of its permissions, jobs, templates and problem codes.
    fn name(&self) -> &'static str;

    /// The rights that its operations ask for.
    fn permissions(&self) -> Vec<&'static Permission> {
        Vec::new()
    }

    /// The problems that it answers, for the catalogue.
    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        Vec::new()
    }

    /// Its tables.
    fn ledger(&self) -> Ledger {
        Ledger { name: self.name(), migrations: Vec::new() }
    }

    /// Handlers of its jobs.
    fn jobs(&self) -> Vec<Handler> {
        Vec::new()
    }

    /// Jobs that run at certain times.
    fn schedules(&self) -> Vec<Schedule> {
        Vec::new()
    }

    /// Events that it publishes.
    fn events(&self) -> Vec<EventType> {
        Vec::new()
    }

    /// Events that it listens to.
    fn subscriptions(&self) -> Vec<Subscription> {
        Vec::new()
    }

    /// Checks for readiness.
    fn health_checks(&self) -> Vec<Arc<dyn HealthCheck>> {
        Vec::new()
    }

    /// Prompt templates that it hands in.
    fn templates(&self) -> Vec<Template> {
        Vec::new()
    }

    /// Tools for language models over its facades.
    fn tools(&self) -> Vec<Tool> {
        Vec::new()
    }

    /// Writes everything that it holds for a space into `sink`.
    async fn export(&self, _owner: Owner, _sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        Ok(())
    }

    /// Removes everything that it holds for a space. Safe to repeat.
    async fn erase(&self, _owner: Owner) -> Result<(), DbError> {
        Ok(())
    }

    /// Removes what a person left in spaces of organisations. Safe to repeat.
    async fn forget_member(&self, _user: UserId) -> Result<(), DbError> {
        Ok(())
    }
}
