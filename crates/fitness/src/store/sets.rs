use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::set::{Column, Entity, Model};
use crate::model::{SetDraft, SetId, SetKind, WorkoutId, WorkoutSet};
use crate::units::Mass;

fn row(actor: &Actor, set: &WorkoutSet, now: i64) -> Model {
    let draft = &set.draft;
    Model {
        id: set.id.get(),
        owner_id: actor.personal_space().get(),
        created_by: actor.subject.get(),
        workout_id: set.workout.get(),
        exercise: draft.exercise.clone(),
        kind: draft.kind.as_str().to_owned(),
        load_g: draft.load.map(Mass::grams),
        reps: draft.reps.map(i64::from),
        seconds: draft.seconds.map(i64::from),
        metres: draft.metres.map(i64::from),
        rir_tenths: draft.rir.map(|rir| crate::units::whole(rir * 10.0)),
        rest_seconds: draft.rest_seconds.map(i64::from),
        superset: draft.superset.map(i64::from),
        notes: draft.notes.clone(),
        done_at: set.done_at.millis(),
        created_at: now,
        updated_at: now,
        version: set.version,
    }
}

pub(crate) async fn insert(tx: &Tx, actor: &Actor, workout: WorkoutId, draft: &SetDraft) -> Result<WorkoutSet, DbError> {
    let now = tx.ambient().now();
    let set = WorkoutSet {
        id: tx.ambient().id::<SetId>(),
        workout,
        draft: draft.clone(),
        done_at: draft.done_at.unwrap_or(now),
        version: 1,
    };
    Entity::insert(row(actor, &set, now.millis()).into_active_model()).exec_without_returning(tx).await?;
    Ok(set)
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner, workout: WorkoutId) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().filter(Column::WorkoutId.eq(workout.get())).count(connection).await?)
}

pub(crate) async fn of<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    workouts: &[WorkoutId],
) -> Result<Vec<WorkoutSet>, DbError> {
    let ids = workouts.iter().map(|id| id.get());
    let select = owned::<Entity>(owner).select().filter(Column::WorkoutId.is_in(ids));
    let select = select.order_by_asc(Column::DoneAt).order_by_asc(Column::Id);
    select.all(connection).await?.into_iter().map(WorkoutSet::try_from).collect()
}

/// Working sets of a time, oldest first; of the newest `limit`.
pub(crate) async fn working<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    (from, to): (Timestamp, Timestamp),
    exercises: Option<&[String]>,
    limit: u64,
) -> Result<Vec<WorkoutSet>, DbError> {
    let mut select = owned::<Entity>(owner).select().filter(Column::Kind.ne(SetKind::WarmUp.as_str()));
    select = select.filter(Column::DoneAt.gte(from.millis())).filter(Column::DoneAt.lte(to.millis()));
    if let Some(exercises) = exercises {
        select = select.filter(Column::Exercise.is_in(exercises.iter().map(String::as_str)));
    }
    let rows = select.order_by_desc(Column::DoneAt).order_by_desc(Column::Id).limit(limit).all(connection).await?;
    rows.into_iter().rev().map(WorkoutSet::try_from).collect()
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    workout: WorkoutId,
    id: SetId,
) -> Result<Option<WorkoutSet>, DbError> {
    let select = owned::<Entity>(owner).by_id(id.get()).filter(Column::WorkoutId.eq(workout.get()));
    select.one(connection).await?.map(WorkoutSet::try_from).transpose()
}

/// False: there is none of this version.
pub(crate) async fn update(tx: &Tx, actor: &Actor, set: &WorkoutSet) -> Result<bool, DbError> {
    let now = tx.ambient().now().millis();
    let mut change = row(actor, &WorkoutSet { version: set.version + 1, ..set.clone() }, now).into_active_model().reset_all();
    change.not_set(Column::CreatedAt);
    let update = owned::<Entity>(actor.personal_space()).update_many().set(change).filter(Column::Id.eq(set.id.get()));
    Ok(update.filter(Column::Version.eq(set.version)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, workout: WorkoutId, id: SetId) -> Result<bool, DbError> {
    let delete = owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get()));
    Ok(delete.filter(Column::WorkoutId.eq(workout.get())).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_of(tx: &Tx, owner: Owner, workout: WorkoutId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::WorkoutId.eq(workout.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for WorkoutSet {
    type Error = DbError;

    #[expect(clippy::cast_precision_loss, reason = "tenths of a repetition")]
    fn try_from(row: Model) -> Result<Self, DbError> {
        let small = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let draft = SetDraft {
            exercise: row.exercise,
            kind: SetKind::parse(&row.kind).ok_or_else(|| DbError::Corrupt(format!("the set {}", row.id)))?,
            load: row.load_g.map(Mass::from_grams),
            reps: small(row.reps),
            seconds: small(row.seconds),
            metres: small(row.metres),
            rir: row.rir_tenths.map(|tenths| tenths as f64 / 10.0),
            rest_seconds: small(row.rest_seconds),
            superset: small(row.superset),
            notes: row.notes,
            done_at: Some(Timestamp::from_millis(row.done_at)),
        };
        Ok(Self {
            id: SetId(row.id),
            workout: WorkoutId(row.workout_id),
            draft,
            done_at: Timestamp::from_millis(row.done_at),
            version: row.version,
        })
    }
}
