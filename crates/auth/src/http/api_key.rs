use core_kernel::{Secret, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ApiKey;

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeyBody {
    id: Uuid,
    /// What the secret begins with, to tell keys apart.
    prefix: String,
    name: String,
    scopes: Vec<String>,
    /// The space that it acts for: a person or an organisation.
    owner_id: Uuid,
    /// Who made it.
    created_by: Uuid,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Within a minute or so; none: never.
    last_used_at: Option<Timestamp>,
    /// Until when the secret before the last rotation goes on working.
    previous_secret_until: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.get(),
            prefix: format!("{}{}", crate::API_KEY_PREFIX, key.prefix),
            name: key.name,
            scopes: key.scopes,
            owner_id: key.owner.get(),
            created_by: key.created_by.get(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            previous_secret_until: key.previous_until,
        }
    }
}

/// An API key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiKeyBody {
    #[serde(flatten)]
    key: ApiKeyBody,
    /// Send it as `Authorization: Bearer`. It can't be shown again.
    secret: String,
}

impl NewApiKeyBody {
    pub(crate) fn new(key: ApiKey, secret: &Secret) -> Self {
        Self { key: key.into(), secret: secret.expose().to_owned() }
    }
}
