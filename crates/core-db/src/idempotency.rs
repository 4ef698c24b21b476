use std::time::Duration;

use core_kernel::Timestamp;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ExprTrait, QuerySelect, TryInsertResult};

use crate::{Db, DbError, unscoped};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Vec<u8>,
        pub(crate) fingerprint: Vec<u8>,
        pub(crate) state: String,
        pub(crate) status: Option<i64>,
        pub(crate) headers: Option<Json>,
        pub(crate) body: Option<Vec<u8>>,
        pub(crate) created_at: i64,
        pub(crate) expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a key says when a request with it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// First time: go on, then call `finish`, `finish_secret` or `abandon`.
    Started,
    /// The first request with it has not ended.
    Running,
    /// It ended so; answer the same.
    Replay(StoredAnswer),
    /// The key was used for another request.
    Mismatch,
    /// It ended with an answer that holds a secret and is not stored.
    SecretDone,
}

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers to repeat.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How long a request may run before a crash is assumed and the key may start again.
const RUNNING_FOR: Duration = Duration::from_mins(10);

/// Outcomes of requests with an `Idempotency-Key`. Keys are stored as a keyed hash, bodies and headers sealed, so that the table tells a
/// reader nothing: also a `Location` may name what somebody wrote.
#[derive(Clone, Debug)]
pub struct IdempotencyStore {
    db: Db,
}

const PURPOSE: &str = "idempotency";
const HEADERS: &str = "idempotency-headers";

impl IdempotencyStore {
    /// A store in this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    fn id(&self, scope: &str, key: &str) -> Vec<u8> {
        let message = format!("{}:{scope}{key}", scope.len());
        self.db.keyring().sign(PURPOSE, message.as_bytes()).to_vec()
    }

    /// Claims the key for a request with this fingerprint, or tells what became of the request that has it.
    pub async fn begin(&self, scope: &str, key: &str, fingerprint: &[u8; 32], ttl: Duration) -> Result<Begin, DbError> {
        let id = self.id(scope, key);
        let now = self.db.ambient().now();
        let claimed = self
            .db
            .write(|tx| {
                let (id, fingerprint) = (id.clone(), fingerprint.to_vec());
                async move {
                    // An expired outcome, or a request that a crash left running, makes room first.
                    let stale = sea_orm::Condition::any()
                        .add(row::Column::ExpiresAt.lte(now.millis()))
                        .add(row::Column::State.eq("running").and(row::Column::CreatedAt.lt(now.minus(RUNNING_FOR).millis())));
                    unscoped::<row::Entity>("keys are hashed with their caller")
                        .delete_many()
                        .filter(row::Column::Id.eq(id.clone()))
                        .filter(stale)
                        .exec(&tx)
                        .await?;
                    let fresh = row::ActiveModel {
                        id: Set(id),
                        fingerprint: Set(fingerprint),
                        state: Set("running".to_owned()),
                        status: Set(None),
                        headers: Set(None),
                        body: Set(None),
                        created_at: Set(now.millis()),
                        expires_at: Set(now.plus(ttl).millis()),
                    };
                    let outcome = row::Entity::insert(fresh)
                        .on_conflict(OnConflict::column(row::Column::Id).do_nothing().to_owned())
                        .try_insert()
                        .exec_without_returning(&tx)
                        .await?;
                    Ok::<_, DbError>(matches!(outcome, TryInsertResult::Inserted(rows) if rows > 0))
                }
            })
            .await?;
        if claimed { Ok(Begin::Started) } else { self.look_up(id, fingerprint).await }
    }

    async fn look_up(&self, id: Vec<u8>, fingerprint: &[u8; 32]) -> Result<Begin, DbError> {
        let found = unscoped::<row::Entity>("keys are hashed with their caller").by_id(id).one(self.db.read()).await?;
        let Some(found) = found else { return Ok(Begin::Running) };
        if found.fingerprint != fingerprint {
            return Ok(Begin::Mismatch);
        }
        match (found.state.as_str(), found.status, found.headers, found.body) {
            ("done", Some(status), Some(headers), Some(body)) => {
                let sealed = String::from_utf8(body).map_err(|_| DbError::Corrupt("idempotency body".into()))?;
                Ok(Begin::Replay(StoredAnswer {
                    status: u16::try_from(status).map_err(|_| DbError::Corrupt("idempotency status".into()))?,
                    headers: self.open_headers(&found.id, &headers)?,
                    body: self.db.keyring().open(PURPOSE, &found.id, &sealed)?.to_vec(),
                }))
            }
            ("secret", ..) => Ok(Begin::SecretDone),
            _ => Ok(Begin::Running),
        }
    }

    fn open_headers(&self, id: &[u8], stored: &Json) -> Result<Vec<(String, String)>, DbError> {
        let corrupt = || DbError::Corrupt("idempotency headers".into());
        let plain = self.db.keyring().open(HEADERS, id, stored.as_str().ok_or_else(corrupt)?)?;
        serde_json::from_slice(&plain).map_err(|_| corrupt())
    }

    /// Stores the outcome.
    pub async fn finish(&self, scope: &str, key: &str, answer: &StoredAnswer) -> Result<(), DbError> {
        let id = self.id(scope, key);
        let sealed = self.db.keyring().seal(PURPOSE, &id, &answer.body)?;
        let headers = serde_json::to_vec(&answer.headers).unwrap_or_default();
        let headers = Json::String(self.db.keyring().seal(HEADERS, &id, &headers)?);
        let change = row::ActiveModel {
            state: Set("done".to_owned()),
            status: Set(Some(i64::from(answer.status))),
            headers: Set(Some(headers)),
            body: Set(Some(sealed.into_bytes())),
            ..Default::default()
        };
        self.settle(id, change).await
    }

    /// Remembers that the request ended, but not its answer, which holds a secret.
    pub async fn finish_secret(&self, scope: &str, key: &str) -> Result<(), DbError> {
        let change = row::ActiveModel { state: Set("secret".to_owned()), ..Default::default() };
        self.settle(self.id(scope, key), change).await
    }

    /// Forgets the key: its outcome is not final, and the same request may be made again.
    pub async fn abandon(&self, scope: &str, key: &str) -> Result<(), DbError> {
        let id = self.id(scope, key);
        self.db
            .write(|tx| {
                let id = id.clone();
                async move {
                    let delete = unscoped::<row::Entity>("keys are hashed with their caller").delete_many();
                    delete.filter(row::Column::Id.eq(id)).exec(&tx).await?;
                    Ok(())
                }
            })
            .await
    }

    /// Removes outcomes that have expired, at most `limit` of them. Returns how many.
    pub async fn sweep(&self, now: Timestamp, limit: u64) -> Result<u64, DbError> {
        let reason = "expired keys of everybody";
        let select = unscoped::<row::Entity>(reason).select().filter(row::Column::ExpiresAt.lte(now.millis())).limit(limit);
        let ids: Vec<Vec<u8>> = select.all(self.db.read()).await?.into_iter().map(|row| row.id).collect();
        self.db
            .write(|tx| {
                let ids = ids.clone();
                async move {
                    let delete = unscoped::<row::Entity>(reason).delete_many();
                    Ok(delete.filter(row::Column::Id.is_in(ids)).exec(&tx).await?.rows_affected)
                }
            })
            .await
    }

    async fn settle(&self, id: Vec<u8>, change: row::ActiveModel) -> Result<(), DbError> {
        self.db
            .write(|tx| {
                let (id, change) = (id.clone(), change.clone());
                async move {
                    let update = unscoped::<row::Entity>("keys are hashed with their caller").update_many();
                    update.set(change).filter(row::Column::Id.eq(id)).exec(&tx).await?;
                    Ok(())
                }
            })
            .await
    }
}
