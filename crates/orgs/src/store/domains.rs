use core_db::{DbError, Tx, owned, page, unscoped};
use core_kernel::{CursorKey, OrgRole, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::entity::domain as row;
use crate::model::{parse_role, word};
use crate::{Domain, DomainId, OrgId};

/// Claims a domain. One that the organisation has already is [`DbError::Conflict`].
pub(crate) async fn create(
    tx: &Tx,
    org: OrgId,
    by: UserId,
    name: String,
    role: OrgRole,
    challenge: String,
) -> Result<Domain, DbError> {
    let model = row::Model {
        id: tx.ambient().ids.next(),
        org_id: org.get(),
        name,
        verified_name: None,
        role: word(role).to_owned(),
        challenge,
        created_by: Some(by.get()),
        verified_at: None,
        created_at: tx.ambient().now().millis(),
    };
    row::Entity::insert(row::ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Domain::try_from(model)
}

pub(crate) async fn list<C: ConnectionTrait>(connection: &C, org: OrgId, request: &PageRequest) -> Result<Page<Domain>, DbError> {
    let mut select = owned::<row::Entity>(org.into()).select();
    if let Some(since) = request.updated_since {
        let (made, proven) = (row::Column::CreatedAt.gte(since.millis()), row::Column::VerifiedAt.gte(since.millis()));
        select = select.filter(sea_orm::Condition::any().add(made).add(proven));
    }
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = page(select, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?;
    let items = page.items.into_iter().map(Domain::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, org: OrgId) -> Result<u64, DbError> {
    Ok(owned::<row::Entity>(org.into()).select().count(connection).await?)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, org: OrgId, id: DomainId) -> Result<Option<Domain>, DbError> {
    owned::<row::Entity>(org.into()).by_id(id.get()).one(connection).await?.map(Domain::try_from).transpose()
}

/// Whose a proven domain is.
pub(crate) async fn find_proven<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<Domain>, DbError> {
    let select = unscoped::<row::Entity>("the domain of an address tells the organisation").select();
    select.filter(row::Column::VerifiedName.eq(name)).one(connection).await?.map(Domain::try_from).transpose()
}

/// Notes that a domain is proven; one that another organisation has proven is [`DbError::Conflict`].
pub(crate) async fn prove(tx: &Tx, domain: &Domain) -> Result<Domain, DbError> {
    let now = tx.ambient().now();
    let change = row::ActiveModel {
        verified_name: Set(Some(domain.name.clone())),
        verified_at: Set(Some(now.millis())),
        ..Default::default()
    };
    let update = owned::<row::Entity>(domain.org.into()).update_many().set(change);
    let proven = update.filter(row::Column::Id.eq(domain.id.get())).exec(tx).await?;
    if proven.rows_affected != 1 {
        return Err(DbError::NotFound);
    }
    Ok(Domain { verified_at: Some(now), ..domain.clone() })
}

/// True when it was there.
pub(crate) async fn delete(tx: &Tx, org: OrgId, id: DomainId) -> Result<bool, DbError> {
    let delete = owned::<row::Entity>(org.into()).delete_many().filter(row::Column::Id.eq(id.get()));
    Ok(delete.exec(tx).await?.rows_affected == 1)
}

impl TryFrom<row::Model> for Domain {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let role = parse_role(&row.role).ok_or_else(|| DbError::Corrupt(format!("domain {}: role", row.id)))?;
        Ok(Self {
            id: DomainId(row.id),
            org: OrgId(row.org_id),
            name: row.name,
            role,
            challenge: row.challenge,
            verified_at: row.verified_at.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}
