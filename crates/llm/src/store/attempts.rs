use core_db::{DbError, Tx, owned};
use core_kernel::{Owner, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{OnConflict, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::corrupt;
use super::more_rows::attempt::{ActiveModel, Column, Entity, Model};
use super::rows::generation;
use crate::catalogue::Cost;
use crate::error::Failure;
use crate::model::{Attempt, AttemptCause, AttemptId, Generation, GenerationId, GenerationState, UsageSource};

/// Stores those that have ended and are not stored yet; an attempt that has ended never changes.
pub(crate) async fn insert_ended(tx: &Tx, generation: &Generation, attempts: &[Attempt]) -> Result<(), DbError> {
    let ended = attempts.iter().filter(|attempt| attempt.state != GenerationState::Running);
    let rows: Vec<ActiveModel> = ended.map(|attempt| ActiveModel::from(row(generation, attempt))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let known = OnConflict::new().do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(known).try_insert().exec_without_returning(tx).await?;
    Ok(())
}

/// The stored attempts of a generation, oldest first.
pub(crate) async fn of<C: ConnectionTrait>(connection: &C, owner: Owner, id: GenerationId) -> Result<Vec<Attempt>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::GenerationId.eq(id.get())).order_by_asc(Column::Number);
    select.all(connection).await?.into_iter().map(Attempt::try_from).collect()
}

/// Takes the words out of the attempts of generations; the accounts stay.
pub(crate) async fn forget_words(tx: &Tx, owner: Owner, generations: SimpleExpr) -> Result<(), DbError> {
    let ids = owned::<generation::Entity>(owner).select().select_only().column(generation::Column::Id).filter(generations);
    let change = ActiveModel { answer_text: Set(None), failure_detail: Set(None), ..Default::default() };
    let update = owned::<Entity>(owner).update_many().set(change);
    update.filter(Column::GenerationId.in_subquery(ids.into_query())).exec(tx).await?;
    Ok(())
}

fn row(generation: &Generation, attempt: &Attempt) -> Model {
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    Model {
        id: attempt.id.get(),
        owner_id: generation.owner.get(),
        created_by: generation.created_by.get(),
        created_at: attempt.created_at.millis(),
        generation_id: generation.id.get(),
        parent_attempt_id: attempt.parent.map(AttemptId::get),
        number: attempt.number,
        cause: attempt.cause.as_str().to_owned(),
        state: attempt.state.as_str().to_owned(),
        provider: attempt.provider.clone(),
        model: attempt.model.clone(),
        answer_text: attempt.text.clone(),
        finish_reason: attempt.finish_reason.clone(),
        finish_raw: attempt.finish_raw.clone(),
        usage: serde_json::json!(attempt.usage),
        usage_source: attempt.usage_source.as_str().to_owned(),
        input_tokens: count(attempt.usage.input),
        output_tokens: count(attempt.usage.output),
        cost_micros: attempt.cost.micros,
        price: attempt.cost.row.clone(),
        failure_code: attempt.failure.as_ref().map(|failure| failure.code.code.to_owned()),
        failure_detail: attempt.failure.as_ref().map(|failure| failure.detail.clone()),
        request_id: attempt.request_id.clone(),
        response_id: attempt.response_id.clone(),
        finished_at: attempt.finished_at.map(Timestamp::millis),
    }
}

impl TryFrom<Model> for Attempt {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        Ok(Self {
            id: AttemptId(row.id),
            parent: row.parent_attempt_id.map(AttemptId),
            number: row.number,
            cause: AttemptCause::parse(&row.cause).ok_or_else(|| corrupt("attempt cause"))?,
            state: GenerationState::parse(&row.state).ok_or_else(|| corrupt("attempt state"))?,
            provider: row.provider,
            model: row.model,
            text: row.answer_text,
            finish_reason: row.finish_reason,
            finish_raw: row.finish_raw,
            usage: serde_json::from_value(row.usage).map_err(|error| corrupt(&format!("attempt usage: {error}")))?,
            usage_source: UsageSource::parse(&row.usage_source).ok_or_else(|| corrupt("usage source"))?,
            cost: Cost { micros: row.cost_micros, row: row.price },
            failure: row.failure_code.map(|code| Failure::stored(&code, row.failure_detail.unwrap_or_default())),
            request_id: row.request_id,
            response_id: row.response_id,
            created_at: Timestamp::from_millis(row.created_at),
            finished_at: row.finished_at.map(Timestamp::from_millis),
        })
    }
}
