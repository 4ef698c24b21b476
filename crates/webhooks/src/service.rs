use async_trait::async_trait;
use core_jobs::EventType;
use core_kernel::{Actor, Page, PageRequest, Secret, Timestamp};

use crate::WebhooksError;
use crate::model::{Attempt, AttemptId, Endpoint, EndpointChange, EndpointId, Message, NewEndpoint};

/// Places that a space's events are sent to.
#[async_trait]
pub trait Endpoints: Send + Sync {
    /// Makes one. Its secret is given this once.
    async fn create(&self, actor: &Actor, new: NewEndpoint) -> Result<(Endpoint, Secret), WebhooksError>;
    /// Those that the actor may see.
    async fn list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Endpoint>, WebhooksError>;
    /// One of them.
    async fn get(&self, actor: &Actor, id: EndpointId) -> Result<Endpoint, WebhooksError>;
    /// Changes one. With `based_on`, only while it has that version.
    async fn update(
        &self,
        actor: &Actor,
        id: EndpointId,
        change: EndpointChange,
        based_on: Option<i64>,
    ) -> Result<Endpoint, WebhooksError>;
    /// Deletes one with all that was sent to it. With `based_on`, only while it has that version.
    async fn delete(&self, actor: &Actor, id: EndpointId, based_on: Option<i64>) -> Result<(), WebhooksError>;
    /// Gives it another secret, which is given this once. The ones before go on signing for `overlap_hours`.
    async fn rotate_secret(&self, actor: &Actor, id: EndpointId, overlap_hours: u32)
    -> Result<(Endpoint, Secret), WebhooksError>;
    /// Sends a message now, enabled or not, and says how it went: a test, or the example of an event type.
    async fn test(&self, actor: &Actor, id: EndpointId, event_type: Option<&str>) -> Result<Attempt, WebhooksError>;
    /// What endpoints can be sent.
    fn event_types(&self, actor: &Actor) -> Result<Vec<EventType>, WebhooksError>;
}

/// How deliveries went.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// The attempts of an endpoint that the actor may see.
    async fn list(&self, actor: &Actor, endpoint: EndpointId, page: &PageRequest) -> Result<Page<Attempt>, WebhooksError>;
    /// Sends the message of an attempt again, from the start of the schedule, with the same `webhook-id` and the same bytes.
    async fn replay(&self, actor: &Actor, id: AttemptId) -> Result<Message, WebhooksError>;
    /// Sends again what an endpoint missed since a moment: what failed to the end, and what was called off. Gives how many messages, and
    /// whether there are more.
    async fn replay_missed(&self, actor: &Actor, endpoint: EndpointId, since: Timestamp) -> Result<(u64, bool), WebhooksError>;
}
