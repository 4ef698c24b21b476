use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

use super::entity::plan::{Column, Entity, Model};
use crate::model::{PlanId, StoredPlan};
use crate::plan::Plan;

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(connection).await?)
}

pub(crate) async fn insert(tx: &Tx, actor: &Actor, name: &str, plan: &Plan) -> Result<StoredPlan, DbError> {
    let now = tx.ambient().now().millis();
    let row = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.personal_space().get(),
        created_by: actor.subject.get(),
        name: name.to_owned(),
        archived: false,
        document: serde_json::to_value(plan).map_err(|error| DbError::Corrupt(error.to_string()))?,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    StoredPlan::try_from(row)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: PlanId) -> Result<Option<StoredPlan>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(StoredPlan::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    request: &PageRequest,
) -> Result<Page<StoredPlan>, DbError> {
    let mut select = owned::<Entity>(owner).select();
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: page.items.into_iter().map(StoredPlan::try_from).collect::<Result<_, _>>()?, next: page.next })
}

/// False: there is none of this version.
pub(crate) async fn update(tx: &Tx, owner: Owner, plan: &StoredPlan) -> Result<bool, DbError> {
    let update = owned::<Entity>(owner)
        .update_many()
        .col_expr(Column::Name, Expr::value(plan.name.as_str()))
        .col_expr(Column::Archived, Expr::value(plan.archived))
        .col_expr(Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(plan.id.get()))
        .filter(Column::Version.eq(plan.version));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, id: PlanId) -> Result<bool, DbError> {
    Ok(owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get())).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for StoredPlan {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let plan =
            serde_json::from_value(row.document).map_err(|error| DbError::Corrupt(format!("the plan {}: {error}", row.id)))?;
        Ok(Self {
            id: PlanId(row.id),
            name: row.name,
            archived: row.archived,
            plan,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
