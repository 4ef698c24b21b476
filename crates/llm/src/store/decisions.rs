use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, TryInsertResult};
use serde_json::Value;

use super::more_rows::decision::{ActiveModel, Column, Entity, Model};
use crate::chat::storable_json;
use crate::model::GenerationId;

/// Writes down that a call is decided. False: it was before.
pub(crate) async fn insert(tx: &Tx, actor: &Actor, generation: GenerationId, call: &str) -> Result<bool, DbError> {
    let model = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        created_at: tx.ambient().now().millis(),
        generation_id: generation.get(),
        call_id: call.to_owned(),
        // Until its outcome is known.
        decision: String::new(),
    };
    let taken = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(model)).on_conflict(taken).try_insert();
    Ok(matches!(insert.exec_without_returning(tx).await?, TryInsertResult::Inserted(1..)))
}

/// Notes the outcome of a decided call.
pub(crate) async fn settle(tx: &Tx, owner: Owner, generation: GenerationId, call: &str, outcome: &Value) -> Result<(), DbError> {
    let text = storable_json(outcome.clone()).to_string();
    owned::<Entity>(owner)
        .update_many()
        .set(ActiveModel { decision: Set(text), ..Default::default() })
        .filter(Column::GenerationId.eq(generation.get()))
        .filter(Column::CallId.eq(call))
        .exec(tx)
        .await?;
    Ok(())
}

/// The calls whose outcome is known.
pub(crate) async fn all<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    generation: GenerationId,
) -> Result<Vec<(String, Value)>, DbError> {
    let rows = owned::<Entity>(owner).select().filter(Column::GenerationId.eq(generation.get())).all(connection).await?;
    let known = rows.into_iter().filter(|row| !row.decision.is_empty());
    Ok(known.map(|row| (row.call_id, serde_json::from_str(&row.decision).unwrap_or_default())).collect())
}
