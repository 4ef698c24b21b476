use core_kernel::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Ceremony, Passkey};

/// What to ask the browser for.
#[derive(Serialize, ToSchema)]
pub(crate) struct CeremonyBody {
    /// WebAuthn options as JSON: `PublicKeyCredential.parseCreationOptionsFromJSON(public_key)` where a passkey is made,
    /// `parseRequestOptionsFromJSON(public_key)` where one is used. The answer's `toJSON()` is the `credential` of the next step.
    #[schema(value_type = Object)]
    public_key: Value,
    /// Seconds in which the answer counts.
    expires_in: u64,
}

impl From<Ceremony> for CeremonyBody {
    fn from(ceremony: Ceremony) -> Self {
        Self { public_key: ceremony.options, expires_in: ceremony.expires_in }
    }
}

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyBody {
    pub(crate) id: Uuid,
    name: String,
    /// It is copied between devices; else it stays in the one that made it.
    synced: bool,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    /// When its counter went back, which an original's does not: there may be two of it.
    flagged_at: Option<Timestamp>,
}

impl From<Passkey> for PasskeyBody {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.get(),
            name: passkey.name,
            synced: passkey.synced,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
            flagged_at: passkey.flagged_at,
        }
    }
}
