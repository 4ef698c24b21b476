use core_kernel::{Secret, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Attempt, DisabledReason, Endpoint, EndpointStatus, EventFilter, Message, MessageState, SecretInfo};

/// A place that events are sent to.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub(super) struct EndpointView {
    id: Uuid,
    #[schema(example = "https://example.com/hooks/brickwork")]
    url: String,
    description: Option<String>,
    /// Types, families such as `media.*`, or `*`.
    #[schema(value_type = Vec<String>, example = json!(["media.ready", "conversation.*"]))]
    event_types: EventFilter,
    /// `private` or `org`.
    #[schema(example = "private")]
    visibility: &'static str,
    enabled: bool,
    /// `manual`, `gone` (it answered 410), `failing` (it failed for too long) or `creator_left`.
    #[schema(value_type = Option<String>)]
    disabled_reason: Option<DisabledReason>,
    disabled_at: Option<Timestamp>,
    /// Since when every attempt failed.
    failing_since: Option<Timestamp>,
    /// The secrets that sign now, newest first. They are shown when they are made and never again.
    secrets: Vec<SecretView>,
    created_by: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A secret that signs, without itself.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(super) struct SecretView {
    created_at: Timestamp,
    /// Until when it signs; none: until it is rotated.
    expires_at: Option<Timestamp>,
}

impl From<SecretInfo> for SecretView {
    fn from(info: SecretInfo) -> Self {
        Self { created_at: info.created_at, expires_at: info.expires_at }
    }
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        let (reason, disabled_at) = match endpoint.status {
            EndpointStatus::Enabled => (None, None),
            EndpointStatus::Disabled { reason, at } => (Some(reason), Some(at)),
        };
        Self {
            id: endpoint.id.get(),
            url: endpoint.url.to_string(),
            description: endpoint.description,
            event_types: endpoint.events,
            visibility: endpoint.visibility.as_str(),
            enabled: reason.is_none(),
            disabled_reason: reason,
            disabled_at,
            failing_since: endpoint.failing_since,
            secrets: endpoint.secrets.into_iter().map(SecretView::from).collect(),
            created_by: endpoint.created_by.get(),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// An endpoint with its newest secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpointWithSecret)]
pub(super) struct SecretEndpointView {
    #[serde(flatten)]
    endpoint: EndpointView,
    /// `whsec_` and base64, as libraries for Standard Webhooks take it. It can't be shown again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

impl SecretEndpointView {
    pub(super) fn new(endpoint: Endpoint, secret: &Secret) -> Self {
        Self { endpoint: endpoint.into(), secret: secret.expose().to_owned() }
    }
}

/// One try to deliver a message.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(super) struct AttemptView {
    id: Uuid,
    endpoint_id: Uuid,
    /// What was sent as `webhook-id`: the same in every try and replay of one event.
    #[schema(example = "msg_01900000000070008000000000000001")]
    webhook_id: String,
    event_type: String,
    /// 1 for the first try.
    number: i32,
    succeeded: bool,
    /// What the endpoint answered; none: it did not.
    status: Option<u16>,
    /// Why there was no answer.
    error: Option<String>,
    /// The beginning of the answer's body.
    response: Option<String>,
    duration_ms: i64,
    /// When the next try is made; none: there is none.
    retry_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            id: attempt.id.get(),
            endpoint_id: attempt.endpoint.get(),
            webhook_id: crate::model::webhook_id(attempt.event),
            event_type: attempt.event_type,
            number: attempt.number,
            succeeded: attempt.exchange.succeeded(),
            status: attempt.exchange.status,
            error: attempt.exchange.error,
            response: attempt.exchange.answer,
            duration_ms: attempt.exchange.duration_ms,
            retry_at: attempt.retry_at,
            created_at: attempt.created_at,
        }
    }
}

/// A message that is sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookMessage)]
pub(super) struct MessageView {
    endpoint_id: Uuid,
    webhook_id: String,
    event_type: String,
    /// `pending`, `delivered`, `failed`, `cancelled` or `test`.
    #[schema(value_type = String, example = "pending")]
    state: MessageState,
    created_at: Timestamp,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self {
            endpoint_id: message.endpoint.get(),
            webhook_id: message.webhook_id(),
            event_type: message.event_type,
            state: message.state,
            created_at: message.created_at,
        }
    }
}
