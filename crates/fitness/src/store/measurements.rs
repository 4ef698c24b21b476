use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::measurement::{Column, Entity, Model};
use crate::model::{Measurement, MeasurementDraft, MeasurementId, MeasurementKind};

/// A taken `source_key` is [`DbError::Conflict`].
pub(crate) async fn insert(
    tx: &Tx,
    actor: &Actor,
    draft: &MeasurementDraft,
    source_key: Option<&str>,
) -> Result<Measurement, DbError> {
    let now = tx.ambient().now();
    let row = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.personal_space().get(),
        created_by: actor.subject.get(),
        kind: draft.kind.as_str().to_owned(),
        value: draft.value,
        measured_at: draft.measured_at.unwrap_or(now).millis(),
        notes: draft.notes.clone(),
        source_key: source_key.map(str::to_owned),
        created_at: now.millis(),
        updated_at: now.millis(),
        version: 1,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Measurement::try_from(row)
}

pub(crate) async fn has_key<C: ConnectionTrait>(connection: &C, owner: Owner, key: &str) -> Result<bool, DbError> {
    Ok(owned::<Entity>(owner).select().filter(Column::SourceKey.eq(key)).one(connection).await?.is_some())
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    id: MeasurementId,
) -> Result<Option<Measurement>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(Measurement::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    kind: Option<MeasurementKind>,
    request: &PageRequest,
) -> Result<Page<Measurement>, DbError> {
    let mut select = owned::<Entity>(owner).select();
    if let Some(kind) = kind {
        select = select.filter(Column::Kind.eq(kind.as_str()));
    }
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    // The list runs by another time than that of its writing, on which `page` would put this filter.
    if let Some(moment) = request.created_after {
        select = select.filter(Column::CreatedAt.gt(moment.millis()));
    }
    let request = &PageRequest { created_after: None, ..*request };
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.measured_at), id: row.id };
    let page = core_db::page(select, (Column::MeasuredAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: page.items.into_iter().map(Measurement::try_from).collect::<Result<_, _>>()?, next: page.next })
}

/// Of one kind within a time, oldest first.
pub(crate) async fn series<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    kind: MeasurementKind,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Measurement>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::Kind.eq(kind.as_str()));
    let select = select.filter(Column::MeasuredAt.gte(from.millis())).filter(Column::MeasuredAt.lte(to.millis()));
    let rows = select.order_by_desc(Column::MeasuredAt).order_by_desc(Column::Id).limit(5000).all(connection).await?;
    rows.into_iter().rev().map(Measurement::try_from).collect()
}

/// False: there is none of this version.
pub(crate) async fn update(tx: &Tx, owner: Owner, changed: &Measurement) -> Result<bool, DbError> {
    let update = owned::<Entity>(owner)
        .update_many()
        .col_expr(Column::Value, Expr::value(changed.draft.value))
        .col_expr(Column::MeasuredAt, Expr::value(changed.measured_at.millis()))
        .col_expr(Column::Notes, Expr::value(changed.draft.notes.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(changed.id.get()))
        .filter(Column::Version.eq(changed.version));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, id: MeasurementId) -> Result<bool, DbError> {
    Ok(owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get())).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Measurement {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let kind = MeasurementKind::parse(&row.kind).ok_or_else(|| DbError::Corrupt(format!("the measurement {}", row.id)))?;
        let measured_at = Timestamp::from_millis(row.measured_at);
        let draft = MeasurementDraft { kind, value: row.value, measured_at: Some(measured_at), notes: row.notes };
        Ok(Self { id: MeasurementId(row.id), draft, measured_at, version: row.version })
    }
}

#[cfg(test)]
mod tests {
    use core_testing::{Engine, TestDb};
    use sea_orm::{DbBackend, QueryTrait, Statement};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the plan of a statement is not asked for otherwise")]
    async fn a_page_of_all_kinds_is_read_without_sorting_everything_that_was_measured() {
        let test = TestDb::fresh(&Engine::Sqlite, vec![crate::ledger()]).await.unwrap();
        let key = CursorKey { at: Timestamp::from_millis(5), id: Uuid::nil() };
        let after = core_db::after(Column::MeasuredAt, Column::Id, key, core_kernel::Order::Desc);
        let select = owned::<Entity>(Owner(Uuid::nil())).select().filter(after);
        let select = select.order_by_desc(Column::MeasuredAt).order_by_desc(Column::Id).limit(51);
        let sql = format!("EXPLAIN QUERY PLAN {}", select.build(DbBackend::Sqlite));
        let rows = test.db.read().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        assert!(plan.len() == 1 && plan[0].contains("(owner_id=? AND measured_at<?)"), "{plan:?}");
    }
}
