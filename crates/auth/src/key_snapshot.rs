use std::sync::Arc;
use std::time::Duration;

use core_db::{Db, DbError, Tx};
use core_kernel::{Owner, PermissionSet, Timestamp, UserId};
use moka::sync::Cache;
use tokio_util::task::TaskTracker;

use crate::model::{AccountStatus, ApiKeyId, StoredKeyText};
use crate::snapshot::{MAX_AGE, Rights};
use crate::store::api_keys;
use crate::{AuthError, key_text};

/// How often the last use of a key is written down.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// What is known of the program behind an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIdentity {
    /// Which key.
    pub key: ApiKeyId,
    /// Who made it; its rights are at most theirs.
    pub user: UserId,
    /// The space that it acts for: the person's own, or an organisation.
    pub owner: Owner,
    /// What it was made for. The rights of the key are these AND what its maker may do there now.
    pub scopes: PermissionSet,
    /// The platform permissions of its maker now.
    pub platform: PermissionSet,
}

#[derive(Clone)]
struct Seen {
    at: Timestamp,
    /// None: there is no such key, or its maker is gone.
    key: Option<Arc<Known>>,
}

struct Known {
    identity: Arc<KeyIdentity>,
    texts: StoredKeyText,
}

/// Who is behind an API key, read again from the database after one second.
#[derive(Clone)]
pub(crate) struct KeySnapshots {
    db: Db,
    rights: Rights,
    keys: Cache<String, Seen>,
    touched: Cache<ApiKeyId, Timestamp>,
    background: TaskTracker,
}

impl std::fmt::Debug for KeySnapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySnapshots").finish_non_exhaustive()
    }
}

impl KeySnapshots {
    pub(crate) fn new(db: Db, rights: Rights) -> Self {
        let (keys, touched) = (Cache::new(20_000), Cache::new(20_000));
        Self { db, rights, keys, touched, background: TaskTracker::new() }
    }

    pub(crate) async fn identify(&self, text: &str, authoritative: bool) -> Result<Arc<KeyIdentity>, AuthError> {
        let prefix = key_text::key_id(text).ok_or(AuthError::InvalidApiKey)?;
        let now = self.db.ambient().now();
        let remembered = self.keys.get(prefix).filter(|seen| !authoritative && now.since(seen.at) < MAX_AGE && seen.at <= now);
        let seen = match remembered {
            Some(seen) => seen,
            None => self.look_up(prefix, now).await?,
        };
        let known = seen.key.ok_or(AuthError::InvalidApiKey)?;
        if !self.opens(&known.texts, text, now) {
            return Err(AuthError::InvalidApiKey);
        }
        self.touch(&known, now);
        Ok(Arc::clone(&known.identity))
    }

    fn opens(&self, stored: &StoredKeyText, text: &str, now: Timestamp) -> bool {
        if stored.expires_at <= now {
            return false;
        }
        let keyring = self.db.keyring();
        let previous = stored.previous.as_ref().filter(|(_, until)| now < *until);
        key_text::is_key(keyring, text, &stored.current)
            || previous.is_some_and(|(hash, _)| key_text::is_key(keyring, text, hash))
    }

    async fn look_up(&self, prefix: &str, now: Timestamp) -> Result<Seen, AuthError> {
        let mut key = None;
        if let Some((found, texts, account)) = api_keys::find_by_prefix(self.db.read(), prefix).await?
            && account.status == AccountStatus::Active
        {
            let platform = self.rights.platform_of(self.db.read(), &account.roles).await?;
            let identity = Arc::new(KeyIdentity {
                key: found.id,
                user: found.created_by,
                owner: found.owner,
                scopes: found.scopes.into_iter().collect(),
                platform,
            });
            key = Some(Arc::new(Known { identity, texts }));
        }
        let seen = Seen { at: now, key };
        self.keys.insert(prefix.to_owned(), seen.clone());
        Ok(seen)
    }

    /// Notes the use, beside the request and at most once a minute.
    fn touch(&self, known: &Known, now: Timestamp) {
        let key = known.identity.key;
        let recent = |at: Timestamp| now.since(at) < TOUCH_EVERY;
        if known.texts.last_used_at.is_some_and(recent) || self.touched.get(&key).is_some_and(recent) {
            return;
        }
        self.touched.insert(key, now);
        let db = self.db.clone();
        self.background.spawn(async move {
            // A lost note is made up for by the next use.
            let noted: Result<(), DbError> =
                db.write(|tx| async move { api_keys::touch(&tx, key, now, now.minus(TOUCH_EVERY)).await }).await;
            drop(noted);
        });
    }

    /// Waits for the notes that are being written.
    pub(crate) async fn settle(&self) {
        self.background.close();
        self.background.wait().await;
        self.background.reopen();
    }

    /// Forgets what is remembered of every key.
    pub(crate) fn forget_everybody(&self) {
        self.keys.invalidate_all();
    }

    /// Forgets a key in this process once its change is durable.
    pub(crate) fn forget_after_commit(&self, tx: &Tx, prefix: &str) {
        let (keys, prefix) = (self.keys.clone(), prefix.to_owned());
        tx.after_commit(move || keys.invalidate(&prefix));
    }
}
