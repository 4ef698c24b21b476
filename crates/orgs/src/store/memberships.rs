use core_db::{DbError, Tx, owned, page, unscoped};
use core_kernel::{CursorKey, OrgRole, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::entity::{departure, membership as row, org};
use crate::model::{parse_role, word};
use crate::{Membership, OrgId};

const REASON: &str = "one person's places in all organisations";

pub(crate) async fn create(tx: &Tx, org: OrgId, user: UserId, role: OrgRole) -> Result<Membership, DbError> {
    let now = tx.ambient().now();
    let membership = Membership { id: tx.ambient().ids.next(), org, user, role, joined_at: now, updated_at: now, version: 1 };
    let model = row::ActiveModel {
        id: Set(membership.id),
        org_id: Set(org.get()),
        user_id: Set(user.get()),
        role: Set(word(role).to_owned()),
        created_at: Set(now.millis()),
        updated_at: Set(now.millis()),
        version: Set(1),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    owned::<departure::Entity>(org.into()).delete_many().filter(departure::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(membership)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, org: OrgId, user: UserId) -> Result<Option<Membership>, DbError> {
    let select = owned::<row::Entity>(org.into()).select().filter(row::Column::UserId.eq(user.get()));
    select.one(connection).await?.map(Membership::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    org: OrgId,
    request: &PageRequest,
) -> Result<Page<Membership>, DbError> {
    let mut select = owned::<row::Entity>(org.into()).select();
    if let Some(since) = request.updated_since {
        select = select.filter(row::Column::UpdatedAt.gte(since.millis()));
    }
    read(page(select, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?)
}

/// A person's places. `updated_since` is about the organisations.
pub(crate) async fn list_of<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    request: &PageRequest,
) -> Result<Page<Membership>, DbError> {
    let mut select = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    if let Some(since) = request.updated_since {
        let changed = Query::select()
            .column(org::Column::Id)
            .from(org::Entity)
            .and_where(org::Column::UpdatedAt.gte(since.millis()))
            .to_owned();
        select = select.filter(row::Column::OrgId.in_subquery(changed));
    }
    read(page(select, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?)
}

/// Every organisation that a person is in.
pub(crate) async fn orgs_of<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<OrgId>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    Ok(select.all(connection).await?.into_iter().map(|row| OrgId(row.org_id)).collect())
}

/// Everybody who is in an organisation.
pub(crate) async fn users<C: ConnectionTrait>(connection: &C, org: OrgId) -> Result<Vec<UserId>, DbError> {
    let rows = owned::<row::Entity>(org.into()).select().all(connection).await?;
    Ok(rows.into_iter().map(|row| UserId(row.user_id)).collect())
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, org: OrgId) -> Result<u64, DbError> {
    Ok(owned::<row::Entity>(org.into()).select().count(connection).await?)
}

pub(crate) async fn count_owners<C: ConnectionTrait>(connection: &C, org: OrgId) -> Result<u64, DbError> {
    let owners = row::Column::Role.eq(word(OrgRole::Owner));
    Ok(owned::<row::Entity>(org.into()).select().filter(owners).count(connection).await?)
}

/// Who comes next when the last owner is gone: of the highest role, the one who is there longest.
pub(crate) async fn heir<C: ConnectionTrait>(connection: &C, org: OrgId) -> Result<Option<Membership>, DbError> {
    for role in [OrgRole::Owner, OrgRole::Admin, OrgRole::Member, OrgRole::Viewer] {
        let select = owned::<row::Entity>(org.into()).select().filter(row::Column::Role.eq(word(role)));
        let first = select.order_by_asc(row::Column::CreatedAt).order_by_asc(row::Column::Id).one(connection).await?;
        if let Some(first) = first {
            return Membership::try_from(first).map(Some);
        }
    }
    Ok(None)
}

/// Gives a member another role, if the row is still at the record's version. Returns the new record, or none.
pub(crate) async fn set_role(tx: &Tx, membership: &Membership, role: OrgRole) -> Result<Option<Membership>, DbError> {
    let changed = Membership { role, updated_at: tx.ambient().now(), version: membership.version + 1, ..membership.clone() };
    let change = row::ActiveModel {
        role: Set(word(role).to_owned()),
        updated_at: Set(changed.updated_at.millis()),
        version: Set(changed.version),
        ..Default::default()
    };
    let update = owned::<row::Entity>(membership.org.into()).update_many().set(change);
    let update = update.filter(row::Column::Id.eq(membership.id)).filter(row::Column::Version.eq(membership.version));
    Ok((update.exec(tx).await?.rows_affected == 1).then_some(changed))
}

/// Ends a membership, and remembers it, so that the domain of an address alone does not bring the person back.
pub(crate) async fn end(tx: &Tx, membership: &Membership) -> Result<(), DbError> {
    owned::<row::Entity>(membership.org.into()).delete_many().filter(row::Column::Id.eq(membership.id)).exec(tx).await?;
    let model = departure::ActiveModel {
        id: Set(tx.ambient().ids.next()),
        org_id: Set(membership.org.get()),
        user_id: Set(membership.user.get()),
        created_at: Set(tx.ambient().now().millis()),
    };
    let there = OnConflict::columns([departure::Column::OrgId, departure::Column::UserId]).do_nothing().to_owned();
    departure::Entity::insert(model).on_conflict(there).try_insert().exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn has_departed<C: ConnectionTrait>(connection: &C, org: OrgId, user: UserId) -> Result<bool, DbError> {
    let select = owned::<departure::Entity>(org.into()).select().filter(departure::Column::UserId.eq(user.get()));
    Ok(select.one(connection).await?.is_some())
}

pub(crate) async fn forget_departures(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let delete = unscoped::<departure::Entity>(REASON).delete_many();
    delete.filter(departure::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}

fn key(row: &row::Model) -> CursorKey {
    CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id }
}

fn read(page: Page<row::Model>) -> Result<Page<Membership>, DbError> {
    let items = page.items.into_iter().map(Membership::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

impl TryFrom<row::Model> for Membership {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let role = parse_role(&row.role).ok_or_else(|| DbError::Corrupt(format!("membership {}: role", row.id)))?;
        Ok(Self {
            id: row.id,
            org: OrgId(row.org_id),
            user: UserId(row.user_id),
            role,
            joined_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
