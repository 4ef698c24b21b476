use core_db::{Db, DbError, unscoped};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QueryOrder};

use super::entity::signing_key as row;

const REASON: &str = "signing keys belong to the server";

/// A signing key as stored: its seed is sealed.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: String,
    pub(crate) public_key: String,
    pub(crate) seed_sealed: String,
    pub(crate) state: String,
}

pub(crate) async fn all(db: &Db) -> Result<Vec<StoredKey>, DbError> {
    let rows = unscoped::<row::Entity>(REASON).select().order_by_asc(row::Column::CreatedAt).all(db.read()).await?;
    let read =
        |row: row::Model| StoredKey { id: row.id, public_key: row.public_key, seed_sealed: row.seed_sealed, state: row.state };
    Ok(rows.into_iter().map(read).collect())
}

/// Stores the first key, unless another replica was faster.
pub(crate) async fn create_first(db: &Db, key: StoredKey) -> Result<(), DbError> {
    db.write(|tx| {
        let key = key.clone();
        async move {
            if unscoped::<row::Entity>(REASON).select().one(&tx).await?.is_some() {
                return Ok(());
            }
            let model = row::ActiveModel {
                id: Set(key.id),
                public_key: Set(key.public_key),
                seed_sealed: Set(key.seed_sealed),
                state: Set(key.state),
                state_since: Set(tx.ambient().now().millis()),
                created_at: Set(tx.ambient().now().millis()),
            };
            row::Entity::insert(model).exec_without_returning(&tx).await?;
            Ok(())
        }
    })
    .await
}
