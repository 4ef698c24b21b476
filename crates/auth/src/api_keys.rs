use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{AuditEntry, DbError, Tx};
use core_kernel::{Actor, FieldError, Page, PageRequest, Secret, Timestamp};

use crate::core::{Core, check_name};
use crate::credentials::require_person;
use crate::key_snapshot::{KeyIdentity, KeySnapshots};
use crate::model::{ApiKey, ApiKeyId};
use crate::service::{ApiKeyChange, ApiKeys, NewApiKey};
use crate::store::api_keys::{self, Renewal};
use crate::{AuthError, key_text, permissions};

/// How many keys a space may have.
const MAX_KEYS: u64 = 100;
/// How many scopes a key may have.
const MAX_SCOPES: usize = 100;
/// The longest time that an old secret goes on beside the new one.
const MAX_OVERLAP: Duration = Duration::from_hours(7 * 24);

/// API keys over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct ApiKeyService {
    pub(crate) core: Core,
    pub(crate) snapshots: KeySnapshots,
}

#[async_trait]
impl ApiKeys for ApiKeyService {
    async fn create(&self, actor: &Actor, new: NewApiKey) -> Result<(ApiKey, Secret), AuthError> {
        permit_change(actor)?;
        let now = self.core.db.ambient().now();
        let expires_at = new.expires_at.unwrap_or_else(|| now.plus(self.core.config.api_key_life()));
        let name = check_name(&new.name, "/name");
        let mut faults: Vec<FieldError> = name.as_ref().err().cloned().into_iter().collect();
        faults.extend(self.faults_of_scopes(actor, &new.scopes));
        faults.extend(self.fault_of_end(expires_at, now));
        let name = match name {
            Ok(name) if faults.is_empty() => name,
            _ => return Err(AuthError::Invalid(faults)),
        };
        let rng = self.core.db.ambient().rng.as_ref();
        let prefix = key_text::new_id(rng);
        let secret = key_text::new_key(rng, &prefix);
        let scopes = sorted(new.scopes);
        let hash = &key_text::key_hash(self.core.db.keyring(), secret.expose());
        let key = self
            .core
            .db
            .write(|tx| {
                let (name, prefix, scopes) = (name.clone(), prefix.clone(), scopes.clone());
                async move {
                    if api_keys::count(&tx, actor.owner).await? >= MAX_KEYS {
                        return Err(AuthError::TooManyKeys);
                    }
                    let key = ApiKey {
                        id: tx.ambient().id(),
                        prefix,
                        owner: actor.owner,
                        created_by: actor.subject,
                        name,
                        scopes,
                        expires_at,
                        last_used_at: None,
                        previous_until: None,
                        created_at: tx.ambient().now(),
                        version: 1,
                    };
                    api_keys::create(&tx, &key, hash.clone()).await?;
                    note(&tx, actor, "auth.api_key_created", &key).await?;
                    Ok(key)
                }
            })
            .await?;
        Ok((key, secret))
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<ApiKey>, AuthError> {
        actor.require(&permissions::API_KEYS)?;
        Ok(api_keys::list(self.core.db.read(), actor.owner, request).await?)
    }

    async fn find(&self, actor: &Actor, id: ApiKeyId) -> Result<ApiKey, AuthError> {
        actor.require(&permissions::API_KEYS)?;
        Ok(api_keys::find(self.core.db.read(), actor.owner, id).await?.ok_or(DbError::NotFound)?)
    }

    async fn update(&self, actor: &Actor, id: ApiKeyId, change: ApiKeyChange, version: Option<i64>) -> Result<ApiKey, AuthError> {
        permit_change(actor)?;
        let name = change.name.as_deref().map(|name| check_name(name, "/name")).transpose();
        let mut faults: Vec<FieldError> = name.as_ref().err().cloned().into_iter().collect();
        faults.extend(change.scopes.iter().flat_map(|scopes| self.faults_of_scopes(actor, scopes)));
        let now = self.core.db.ambient().now();
        faults.extend(change.expires_at.and_then(|at| self.fault_of_end(at, now)));
        let name = match name {
            Ok(name) if faults.is_empty() => name,
            _ => return Err(AuthError::Invalid(faults)),
        };
        let (name, change) = (&name, &change);
        let change_in = |tx: Tx| async move {
            let mut key = find_version(&tx, actor, id, version).await?;
            key.name = name.clone().unwrap_or(key.name);
            key.scopes = change.scopes.clone().map_or(key.scopes, sorted);
            key.expires_at = change.expires_at.unwrap_or(key.expires_at);
            if !api_keys::update(&tx, &key).await? {
                return Err(AuthError::Changed);
            }
            key.version += 1;
            note(&tx, actor, "auth.api_key_changed", &key).await?;
            self.snapshots.forget_after_commit(&tx, &key.prefix);
            Ok(key)
        };
        self.core.db.write(change_in).await
    }

    async fn revoke(&self, actor: &Actor, id: ApiKeyId) -> Result<(), AuthError> {
        permit_change(actor)?;
        let revoke = |tx: Tx| async move {
            let key = api_keys::find(&tx, actor.owner, id).await?.ok_or(DbError::NotFound)?;
            if !api_keys::delete(&tx, actor.owner, id).await? {
                return Err(DbError::NotFound.into());
            }
            note(&tx, actor, "auth.api_key_revoked", &key).await?;
            self.snapshots.forget_after_commit(&tx, &key.prefix);
            Ok(())
        };
        self.core.db.write(revoke).await
    }

    async fn rotate(&self, actor: &Actor, id: ApiKeyId, overlap: Duration) -> Result<(ApiKey, Secret), AuthError> {
        permit_change(actor)?;
        if overlap > MAX_OVERLAP {
            let fault = FieldError::new("/overlap_hours", "too_long", format!("at most {}", MAX_OVERLAP.as_secs() / 3600));
            return Err(AuthError::Invalid(vec![fault]));
        }
        let rotate = |tx: Tx| async move {
            let mut key = find_version(&tx, actor, id, None).await?;
            let now = tx.ambient().now();
            let secret = key_text::new_key(tx.ambient().rng.as_ref(), &key.prefix);
            let renewal = Renewal {
                hash: key_text::key_hash(tx.keyring(), secret.expose()),
                // What had ended stays ended: rotation brings no old secret back.
                previous_until: now.plus(overlap).min(key.expires_at),
                expires_at: now.plus(self.core.config.api_key_life()).max(key.expires_at),
            };
            (key.previous_until, key.expires_at) = (Some(renewal.previous_until), renewal.expires_at);
            if !api_keys::rotate(&tx, &key, renewal).await? {
                return Err(AuthError::Changed);
            }
            key.version += 1;
            note(&tx, actor, "auth.api_key_rotated", &key).await?;
            self.snapshots.forget_after_commit(&tx, &key.prefix);
            Ok((key, secret))
        };
        self.core.db.write(rotate).await
    }

    async fn identify(&self, text: &str, authoritative: bool) -> Result<Arc<KeyIdentity>, AuthError> {
        self.snapshots.identify(text, authoritative).await
    }
}

impl ApiKeyService {
    /// Scopes are names of permissions that the caller holds: nobody lends what they do not have.
    fn faults_of_scopes(&self, actor: &Actor, scopes: &[String]) -> Vec<FieldError> {
        if scopes.is_empty() || scopes.len() > MAX_SCOPES {
            return vec![FieldError::new("/scopes", "invalid_scopes", format!("1 to {MAX_SCOPES} names of permissions"))];
        }
        let fault = |(at, name): (usize, &String)| {
            let pointer = format!("/scopes/{at}");
            match self.core.catalogue.find(name) {
                None => Some(FieldError::new(pointer, "unknown_scope", "no permission has this name")),
                Some(permission) if actor.require(permission).is_err() => {
                    Some(FieldError::new(pointer, "not_held", "a permission that you do not have here"))
                }
                Some(_) => None,
            }
        };
        scopes.iter().enumerate().filter_map(fault).collect()
    }

    fn fault_of_end(&self, expires_at: Timestamp, now: Timestamp) -> Option<FieldError> {
        let days = self.core.config.api_key_max_days;
        let latest = now.plus(Duration::from_hours(24 * days));
        let message = || format!("in the future, and within {days} days");
        (expires_at <= now || expires_at > latest).then(|| FieldError::new("/expires_at", "invalid_expiry", message()))
    }
}

/// A key can't make or change keys: whoever finds one could keep the door open for ever.
fn permit_change(actor: &Actor) -> Result<(), AuthError> {
    actor.require(&permissions::API_KEYS)?;
    require_person(actor).map(drop)
}

async fn find_version(tx: &Tx, actor: &Actor, id: ApiKeyId, version: Option<i64>) -> Result<ApiKey, AuthError> {
    let key = api_keys::find(tx, actor.owner, id).await?.ok_or(DbError::NotFound)?;
    if version.is_some_and(|version| version != key.version) { Err(AuthError::Changed) } else { Ok(key) }
}

async fn note(tx: &Tx, actor: &Actor, action: &'static str, key: &ApiKey) -> Result<(), DbError> {
    let org = (actor.owner != actor.personal_space()).then_some(actor.owner);
    let details = serde_json::json!({"key": key.id, "prefix": key.prefix, "scopes": key.scopes});
    core_db::audit(tx, AuditEntry { action, outcome: "success", subject: actor.subject, org, details }).await
}

fn sorted(mut scopes: Vec<String>) -> Vec<String> {
    scopes.sort();
    scopes.dedup();
    scopes
}
