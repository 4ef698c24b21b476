use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_db::{AuditEntry, DbError, Tx};
use core_kernel::{FieldError, Secret, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential, WebauthnError};

use crate::AuthError;
use crate::recovery::notify;
use crate::store::accounts;
use crate::store::passkeys::{self, StoredPasskey};

/// How long an authenticator has to answer.
pub(crate) const CEREMONY_LIFE: Duration = Duration::from_mins(5);

/// A question to a passkey: what the browser gets, and what the answer is checked by.
pub(crate) struct Question {
    pub(crate) options: Value,
    pub(crate) challenge: Secret,
    pub(crate) state: DiscoverableAuthentication,
}

/// Asks for any of these passkeys; for whichever the browser knows when there are none. Its device must check who uses it: it
/// counts as two factors then.
pub(crate) fn ask(party: &Webauthn, of: &[Vec<u8>]) -> Result<Question, AuthError> {
    let (request, state) = party.start_discoverable_authentication().map_err(internal)?;
    let challenge = Secret::new(URL_SAFE_NO_PAD.encode(&request.public_key.challenge));
    let mut options = serde_json::to_value(&request.public_key).map_err(|error| AuthError::Internal(error.to_string()))?;
    let descriptor = |id: &Vec<u8>| serde_json::json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(id)});
    if let Some(members) = options.as_object_mut() {
        members.insert("allowCredentials".to_owned(), of.iter().map(descriptor).collect());
    }
    Ok(Question { options, challenge, state })
}

pub(crate) fn internal(error: WebauthnError) -> AuthError {
    AuthError::Internal(format!("webauthn: {error:?}"))
}

/// What a browser answered, as the library reads it.
pub(crate) fn read<T: DeserializeOwned>(credential: &Value) -> Result<T, AuthError> {
    T::deserialize(credential).map_err(|error| AuthError::Invalid(vec![not_accepted(&format!("cannot be read: {error}"))]))
}

pub(crate) fn not_accepted(why: &str) -> FieldError {
    FieldError::new("/credential", "not_accepted", why)
}

/// The challenge that an answer is for. It only finds the ceremony; that it was signed is checked with the rest.
pub(crate) fn challenge(client_data: &[u8]) -> Result<Secret, AuthError> {
    #[derive(Deserialize)]
    struct ClientData {
        challenge: Secret,
    }
    let read: Result<ClientData, _> = serde_json::from_slice(client_data);
    read.map(|data| data.challenge).map_err(|_| AuthError::Invalid(vec![not_accepted("clientDataJSON has no challenge")]))
}

/// A passkey that has proved who uses it.
pub(crate) struct Proven {
    pub(crate) user: UserId,
    synced: bool,
}

impl Proven {
    /// How, in the words of RFC 8176: a key that stays in its hardware or one that is copied in software, somebody at the device,
    /// and by their face, finger or PIN a second factor.
    pub(crate) fn amr(&self) -> [String; 3] {
        [if self.synced { "swk" } else { "hwk" }, "user", "mfa"].map(str::to_owned)
    }
}

/// Checks an answer. `None`: it proves nothing, and what that tells is stored. Whose passkey it must be is named where it is
/// known; else the answer names it, and the signature says that it does so rightly.
pub(crate) async fn check(
    tx: &Tx,
    party: &Webauthn,
    answer: &PublicKeyCredential,
    state: DiscoverableAuthentication,
    whose: Option<UserId>,
) -> Result<Option<Proven>, AuthError> {
    let Some(mut stored) = passkeys::begin_use(tx, answer.get_credential_id()).await? else { return Ok(None) };
    let named = answer.get_user_unique_id();
    let names_another = named.is_some_and(|handle| handle != stored.user.get().as_bytes());
    if names_another || whose.is_some_and(|user| user != stored.user) || (whose.is_none() && named.is_none()) {
        return Ok(None);
    }
    match party.finish_discoverable_authentication_v2(answer, state, &stored.credential) {
        Ok(result) if result.user_verified() => {
            stored.credential.update_credential(&result);
            let synced = result.backup_eligible();
            passkeys::used(tx, stored.passkey.id, &stored.credential, synced).await?;
            Ok(Some(Proven { user: stored.user, synced }))
        }
        Err(WebauthnError::CredentialPossibleCompromise) => {
            suspect(tx, &stored).await?;
            Ok(None)
        }
        Ok(_) | Err(_) => {
            note(tx, &stored, "auth.passkey", "failure").await?;
            Ok(None)
        }
    }
}

/// The counter went back: two devices may use one key. The owner has to judge that; the passkey goes on working for whoever
/// counts on.
async fn suspect(tx: &Tx, stored: &StoredPasskey) -> Result<(), DbError> {
    passkeys::flag(tx, stored.passkey.id).await?;
    note(tx, stored, "auth.passkey_counter_went_back", "failure").await?;
    match accounts::find(tx, stored.user).await? {
        Some(account) => notify(tx, &account, "auth.passkey_suspected").await,
        None => Ok(()),
    }
}

async fn note(tx: &Tx, stored: &StoredPasskey, action: &'static str, outcome: &'static str) -> Result<(), DbError> {
    let details = serde_json::json!({"passkey": stored.passkey.id});
    core_db::audit(tx, AuditEntry { action, outcome, subject: stored.user, org: None, details }).await
}
