use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_db::{AuditEntry, DbError, Tx};
use core_kernel::{Actor, Page, PageRequest, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    Credential, DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
};

use crate::assertion::{self, CEREMONY_LIFE, not_accepted};
use crate::core::{Core, audit, check_name, require_usable};
use crate::credentials::require_person;
use crate::model::{Account, Device, Passkey, PasskeyId, Purpose, Session, SessionId, Tokens};
use crate::recovery::notify;
use crate::service::{Ceremony, Passkeys};
use crate::store::{accounts, codes, passkeys};
use crate::{AuthError, permissions, ways_in};

/// How many passkeys somebody may have.
const MAX_PASSKEYS: u64 = 20;
/// What a passkey is called whose owner gave it no name.
const UNNAMED: &str = "Passkey";

/// Passkeys over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct PasskeyService {
    pub(crate) core: Core,
}

/// What the first half of adding a passkey leaves for the second, in its code's row.
#[derive(Serialize, Deserialize)]
struct Adding {
    session: SessionId,
    state: PasskeyRegistration,
}

/// The same of a proof of who one is.
#[derive(Serialize, Deserialize)]
struct Proving {
    session: SessionId,
    state: DiscoverableAuthentication,
}

#[async_trait]
impl Passkeys for PasskeyService {
    async fn begin_adding(&self, actor: &Actor) -> Result<Ceremony, AuthError> {
        let core = &self.core;
        let (account, session) = self.person(actor).await?;
        let party = core.relying_party.get()?;
        let known = passkeys::credential_ids(core.db.read(), account.id).await?;
        if known.len() as u64 >= MAX_PASSKEYS {
            return Err(AuthError::TooManyPasskeys);
        }
        let email = account.email.as_str();
        let shown = account.display_name.as_deref().unwrap_or(email);
        let begun = party.start_passkey_registration(account.id.get(), email, shown, Some(known));
        let (request, state) = begun.map_err(assertion::internal)?;
        let challenge = &Secret::new(URL_SAFE_NO_PAD.encode(&request.public_key.challenge));
        let mut options = document(&request.public_key)?;
        // Without it the passkey could not be used where nobody has said yet who they are.
        if let Some(selection) = options.pointer_mut("/authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), json!("required"));
            selection.insert("requireResidentKey".to_owned(), json!(true));
        }
        let left = &document(&Adding { session, state })?.to_string();
        self.keep(Purpose::AddPasskey, Some(&account), challenge, left).await?;
        Ok(Ceremony { options, expires_in: CEREMONY_LIFE.as_secs() })
    }

    async fn add(&self, actor: &Actor, credential: &Value, name: Option<&str>) -> Result<Passkey, AuthError> {
        let core = &self.core;
        let (account, session) = &self.person(actor).await?;
        let party = core.relying_party.get()?;
        let name = &check_name(name.unwrap_or(UNNAMED), "/name").map_err(|fault| AuthError::Invalid(vec![fault]))?;
        let answer: &RegisterPublicKeyCredential = &assertion::read(credential)?;
        let challenge = &assertion::challenge(&answer.response.client_data_json)?;
        let add = |tx: Tx| async move {
            let Some(left) = take::<Adding>(&tx, Purpose::AddPasskey, challenge, Some(account)).await? else {
                return Ok(Err(AuthError::CeremonyOver));
            };
            if left.session != *session {
                return Ok(Err(AuthError::CeremonyOver));
            }
            let Ok(credential) = party.finish_passkey_registration(answer, &left.state) else {
                let why = "not made for this site, in answer to this question, with its user verified";
                return Ok(Err(AuthError::Invalid(vec![not_accepted(why)])));
            };
            accounts::lock(&tx, account.id).await?;
            if passkeys::count(&tx, account.id).await? >= MAX_PASSKEYS {
                return Ok(Err(AuthError::TooManyPasskeys));
            }
            let synced = Credential::from(credential.clone()).backup_eligible;
            let passkey = Passkey {
                id: tx.ambient().id(),
                name: name.clone(),
                synced,
                created_at: tx.ambient().now(),
                last_used_at: None,
                flagged_at: None,
            };
            passkeys::create(&tx, account.id, &passkey, &credential).await?;
            tell(&tx, account, "auth.passkey_added", passkey.id).await?;
            Ok::<_, AuthError>(Ok(passkey))
        };
        match core.db.write(add).await {
            Err(AuthError::Db(DbError::Conflict(_))) => Err(AuthError::PasskeyKnown),
            outcome => outcome?,
        }
    }

    async fn begin_sign_in(&self) -> Result<Ceremony, AuthError> {
        let question = assertion::ask(self.core.relying_party.get()?, &[])?;
        let left = &document(&question.state)?.to_string();
        self.keep(Purpose::PasskeySignIn, None, &question.challenge, left).await?;
        Ok(Ceremony { options: question.options, expires_in: CEREMONY_LIFE.as_secs() })
    }

    async fn sign_in(&self, credential: &Value, device: Device) -> Result<Tokens, AuthError> {
        let core = &self.core;
        let answer: &PublicKeyCredential = &assertion::read(credential)?;
        let challenge = &assertion::challenge(&answer.response.client_data_json)?;
        let device = &device;
        let session = core.db.write(|tx| async move { self.open(&tx, answer, challenge, device).await }).await??;
        core.tokens(&session, session.counter).await
    }

    async fn begin_proof(&self, actor: &Actor) -> Result<Ceremony, AuthError> {
        let (account, session) = self.person(actor).await?;
        let party = self.core.relying_party.get()?;
        let known = passkeys::credential_ids(self.core.db.read(), account.id).await?;
        if known.is_empty() {
            return Err(AuthError::NoPasskey);
        }
        let question = assertion::ask(party, &known)?;
        let left = &document(&Proving { session, state: question.state })?.to_string();
        self.keep(Purpose::PasskeyAgain, Some(&account), &question.challenge, left).await?;
        Ok(Ceremony { options: question.options, expires_in: CEREMONY_LIFE.as_secs() })
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Passkey>, AuthError> {
        actor.require(&permissions::SELF)?;
        Ok(passkeys::list(self.core.db.read(), actor.subject, request).await?)
    }

    async fn remove(&self, actor: &Actor, id: PasskeyId) -> Result<(), AuthError> {
        let (account, _) = &self.person(actor).await?;
        let remove = |tx: Tx| async move {
            accounts::lock(&tx, account.id).await?;
            if !passkeys::delete(&tx, account.id, id).await? {
                return Err(DbError::NotFound.into());
            }
            ways_in::require_one(&self.core, &tx, account).await?;
            tell(&tx, account, "auth.passkey_removed", id).await?;
            Ok::<_, AuthError>(())
        };
        self.core.db.write(remove).await
    }
}

impl PasskeyService {
    /// The inner error is an answer like any other: that the ceremony was used is stored with it.
    async fn open(
        &self,
        tx: &Tx,
        answer: &PublicKeyCredential,
        challenge: &Secret,
        device: &Device,
    ) -> Result<Result<Session, AuthError>, AuthError> {
        let party = self.core.relying_party.get()?;
        let Some(state) = take(tx, Purpose::PasskeySignIn, challenge, None).await? else {
            return Ok(Err(AuthError::CeremonyOver));
        };
        let Some(proven) = assertion::check(tx, party, answer, state, None).await? else {
            return Ok(Err(AuthError::InvalidPasskey));
        };
        let Some(account) = accounts::find(tx, proven.user).await? else { return Ok(Err(AuthError::InvalidPasskey)) };
        if let Err(refused) = require_usable(&account, &self.core.config) {
            return Ok(Err(refused));
        }
        audit(tx, "auth.login", "success", account.id).await?;
        Ok(Ok(self.core.open_session(tx, account.id, device, proven.amr().into()).await?))
    }

    /// The account and session of a person who acts by themselves.
    async fn person(&self, actor: &Actor) -> Result<(Account, SessionId), AuthError> {
        actor.require(&permissions::SELF)?;
        let session = require_person(actor)?;
        let account = accounts::find(self.core.db.read(), actor.subject).await?.ok_or(AuthError::SessionEnded)?;
        Ok((account, session))
    }

    /// Keeps the second half of a ceremony under its challenge, which works once and for its purpose alone.
    async fn keep(&self, purpose: Purpose, of: Option<&Account>, challenge: &Secret, left: &str) -> Result<(), AuthError> {
        let user = of.map(|account| account.id);
        let kept: Result<(), DbError> = self
            .core
            .db
            .write(|tx| async move { codes::keep(&tx, purpose, user, challenge, left.to_owned(), CEREMONY_LIFE).await })
            .await;
        Ok(kept?)
    }
}

/// Proves with a passkey of the account who uses this session. `false`: it proves nothing, and that it was tried is stored.
pub(crate) async fn prove(core: &Core, account: &Account, session: SessionId, credential: &Value) -> Result<bool, AuthError> {
    let party = core.relying_party.get()?;
    let answer: &PublicKeyCredential = &assertion::read(credential)?;
    let challenge = &assertion::challenge(&answer.response.client_data_json)?;
    let prove = |tx: Tx| async move {
        let Some(left) = take::<Proving>(&tx, Purpose::PasskeyAgain, challenge, Some(account)).await? else {
            return Ok(Err(AuthError::CeremonyOver));
        };
        if left.session != session {
            return Ok(Err(AuthError::CeremonyOver));
        }
        Ok::<_, AuthError>(Ok(assertion::check(&tx, party, answer, left.state, Some(account.id)).await?.is_some()))
    };
    core.db.write(prove).await?
}

/// Takes what the first half of a ceremony left. `None`: it was taken, has run out, was for something else or somebody else.
async fn take<T: for<'de> Deserialize<'de>>(
    tx: &Tx,
    purpose: Purpose,
    challenge: &Secret,
    of: Option<&Account>,
) -> Result<Option<T>, AuthError> {
    let code = codes::consume(tx, purpose, challenge.expose()).await?;
    let Some(code) = code.filter(|code| code.user == of.map(|account| account.id)) else { return Ok(None) };
    let left = serde_json::from_str(&code.bound_to).map_err(|error| AuthError::Internal(format!("a ceremony: {error}")))?;
    Ok(Some(left))
}

async fn tell(tx: &Tx, account: &Account, action: &'static str, passkey: PasskeyId) -> Result<(), DbError> {
    let details = json!({"passkey": passkey});
    core_db::audit(tx, AuditEntry { action, outcome: "success", subject: account.id, org: None, details }).await?;
    notify(tx, account, action).await
}

fn document<T: Serialize>(value: &T) -> Result<Value, AuthError> {
    serde_json::to_value(value).map_err(|error| AuthError::Internal(format!("a ceremony: {error}")))
}
