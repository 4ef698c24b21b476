use std::time::Duration;

use core_db::Db;
use core_egress::{Egress, EgressError, Method, Response, retry_after};
use core_kernel::{DomainError as _, Timestamp};

use crate::WebhooksError;
use crate::model::{Endpoint, Exchange, Message};
use crate::signature::signatures;
use crate::store::secrets;

/// How much of an answer is read and kept, in bytes.
const SNIPPET: usize = 500;
/// The longest that an endpoint may ask to be left alone, in seconds.
const LONGEST_REST: u64 = 24 * 3600;

/// Carries messages to endpoints: signed, to public addresses alone, without following redirects.
#[derive(Clone, Debug)]
pub(crate) struct Courier {
    pub(crate) db: Db,
    pub(crate) egress: Egress,
    pub(crate) timeout: Duration,
}

impl Courier {
    /// One try. Whatever the other side does is an exchange; an error is our own.
    pub(crate) async fn carry(&self, endpoint: &Endpoint, message: &Message) -> Result<Exchange, WebhooksError> {
        let (keyring, clock) = (self.db.keyring(), &self.db.ambient().clock);
        let started = clock.now();
        let secrets = secrets::open(self.db.read(), keyring, (endpoint.owner, endpoint.id), started).await?;
        let id = message.webhook_id();
        let request = self.egress.user().request(Method::POST, endpoint.url.clone());
        let sent = request
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", &started.seconds().to_string())
            .header("webhook-signature", &signatures(&secrets, &id, started, &message.body))
            .timeout(self.timeout)
            .idle_timeout(self.timeout)
            .body(message.body.clone())
            .send()
            .await;
        let mut exchange = match sent {
            Ok(answer) => read(answer, clock.now()).await,
            Err(error) => Exchange { error: Some(reason(&error)), ..Exchange::default() },
        };
        exchange.duration_ms = clock.now().millis().saturating_sub(started.millis());
        Ok(exchange)
    }
}

async fn read(answer: Response, now: Timestamp) -> Exchange {
    let status = answer.status().as_u16();
    let asked = answer.header("retry-after").and_then(|text| retry_after(text, now));
    let text: String = answer.snippet(SNIPPET).await.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    Exchange {
        status: Some(status),
        error: None,
        answer: Some(text).filter(|text| !text.is_empty()),
        duration_ms: 0,
        retry_after: asked.map(|wait| wait.as_secs().min(LONGEST_REST)),
    }
}

/// Without what the network said, which may name internal hosts.
fn reason(error: &EgressError) -> String {
    error.detail()
}
