use std::sync::Arc;
use std::time::Duration;

use core_db::{Db, DbError, Tx};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, NewEvent, enqueue_with, publish};
use core_kernel::{Rng, UserId};
use core_mail::{MailRequest, Recipient, mail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::courier::Courier;
use crate::model::{Attempt, DisabledReason, Endpoint, EndpointId, EndpointStatus, Exchange, Message, MessageId, MessageState};
use crate::store::{attempts, endpoints, messages};
use crate::{Stewards, WebhooksConfig, WebhooksError};

/// The waits before the second try, the third and so on, as Standard Webhooks proposes them: 75 hours in all.
pub(crate) const SCHEDULE: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// The most people who are told that deliveries have stopped.
const MOST_MAILS: usize = 20;
/// The type of the event that an endpoint was disabled by the server.
pub(crate) const DISABLED: &str = "webhook.endpoint_disabled";

/// Delivers a message. It ends well when the schedule ends, whatever the endpoint says: a dead receiver is no dead job.
#[derive(Serialize, Deserialize)]
struct Deliver {
    message: MessageId,
    round: i32,
}

impl Job for Deliver {
    const NAME: &'static str = "webhooks.deliver";
    /// More than the schedule has, since a lost worker counts as a try of the job and not of the message.
    const MAX_ATTEMPTS: i32 = 40;
    const QUEUE: &'static str = "webhooks";
}

/// Queues the round of a message that begins now.
pub(crate) async fn enqueue(tx: &Tx, message: &Message) -> Result<(), DbError> {
    let options = EnqueueOptions {
        unique_key: Some(format!("{}:{}", message.id, message.round)),
        owner: Some(message.owner),
        // Receivers may be slow: what the server itself waits for goes first.
        priority: -1,
        ..EnqueueOptions::default()
    };
    enqueue_with(tx, &Deliver { message: message.id, round: message.round }, options).await.map(drop)
}

/// Works off deliveries.
#[derive(Clone)]
pub(crate) struct Deliverer {
    pub(crate) db: Db,
    pub(crate) config: WebhooksConfig,
    pub(crate) courier: Courier,
    pub(crate) stewards: Arc<dyn Stewards>,
}

/// What follows from a try.
struct Verdict {
    state: MessageState,
    retry: Option<Duration>,
    disable: Option<DisabledReason>,
    told: Vec<UserId>,
}

impl Deliverer {
    pub(crate) fn handler(&self) -> Handler {
        let deliverer = self.clone();
        Handler::new::<Deliver, _, _>(move |_, job| {
            let deliverer = deliverer.clone();
            async move {
                match deliverer.deliver(&job).await.map_err(JobFailure::retry)? {
                    None => Ok(()),
                    Some((wait, why)) => Err(JobFailure::retry_after(wait, why)),
                }
            }
        })
    }

    /// One try, where there is one to make. `Some`: the next one is after that long, and why.
    async fn deliver(&self, job: &Deliver) -> Result<Option<(Duration, String)>, WebhooksError> {
        let connection = self.db.read();
        let Some(message) = messages::find_of_anybody(connection, job.message).await? else { return Ok(None) };
        if message.round != job.round || message.state != MessageState::Pending {
            return Ok(None);
        }
        let Some(endpoint) = endpoints::find_of_anybody(connection, message.endpoint).await? else { return Ok(None) };
        let message = &message;
        if endpoint.status != EndpointStatus::Enabled {
            let cancelled = self.db.write(|tx| async move { messages::cancel(&tx, message).await }).await;
            return Ok(cancelled.map(|_| None)?);
        }
        let exchange = self.courier.carry(&endpoint, message).await?;
        let verdict = self.judge(&endpoint, message, &exchange).await?;
        let (endpoint, verdict, exchange) = (&endpoint, &verdict, &exchange);
        self.db.write(|tx| async move { self.record(&tx, endpoint, message, exchange, verdict).await }).await?;
        Ok(verdict.retry.map(|wait| (wait, word(exchange))))
    }

    async fn judge(&self, endpoint: &Endpoint, message: &Message, exchange: &Exchange) -> Result<Verdict, WebhooksError> {
        if exchange.succeeded() {
            return Ok(Verdict { state: MessageState::Delivered, retry: None, disable: None, told: Vec::new() });
        }
        let now = self.db.ambient().now();
        let too_long = endpoint.failing_since.is_some_and(|since| now.since(since) >= self.config.patience());
        let disable = match exchange.status {
            Some(410) => Some(DisabledReason::Gone),
            _ if too_long => Some(DisabledReason::Failing),
            _ => None,
        };
        let wait = wait_after(message.tries + 1, exchange.retry_after, self.db.ambient().rng.as_ref());
        let retry = wait.filter(|_| disable.is_none());
        let state = if retry.is_some() { MessageState::Pending } else { MessageState::Failed };
        let told = if disable.is_some() { self.stewards.of(endpoint.owner).await? } else { Vec::new() };
        Ok(Verdict { state, retry, disable, told })
    }

    async fn record(
        &self,
        tx: &Tx,
        endpoint: &Endpoint,
        message: &Message,
        exchange: &Exchange,
        verdict: &Verdict,
    ) -> Result<(), DbError> {
        // The space was erased, or another round has begun: what was sent was sent, and there is nothing to write about it.
        if !messages::tried(tx, message, verdict.state).await? {
            return Ok(());
        }
        let ambient = tx.ambient();
        let mut attempt = Attempt::of(message, ambient, exchange.clone());
        attempt.number = message.tries + 1;
        attempt.retry_at = verdict.retry.map(|wait| ambient.now().plus(wait));
        attempts::insert(tx, &attempt).await?;
        if exchange.succeeded() {
            return endpoints::working(tx, endpoint.id).await;
        }
        let Some(reason) = verdict.disable else { return endpoints::failing(tx, endpoint.id).await };
        let failed = Endpoint { failing_since: endpoint.failing_since.or(Some(ambient.now())), ..endpoint.clone() };
        if endpoints::disable(tx, &failed, reason).await? {
            self.tell(tx, endpoint, reason, &verdict.told).await?;
        }
        Ok(())
    }

    /// An event for programs, a mail for people.
    async fn tell(&self, tx: &Tx, endpoint: &Endpoint, reason: DisabledReason, people: &[UserId]) -> Result<(), DbError> {
        let event = NewEvent {
            r#type: DISABLED,
            version: 1,
            owner: endpoint.owner,
            subject: endpoint.id.get(),
            data: disabled_data(endpoint.id, reason, endpoint.created_by, endpoint.visibility.as_str()),
        };
        publish(tx, event).await?;
        let why = match reason {
            DisabledReason::Gone => "it answered 410 Gone.".to_owned(),
            _ => format!("it has taken nothing for {} hours.", self.config.disable_after_hours),
        };
        for person in people.iter().take(MOST_MAILS) {
            let request = MailRequest {
                to: Recipient::User(*person),
                template: "webhooks.endpoint_disabled".to_owned(),
                locale: None,
                values: json!({
                    // The host alone: paths and queries of endpoints hold tokens.
                    "host": endpoint.url.host_str().unwrap_or_default(),
                    "reason": why,
                    "endpoint_id": endpoint.id,
                    "keep_days": self.config.keep_days,
                }),
            };
            mail(tx, request).await?;
        }
        Ok(())
    }
}

/// The payload of [`DISABLED`].
pub(crate) fn disabled_data(endpoint: EndpointId, reason: DisabledReason, created_by: UserId, visibility: &str) -> Value {
    json!({"endpoint_id": endpoint, "reason": reason, "created_by": created_by, "visibility": visibility})
}

/// How long after try `number` (1 is the first) the next one is made; none: there is none. Up to a tenth longer than the schedule says,
/// so that messages that failed together do not come back together; as long as the endpoint asked for, where that is longer.
fn wait_after(number: i32, asked: Option<u64>, rng: &dyn Rng) -> Option<Duration> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let wait = *SCHEDULE.get(index)?;
    let mut byte = [0_u8; 1];
    rng.fill(&mut byte);
    let wait = wait.mul_f64(1.0 + f64::from(byte[0]) / 2550.0);
    Some(wait.max(Duration::from_secs(asked.unwrap_or(0))))
}

/// Why a try failed, for the queue: neither address nor content.
fn word(exchange: &Exchange) -> String {
    match exchange.status {
        Some(status) => format!("the endpoint answered {status}"),
        None => "the endpoint did not answer".to_owned(),
    }
}

/// An example of it, for the catalogue.
pub(crate) fn disabled_example() -> Value {
    let id = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
    let person = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002);
    disabled_data(EndpointId(id), DisabledReason::Failing, UserId(person), "private")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);

    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn the_schedule_lasts_three_days_and_ends() {
        let total: Duration = (1..=9).filter_map(|number| wait_after(number, None, &Fixed(0))).sum();
        assert_eq!(total.as_secs() / 3600, 75);
        assert_eq!(wait_after(10, Some(5), &Fixed(0)), None);
        assert_eq!(wait_after(1, None, &Fixed(0)), Some(Duration::from_secs(5)));
        assert_eq!(wait_after(2, None, &Fixed(0xff)), Some(Duration::from_mins(5).mul_f64(1.1)));
        assert_eq!(wait_after(1, Some(60), &Fixed(0)), Some(Duration::from_mins(1)));
    }
}
