use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_jobs::{Event, FEED_SIGNAL, events_after, newest_sequence};
use core_kernel::{Actor, ActorKind, FieldError, Owner, UserId};
use tokio::time::Instant;

use crate::service::Feed;
use crate::tail::Tail;
use crate::{JobsConfig, JobsError, permissions};

/// How many events are read at once.
const BATCH: u64 = 100;

/// How many types a filter may name.
const MAX_TYPES: usize = 20;

/// Which types of events somebody wants to hear of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTypes(Option<Vec<String>>);

impl EventTypes {
    /// All of them.
    pub fn all() -> Self {
        Self(None)
    }

    /// Reads `user.created,media.ready`: at most 20 names of at most 64 lower-case letters, digits, `_` and `.`. A name that
    /// nobody publishes is no error, since features come and go.
    pub fn parse(text: &str) -> Result<Self, JobsError> {
        let types: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let is_name = |name: &String| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte))
        };
        if types.len() > MAX_TYPES || !types.iter().all(is_name) {
            let rule = format!("at most {MAX_TYPES} types such as media.ready, with commas between them");
            return Err(JobsError::Invalid(FieldError::new("/types", "invalid_types", rule)));
        }
        Ok(Self(Some(types)))
    }

    fn take(&self, event: &Event) -> bool {
        self.0.as_ref().is_none_or(|types| types.contains(&event.r#type))
    }
}

/// Feeds over the outbox of core-jobs.
#[derive(Clone, Debug)]
pub(crate) struct FeedService {
    db: Db,
    config: JobsConfig,
    tail: Arc<Tail>,
}

impl FeedService {
    pub(crate) fn new(db: Db, config: JobsConfig) -> Self {
        Self { tail: Arc::new(Tail::new(db.clone())), db, config }
    }
}

#[async_trait]
impl Feed for FeedService {
    async fn follow(&self, actor: &Actor, types: EventTypes, from: Option<i64>) -> Result<Follower, JobsError> {
        actor.require(&permissions::EVENTS_READ)?;
        let newest = newest_sequence(&self.db).await?;
        // A place beyond the newest comes from another database: nothing would ever come after it.
        let at = from.map_or(newest, |from| from.clamp(0, newest));
        Ok(Follower {
            db: self.db.clone(),
            tail: Arc::clone(&self.tail),
            subject: actor.subject,
            personal: actor.personal_space(),
            owners: spaces(actor),
            types,
            at,
            poll: self.config.feed_poll(),
            life: self.config.feed_life(),
        })
    }
}

/// The space acted for, and the person's own. An organisation's key acts for the organisation alone.
fn spaces(actor: &Actor) -> Vec<Owner> {
    let personal = actor.personal_space();
    let organisations_key = matches!(actor.kind, ActorKind::ApiKey { .. }) && actor.owner != personal;
    if organisations_key || actor.owner == personal { vec![actor.owner] } else { vec![actor.owner, personal] }
}

/// One caller's place in the events of their spaces.
#[derive(Debug)]
pub struct Follower {
    db: Db,
    tail: Arc<Tail>,
    subject: UserId,
    personal: Owner,
    owners: Vec<Owner>,
    types: EventTypes,
    at: i64,
    poll: Duration,
    life: Duration,
}

impl Follower {
    /// After which event the follower stands: what a client sends back as `Last-Event-ID`.
    pub fn place(&self) -> i64 {
        self.at
    }

    /// How long the follower may be used before the caller's rights are to be looked at again.
    pub fn life(&self) -> Duration {
        self.life
    }

    /// Waits for events and gives them in their order. It may be dropped while it waits: nothing is lost. While the database is
    /// away it goes on waiting.
    pub async fn next(&mut self) -> Vec<Event> {
        let signal = self.db.signal(FEED_SIGNAL);
        let mut since = Instant::now();
        loop {
            // Taken before reading, so that an event that comes in between wakes.
            let woken = signal.notified();
            match self.read(since).await {
                Ok(events) if events.is_empty() => {}
                Ok(events) => return events,
                Err(error) => tracing::debug!(%error, "a feed can't read its events; it goes on polling"),
            }
            since = tokio::select! {
                () = woken => signal.last_wake(),
                // What another feed has seen since about the middle of the wait will do.
                () = tokio::time::sleep(self.poll) => Instant::now().checked_sub(self.poll / 2).unwrap_or(since),
            };
        }
    }

    /// The next events that the caller may see, by what was there at `since` or later; none when there are none.
    async fn read(&mut self, since: Instant) -> Result<Vec<Event>, DbError> {
        loop {
            let look = self.tail.look(self.at, &self.owners, since).await?;
            let events = if look.concerned { events_after(&self.db, self.at, &self.owners, BATCH).await? } else { Vec::new() };
            let Some(last) = events.iter().filter_map(|event| event.sequence).max() else {
                self.at = self.at.max(look.newest);
                return Ok(Vec::new());
            };
            self.at = self.at.max(last);
            let seen: Vec<Event> = events.into_iter().filter(|event| self.sees(event)).collect();
            if !seen.is_empty() {
                return Ok(seen);
            }
        }
    }

    /// In an organisation an event is everybody's only when it says so; else it is its creator's, like the row it tells of.
    fn sees(&self, event: &Event) -> bool {
        let mine = event.owner == self.personal || event.is_shared() || event.is_created_by(self.subject);
        mine && self.types.take(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_list_of_names() {
        let types = EventTypes::parse("user.created, media.ready").unwrap();
        assert_eq!(types, EventTypes(Some(vec!["user.created".to_owned(), "media.ready".to_owned()])));
        for text in ["", ",", "User.Created", "a b", "a,", &"x".repeat(65), &["a"; 21].join(",")] {
            assert!(EventTypes::parse(text).is_err(), "{text:?}");
        }
    }
}
