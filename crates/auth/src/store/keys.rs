use core_db::{DbError, Tx, unscoped};
use core_kernel::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::signing_key as row;
use crate::model::KeyState;

const REASON: &str = "signing keys belong to the server";

/// A signing key as stored: its seed is sealed.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: String,
    pub(crate) public_key: String,
    pub(crate) seed_sealed: String,
    pub(crate) state: KeyState,
    /// Since when it is in its state.
    pub(crate) since: Timestamp,
}

/// Every key, oldest first.
pub(crate) async fn all<C: ConnectionTrait>(connection: &C) -> Result<Vec<StoredKey>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select();
    let rows = select.order_by_asc(row::Column::CreatedAt).order_by_asc(row::Column::Id).all(connection).await?;
    rows.into_iter().map(StoredKey::try_from).collect()
}

pub(crate) async fn insert(tx: &Tx, key: &StoredKey) -> Result<(), DbError> {
    let now = tx.ambient().now().millis();
    let model = row::ActiveModel {
        id: Set(key.id.clone()),
        public_key: Set(key.public_key.clone()),
        seed_sealed: Set(key.seed_sealed.clone()),
        state: Set(key.state.as_str().to_owned()),
        state_since: Set(now),
        created_at: Set(now),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

/// Moves a key to another state.
pub(crate) async fn set_state(tx: &Tx, id: &str, state: KeyState) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::State, Expr::value(state.as_str()))
        .col_expr(row::Column::StateSince, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id));
    change.exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, id: &str) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

impl TryFrom<row::Model> for StoredKey {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let state = KeyState::parse(&row.state).ok_or_else(|| DbError::Corrupt(format!("state of signing key {}", row.id)))?;
        // Keys from before states had a time count from when they were made.
        let since = Timestamp::from_millis(if row.state_since == 0 { row.created_at } else { row.state_since });
        Ok(Self { id: row.id, public_key: row.public_key, seed_sealed: row.seed_sealed, state, since })
    }
}
