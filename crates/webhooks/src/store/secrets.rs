use core_db::{DbError, Tx, owned};
use core_kernel::{Owner, Timestamp};
use core_keys::Keyring;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::entity::secret::{ActiveModel, Column, Entity, Model};
use crate::model::{EndpointId, SecretInfo};
use crate::signature::SigningSecret;

/// What secrets are sealed for.
const PURPOSE: &str = "webhook-secret";
/// The most secrets that sign at a time: each makes the header longer.
pub(crate) const MOST: usize = 4;

/// A sealed secret opens for its row, endpoint and space alone.
fn bound_to(owner: Owner, endpoint: EndpointId, id: Uuid) -> Vec<u8> {
    [owner.get(), endpoint.get(), id].iter().flat_map(|id| id.into_bytes()).collect()
}

pub(crate) async fn insert(tx: &Tx, owner: Owner, endpoint: EndpointId, secret: &SigningSecret) -> Result<(), DbError> {
    let id = tx.ambient().ids.next();
    let model = Model {
        id,
        owner_id: owner.get(),
        endpoint_id: endpoint.get(),
        sealed: tx.keyring().seal(PURPOSE, &bound_to(owner, endpoint, id), secret.bytes())?,
        expires_at: None,
        created_at: tx.ambient().now().millis(),
    };
    Entity::insert(ActiveModel::from(model)).exec_without_returning(tx).await?;
    Ok(())
}

/// The rows of secrets that sign at a moment, newest first.
async fn valid<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    endpoints: &[EndpointId],
    now: Timestamp,
) -> Result<Vec<Model>, DbError> {
    let unexpired = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(now.millis()));
    let within = Column::EndpointId.is_in(endpoints.iter().map(|endpoint| endpoint.get()));
    let select = owned::<Entity>(owner).select().filter(within).filter(unexpired);
    Ok(select.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).all(connection).await?)
}

/// What there is to know of the secrets of endpoints.
pub(crate) async fn infos<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    endpoints: &[EndpointId],
    now: Timestamp,
) -> Result<Vec<(EndpointId, SecretInfo)>, DbError> {
    let info = |row: Model| {
        let expires_at = row.expires_at.map(Timestamp::from_millis);
        (EndpointId(row.endpoint_id), SecretInfo { created_at: Timestamp::from_millis(row.created_at), expires_at })
    };
    Ok(valid(connection, owner, endpoints, now).await?.into_iter().map(info).collect())
}

/// The secrets that sign at a moment, newest first.
pub(crate) async fn open<C: ConnectionTrait>(
    connection: &C,
    keyring: &Keyring,
    (owner, endpoint): (Owner, EndpointId),
    now: Timestamp,
) -> Result<Vec<SigningSecret>, DbError> {
    let mut secrets = Vec::new();
    for row in valid(connection, owner, &[endpoint], now).await?.into_iter().take(MOST) {
        secrets.push(SigningSecret::of(keyring.open(PURPOSE, &bound_to(owner, endpoint, row.id), &row.sealed)?));
    }
    Ok(secrets)
}

/// Those of now go on signing until a moment, those of before no longer than they did; of more than [`MOST`] the oldest go.
pub(crate) async fn retire(tx: &Tx, owner: Owner, endpoint: EndpointId, until: Timestamp) -> Result<(), DbError> {
    let now = tx.ambient().now();
    let change = ActiveModel { expires_at: Set(Some(until.millis())), ..Default::default() };
    let later = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(until.millis()));
    let of_endpoint = Column::EndpointId.eq(endpoint.get());
    owned::<Entity>(owner).update_many().set(change).filter(of_endpoint.clone()).filter(later).exec(tx).await?;
    let over = Condition::all().add(of_endpoint).add(Column::ExpiresAt.lte(now.millis()));
    owned::<Entity>(owner).delete_many().filter(over).exec(tx).await?;
    let left = valid(tx, owner, &[endpoint], now).await?;
    let surplus: Vec<Uuid> = left.iter().skip(MOST - 1).map(|row| row.id).collect();
    if !surplus.is_empty() {
        owned::<Entity>(owner).delete_many().filter(Column::Id.is_in(surplus)).exec(tx).await?;
    }
    Ok(())
}

pub(crate) async fn delete_of(tx: &Tx, owner: Owner, endpoint: EndpointId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::EndpointId.eq(endpoint.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}
