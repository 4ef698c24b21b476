use core_kernel::{Secret, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hooks::{Hook, HookEvent, HookKind, HookStatus, Proof};

/// A place that a provider sends to.
#[derive(Serialize, ToSchema)]
#[schema(as = IncomingHook)]
pub(super) struct HookView {
    id: Uuid,
    /// `github`, `notion`, `jira` or `jira_app`.
    #[schema(value_type = String, example = "github")]
    kind: HookKind,
    #[schema(example = "github")]
    provider: &'static str,
    name: Option<String>,
    /// What to enter at the provider.
    #[schema(example = "https://api.example.com/hooks/01900000-0000-7000-8000-000000000001")]
    url: String,
    /// `pending`: nothing proven came yet; `verifying`: Notion's token has to be confirmed there; `active`.
    #[schema(value_type = String, example = "active")]
    status: HookStatus,
    /// Notion's token, while the status is `verifying`.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_token: Option<String>,
    /// `private` or `org`.
    #[schema(example = "private")]
    visibility: &'static str,
    last_received_at: Option<Timestamp>,
    created_by: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Hook> for HookView {
    fn from(hook: Hook) -> Self {
        Self {
            id: hook.id.get(),
            kind: hook.kind,
            provider: hook.kind.provider(),
            name: hook.name,
            url: hook.url,
            status: hook.status,
            verification_token: hook.verification_token.map(|token| token.expose().to_owned()),
            visibility: hook.visibility.as_str(),
            last_received_at: hook.last_received_at,
            created_by: hook.created_by.get(),
            created_at: hook.created_at,
            updated_at: hook.updated_at,
        }
    }
}

/// A hook with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = IncomingHookWithSecret)]
pub(super) struct NewHookView {
    #[serde(flatten)]
    hook: HookView,
    /// What to enter at the provider as the secret; none for Notion and for apps of Jira, which have their own.
    secret: Option<String>,
}

impl NewHookView {
    pub(super) fn new(hook: Hook, secret: Option<&Secret>) -> Self {
        Self { hook: hook.into(), secret: secret.map(|secret| secret.expose().to_owned()) }
    }
}

/// Something that a provider sent.
#[derive(Serialize, ToSchema)]
#[schema(as = IncomingHookEvent)]
pub(super) struct HookEventView {
    id: Uuid,
    hook_id: Uuid,
    /// What the provider calls it.
    #[schema(example = "issues.opened")]
    event_type: String,
    /// The provider's own id of it.
    delivery_id: String,
    /// `body`: the bytes are proven; `sender`: only who sent them.
    #[schema(value_type = String, example = "body")]
    proof: Proof,
    /// How large its body was.
    bytes: i64,
    /// Whether the body is still kept.
    kept: bool,
    received_at: Timestamp,
}

impl From<HookEvent> for HookEventView {
    fn from(event: HookEvent) -> Self {
        Self {
            id: event.id.get(),
            hook_id: event.hook.get(),
            event_type: event.event_type,
            delivery_id: event.delivery,
            proof: event.proof,
            bytes: event.bytes,
            kept: event.kept,
            received_at: event.received_at,
        }
    }
}

/// Something that a provider sent, with its body.
#[derive(Serialize, ToSchema)]
#[schema(as = IncomingHookEventWithBody)]
pub(super) struct WholeEventView {
    #[serde(flatten)]
    event: HookEventView,
    /// The body as it came; none where it is not kept.
    #[schema(value_type = Option<Object>)]
    payload: Option<Box<RawValue>>,
}

impl WholeEventView {
    pub(super) fn new(event: HookEvent, payload: Option<Box<RawValue>>) -> Self {
        Self { event: event.into(), payload }
    }
}
