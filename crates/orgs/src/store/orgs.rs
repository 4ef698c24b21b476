use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Map, Value};

use super::entity::{departure, domain, invitation, membership, org as row};
use crate::{Org, OrgId};

/// Makes an organisation. A taken short name is [`DbError::Conflict`].
pub(crate) async fn create(
    tx: &Tx,
    by: UserId,
    name: String,
    slug: String,
    metadata: Map<String, Value>,
) -> Result<Org, DbError> {
    let now = tx.ambient().now();
    let org =
        Org { id: tx.ambient().id(), name, slug, metadata, created_by: Some(by), created_at: now, updated_at: now, version: 1 };
    let model = row::ActiveModel {
        id: Set(org.id.get()),
        name: Set(org.name.clone()),
        slug: Set(org.slug.clone()),
        metadata: Set(Value::Object(org.metadata.clone())),
        created_by: Set(Some(by.get())),
        created_at: Set(now.millis()),
        updated_at: Set(now.millis()),
        version: Set(1),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(org)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, org: OrgId) -> Result<Option<Org>, DbError> {
    owned::<row::Entity>(org.into()).select().one(connection).await?.map(Org::try_from).transpose()
}

/// The same, and no other unit of work gets past this line for the same organisation until this one ends: whatever changes who is
/// in it and as what begins here.
pub(crate) async fn lock(tx: &Tx, org: OrgId) -> Result<Option<Org>, DbError> {
    // SQLite has one writer, and the builder leaves the clause out there.
    owned::<row::Entity>(org.into()).select().lock_exclusive().one(tx).await?.map(Org::try_from).transpose()
}

pub(crate) async fn find_many<C: ConnectionTrait>(connection: &C, orgs: &[OrgId]) -> Result<Vec<Org>, DbError> {
    let ids = orgs.iter().map(|org| org.get());
    let select = unscoped::<row::Entity>("the caller's memberships name them").select();
    let rows = select.filter(row::Column::Id.is_in(ids)).all(connection).await?;
    rows.into_iter().map(Org::try_from).collect()
}

/// Writes what may change, if the row is still at the record's version. Returns the new record, or none. A taken short name is
/// [`DbError::Conflict`].
pub(crate) async fn update(tx: &Tx, org: Org) -> Result<Option<Org>, DbError> {
    let changed = Org { updated_at: tx.ambient().now(), version: org.version + 1, ..org };
    let change = row::ActiveModel {
        name: Set(changed.name.clone()),
        slug: Set(changed.slug.clone()),
        metadata: Set(Value::Object(changed.metadata.clone())),
        updated_at: Set(changed.updated_at.millis()),
        version: Set(changed.version),
        ..Default::default()
    };
    let update = owned::<row::Entity>(changed.id.into()).update_many().set(change);
    let outcome = update.filter(row::Column::Version.eq(org.version)).exec(tx).await?;
    Ok((outcome.rows_affected == 1).then_some(changed))
}

/// Removes an organisation with everything that this crate holds of it. Safe to repeat.
pub(crate) async fn delete(tx: &Tx, org: OrgId) -> Result<(), DbError> {
    let owner = org.into();
    owned::<membership::Entity>(owner).delete_many().exec(tx).await?;
    owned::<invitation::Entity>(owner).delete_many().exec(tx).await?;
    owned::<domain::Entity>(owner).delete_many().exec(tx).await?;
    owned::<departure::Entity>(owner).delete_many().exec(tx).await?;
    owned::<row::Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

/// Takes a person's id out of what they made.
pub(crate) async fn forget_maker(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let nobody = row::ActiveModel { created_by: Set(None), ..Default::default() };
    let reason = "what one person made in all organisations";
    let update = unscoped::<row::Entity>(reason).update_many().set(nobody);
    update.filter(row::Column::CreatedBy.eq(user.get())).exec(tx).await?;
    let nobody = domain::ActiveModel { created_by: Set(None), ..Default::default() };
    let update = unscoped::<domain::Entity>(reason).update_many().set(nobody);
    update.filter(domain::Column::CreatedBy.eq(user.get())).exec(tx).await?;
    Ok(())
}

impl TryFrom<row::Model> for Org {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let Value::Object(metadata) = row.metadata else {
            return Err(DbError::Corrupt(format!("org {}: metadata", row.id)));
        };
        Ok(Self {
            id: OrgId(row.id),
            name: row.name,
            slug: row.slug,
            metadata,
            created_by: row.created_by.map(UserId),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
