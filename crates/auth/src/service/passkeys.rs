use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest};
use serde_json::Value;

use crate::AuthError;
use crate::model::{Device, Passkey, PasskeyId, Tokens};

/// What a browser is asked for, in the JSON form of WebAuthn Level 3.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: Value,
    /// Seconds; the answer counts once, and only in them.
    pub expires_in: u64,
}

/// Passkeys (WebAuthn). Each is a way of signing in by itself: its device has checked who uses it, so no second factor is asked for.
#[async_trait]
pub trait Passkeys: Send + Sync {
    /// Asks for a new passkey of the caller.
    async fn begin_adding(&self, actor: &Actor) -> Result<Ceremony, AuthError>;
    /// Takes it; the address is told.
    async fn add(&self, actor: &Actor, credential: &Value, name: Option<&str>) -> Result<Passkey, AuthError>;
    /// Asks for a passkey of whoever it is.
    async fn begin_sign_in(&self) -> Result<Ceremony, AuthError>;
    /// Signs in whom the passkey belongs to.
    async fn sign_in(&self, credential: &Value, device: Device) -> Result<Tokens, AuthError>;
    /// Asks for a passkey of the caller, to prove again who they are ([`Proof::Passkey`](crate::Proof::Passkey)).
    async fn begin_proof(&self, actor: &Actor) -> Result<Ceremony, AuthError>;
    /// The caller's passkeys.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Passkey>, AuthError>;
    /// Removes one, unless it is the caller's last way in; the address is told.
    async fn remove(&self, actor: &Actor, id: PasskeyId) -> Result<(), AuthError>;
}
