use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::workout::{Column, Entity, Model};
use crate::model::{PlanId, Swap, Workout, WorkoutDraft, WorkoutId};

/// A taken `source_key` is [`DbError::Conflict`].
pub(crate) async fn insert(tx: &Tx, actor: &Actor, draft: &WorkoutDraft, source_key: Option<&str>) -> Result<Workout, DbError> {
    let now = tx.ambient().now();
    let row = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.personal_space().get(),
        created_by: actor.subject.get(),
        plan_id: draft.plan.map(PlanId::get),
        plan_day: draft.plan_day.and_then(|day| i64::try_from(day).ok()),
        title: draft.title.clone(),
        notes: draft.notes.clone(),
        started_at: draft.started_at.unwrap_or(now).millis(),
        ended_at: draft.ended_at.map(Timestamp::millis),
        swaps: serde_json::Value::Array(Vec::new()),
        source_key: source_key.map(str::to_owned),
        created_at: now.millis(),
        updated_at: now.millis(),
        version: 1,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Workout::try_from(row)
}

pub(crate) async fn has_key<C: ConnectionTrait>(connection: &C, owner: Owner, key: &str) -> Result<bool, DbError> {
    Ok(owned::<Entity>(owner).select().filter(Column::SourceKey.eq(key)).one(connection).await?.is_some())
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: WorkoutId) -> Result<Option<Workout>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(Workout::try_from).transpose()
}

/// Newest first by when they were begun, unless the request says otherwise.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    request: &PageRequest,
) -> Result<Page<Workout>, DbError> {
    let mut select = owned::<Entity>(owner).select();
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    // The list runs by another time than that of its writing, on which `page` would put this filter.
    if let Some(moment) = request.created_after {
        select = select.filter(Column::CreatedAt.gt(moment.millis()));
    }
    let request = &PageRequest { created_after: None, ..*request };
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.started_at), id: row.id };
    let page = core_db::page(select, (Column::StartedAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: page.items.into_iter().map(Workout::try_from).collect::<Result<_, _>>()?, next: page.next })
}

/// The workouts of a time, oldest first.
pub(crate) async fn between<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    from: Timestamp,
    limit: u64,
) -> Result<Vec<Workout>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::StartedAt.gte(from.millis()));
    let select = select.order_by_desc(Column::StartedAt).order_by_desc(Column::Id).limit(limit);
    let mut rows: Vec<Workout> = select.all(connection).await?.into_iter().map(Workout::try_from).collect::<Result<_, _>>()?;
    rows.reverse();
    Ok(rows)
}

/// False: there is none of this version.
pub(crate) async fn update(tx: &Tx, owner: Owner, workout: &Workout) -> Result<bool, DbError> {
    let swaps = serde_json::to_value(&workout.swaps).map_err(|error| DbError::Corrupt(error.to_string()))?;
    let update = owned::<Entity>(owner)
        .update_many()
        .col_expr(Column::Title, Expr::value(workout.title.as_str()))
        .col_expr(Column::Notes, Expr::value(workout.notes.as_str()))
        .col_expr(Column::StartedAt, Expr::value(workout.started_at.millis()))
        .col_expr(Column::EndedAt, Expr::value(workout.ended_at.map(Timestamp::millis)))
        .col_expr(Column::Swaps, Expr::value(swaps))
        .col_expr(Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(workout.id.get()))
        .filter(Column::Version.eq(workout.version));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Notes that the sets of a workout changed. Its version stays, so that two devices may add sets at once; `versioned` where a set went
/// away, so that what is answered never bears the ETag of something else.
pub(crate) async fn touch(tx: &Tx, owner: Owner, id: WorkoutId, versioned: bool) -> Result<(), DbError> {
    let update = owned::<Entity>(owner).update_many().col_expr(Column::UpdatedAt, Expr::value(tx.ambient().now().millis()));
    let step = Expr::col(Column::Version).add(i64::from(versioned));
    update.col_expr(Column::Version, step).filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, id: WorkoutId) -> Result<bool, DbError> {
    Ok(owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get())).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Workout {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let swaps: Vec<Swap> =
            serde_json::from_value(row.swaps).map_err(|error| DbError::Corrupt(format!("the workout {}: {error}", row.id)))?;
        Ok(Self {
            id: WorkoutId(row.id),
            plan: row.plan_id.map(PlanId),
            plan_day: row.plan_day.and_then(|day| usize::try_from(day).ok()),
            title: row.title,
            notes: row.notes,
            started_at: Timestamp::from_millis(row.started_at),
            ended_at: row.ended_at.map(Timestamp::from_millis),
            swaps,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
