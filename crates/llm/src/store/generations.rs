use core_db::{Db, DbError, Tx, owned, unscoped};
use core_kernel::{Actor, ActorKind, Owner, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

pub(crate) use super::generation_words::{Scope, forget_words};
use super::rows::generation::{ActiveModel, Column, Entity, Model};
use super::{attempts, conversations, corrupt};
use crate::chat::{Partial, Usage};
use crate::error::Failure;
use crate::model::{
    Attempt, ConversationId, Generation, GenerationId, GenerationState, MessageId, Purpose, Reservation, Settlement, UsageSource,
};

/// A generation to be begun.
pub(crate) struct Draft<'a> {
    pub(crate) id: GenerationId,
    pub(crate) actor: &'a Actor,
    pub(crate) purpose: Purpose,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) user_message: Option<MessageId>,
    pub(crate) assistant_message: Option<MessageId>,
    pub(crate) provider: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) repeat: Option<Repeat>,
    /// Set when it fails before it begins.
    pub(crate) failure: Option<Failure>,
    /// The generation that it continues.
    pub(crate) parent: Option<GenerationId>,
    /// What is set aside for it.
    pub(crate) reservation: Option<Reservation>,
}

impl<'a> Draft<'a> {
    /// One outside conversations.
    pub(crate) fn plain(id: GenerationId, actor: &'a Actor, purpose: Purpose) -> Self {
        Self {
            id,
            actor,
            purpose,
            conversation: None,
            user_message: None,
            assistant_message: None,
            provider: None,
            model: None,
            repeat: None,
            failure: None,
            parent: None,
            reservation: None,
        }
    }
}

/// What makes a repeated request known: the scope and key of its `Idempotency-Key`, and a fingerprint of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Caller, method, path and key in one text.
    pub key: String,
    /// A hash of the request, in hexadecimal.
    pub fingerprint: String,
}

pub(crate) async fn insert(tx: &Tx, draft: Draft<'_>) -> Result<Generation, DbError> {
    let model = begun(draft, tx.ambient().now().millis());
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Generation::try_from(model)
}

/// The row of a generation that runs already and is still to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Due(Model);

impl Due {
    pub(crate) fn new(draft: Draft<'_>, now: Timestamp) -> Result<(Self, Generation), DbError> {
        let model = begun(draft, now.millis());
        Ok((Self(model.clone()), Generation::try_from(model)?))
    }

    /// Stores it as running.
    pub(crate) async fn store(&self, db: &Db) -> Result<(), DbError> {
        db.insert_one::<Entity>(ActiveModel::from(self.0.clone())).await
    }

    /// Stores it with its end. [`DbError::Conflict`]: the running row is there.
    pub(crate) async fn store_settled(&self, db: &Db, settlement: &Settlement) -> Result<(), DbError> {
        let mut row = ActiveModel::from(self.0.clone());
        settled(&mut row, settlement, db.ambient().now().millis());
        // A single attempt stands in the row itself.
        let [_, _, ..] = settlement.attempts.as_slice() else { return db.insert_one::<Entity>(row).await };
        let (row, generation) = (&row, &Generation::try_from(self.0.clone())?);
        db.write(|tx| async move {
            Entity::insert(row.clone()).exec_without_returning(&tx).await?;
            attempts::insert_ended(&tx, generation, &settlement.attempts).await
        })
        .await
    }
}

fn begun(draft: Draft<'_>, now: i64) -> Model {
    let state = if draft.failure.is_some() { GenerationState::Failed } else { GenerationState::Running };
    // A generation that never began must not stand in the way of a second try with the same key.
    let repeat = draft.repeat.filter(|_| draft.failure.is_none());
    Model {
        id: draft.id.get(),
        owner_id: draft.actor.owner.get(),
        created_by: draft.actor.author().get(),
        purpose: draft.purpose.as_str().to_owned(),
        conversation_id: draft.conversation.map(ConversationId::get),
        user_message_id: draft.user_message.map(MessageId::get),
        assistant_message_id: draft.assistant_message.map(MessageId::get),
        request_key: repeat.as_ref().map(|repeat| repeat.key.clone()),
        request_fingerprint: repeat.map(|repeat| repeat.fingerprint),
        state: state.as_str().to_owned(),
        provider: draft.provider,
        model: draft.model,
        answer_text: String::new(),
        reasoning: String::new(),
        tool_calls: json!([]),
        finish_reason: None,
        finish_raw: None,
        usage: json!(null_usage()),
        usage_source: UsageSource::None.as_str().to_owned(),
        cost_micros: 0,
        currency: "USD".to_owned(),
        failure_code: draft.failure.as_ref().map(|failure| failure.code.code.to_owned()),
        failure_detail: draft.failure.as_ref().map(|failure| failure.detail.clone()),
        response_id: None,
        adjustments: json!([]),
        overhead_ms: 0,
        stop_requested: false,
        price: None,
        parent_id: draft.parent.map(GenerationId::get),
        api_key_id: if let ActorKind::ApiKey { key } = draft.actor.kind { Some(key) } else { None },
        reservation: draft.reservation.as_ref().map(|reservation| json!(reservation)),
        input_tokens: 0,
        output_tokens: 0,
        confirmations: None,
        attempts: 0,
        request_id: None,
        heartbeat_at: now,
        created_at: now,
        updated_at: now,
        finished_at: draft.failure.as_ref().map(|_| now),
        version: 1,
    }
}

fn count(attempts: &[Attempt]) -> i64 {
    i64::try_from(attempts.len()).unwrap_or(i64::MAX)
}

fn null_usage() -> Usage {
    Usage::default()
}

/// The generation, when the actor may see it: their own, or one of a conversation that is open to the space.
pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    id: GenerationId,
) -> Result<Option<Generation>, DbError> {
    let Some(row) = owned::<Entity>(actor.owner).by_id(id.get()).one(connection).await? else { return Ok(None) };
    if row.created_by != actor.author().get() {
        let Some(conversation) = row.conversation_id else { return Ok(None) };
        if conversations::find(connection, actor, ConversationId(conversation)).await?.is_none() {
            return Ok(None);
        }
    }
    Generation::try_from(row).map(Some)
}

/// The row again, for somebody who may see it.
pub(crate) async fn reload<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    id: GenerationId,
) -> Result<Option<Generation>, DbError> {
    let row = owned::<Entity>(owner).by_id(id.get()).one(connection).await?;
    row.map(Generation::try_from).transpose()
}

/// The generation that an earlier request with the same key began, with that request's fingerprint.
pub(crate) async fn find_repeated<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    key: &str,
) -> Result<Option<(Generation, String)>, DbError> {
    let select = owned::<Entity>(actor.owner).select().filter(Column::RequestKey.eq(key));
    let row = select.filter(Column::CreatedBy.eq(actor.author().get())).one(connection).await?;
    row.map(|row| {
        let fingerprint = row.request_fingerprint.clone().unwrap_or_default();
        Ok((Generation::try_from(row)?, fingerprint))
    })
    .transpose()
}

/// What became of a running row while its generation was writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// All is well.
    On,
    /// Somebody asked another process to stop it.
    StopRequested,
    /// The row was deleted or settled by somebody else.
    Gone,
}

/// Stores what arrived so far and says that the generation is alive.
pub(crate) async fn beat(db: &Db, row: &Generation, partial: &Partial, made: &[Attempt]) -> Result<Pulse, DbError> {
    let (tool_calls, owner, id) = (json!(partial.tool_calls), row.owner, row.id);
    db.write(|tx| {
        let (text, reasoning, tool_calls) = (partial.text.clone(), partial.reasoning.clone(), tool_calls.clone());
        async move {
            let now = tx.ambient().now().millis();
            let change = ActiveModel {
                answer_text: Set(text),
                reasoning: Set(reasoning),
                tool_calls: Set(tool_calls),
                attempts: Set(count(made)),
                heartbeat_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            let running = Column::State.eq(GenerationState::Running.as_str());
            let update = owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get())).filter(running);
            if update.exec(&tx).await?.rows_affected == 0 {
                return Ok(Pulse::Gone);
            }
            if made.len() > 1 {
                attempts::insert_ended(&tx, row, made).await?;
            }
            let row = owned::<Entity>(owner).by_id(id.get()).one(&tx).await?;
            Ok(if row.is_some_and(|row| row.stop_requested) { Pulse::StopRequested } else { Pulse::On })
        }
    })
    .await
}

/// Asks the process that runs the generation to stop it.
pub(crate) async fn request_stop(tx: &Tx, owner: Owner, id: GenerationId) -> Result<(), DbError> {
    let change = ActiveModel { stop_requested: Set(true), ..Default::default() };
    owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

/// What is set aside for a generation by now: a later round may have raised it.
pub(crate) async fn reservation(tx: &Tx, owner: Owner, id: GenerationId) -> Result<Option<Reservation>, DbError> {
    Ok(reload(tx, owner, id).await?.and_then(|row| row.reservation))
}

/// Notes what is set aside for a generation from now on.
pub(crate) async fn set_reservation(tx: &Tx, owner: Owner, id: GenerationId, held: &Reservation) -> Result<(), DbError> {
    let change = ActiveModel { reservation: Set(Some(json!(held))), ..Default::default() };
    owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

/// Raises the version, which also keeps others of the row until the unit of work ends.
pub(crate) async fn touch(tx: &Tx, owner: Owner, id: GenerationId) -> Result<(), DbError> {
    let change = ActiveModel { updated_at: Set(tx.ambient().now().millis()), ..Default::default() };
    let update = owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get()));
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).exec(tx).await?;
    Ok(())
}

/// Stores the end. False: the row was deleted, or somebody else has settled it.
pub(crate) async fn settle(tx: &Tx, owner: Owner, id: GenerationId, settlement: &Settlement) -> Result<bool, DbError> {
    let mut change = ActiveModel::default();
    settled(&mut change, settlement, tx.ambient().now().millis());
    let update = owned::<Entity>(owner)
        .update_many()
        .set(change)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id.get()))
        .filter(Column::State.eq(GenerationState::Running.as_str()));
    Ok(update.exec(tx).await?.rows_affected > 0)
}

fn settled(row: &mut ActiveModel, settlement: &Settlement, now: i64) {
    let answer = &settlement.answer;
    row.state = Set(settlement.state.as_str().to_owned());
    row.answer_text = Set(answer.text.clone());
    row.reasoning = Set(answer.reasoning.clone());
    row.tool_calls = Set(json!(answer.tool_calls));
    row.finish_reason = Set(settlement.finish_word());
    row.finish_raw = Set(settlement.finish_raw.clone());
    row.usage = Set(settlement.usage_document());
    row.input_tokens = Set(i64::try_from(settlement.usage.input).unwrap_or(i64::MAX));
    row.output_tokens = Set(i64::try_from(settlement.usage.output).unwrap_or(i64::MAX));
    row.usage_source = Set(settlement.usage_source.as_str().to_owned());
    row.cost_micros = Set(settlement.cost.micros);
    row.price = Set(settlement.cost.row.clone());
    row.confirmations = Set((!settlement.confirmations.is_empty()).then(|| json!(settlement.confirmations)));
    row.failure_code = Set(settlement.failure.as_ref().map(|failure| failure.code.code.to_owned()));
    row.failure_detail = Set(settlement.failure.as_ref().map(|failure| failure.detail.clone()));
    row.response_id = Set(answer.response_id.clone());
    row.request_id = Set(answer.request_id.clone());
    row.attempts = Set(count(&settlement.attempts));
    row.adjustments = Set(json!(settlement.adjustments));
    row.overhead_ms = Set(settlement.overhead_ms);
    row.updated_at = Set(now);
    row.finished_at = Set(Some(now));
    if settlement.provider.is_some() {
        row.provider = Set(settlement.provider.clone());
        row.model = Set(settlement.model.clone());
    }
}

/// Running rows whose process has been silent since `before`.
pub(crate) async fn orphans<C: ConnectionTrait>(
    connection: &C,
    before: Timestamp,
    limit: u64,
) -> Result<Vec<Generation>, DbError> {
    let rows = unscoped::<Entity>("a killed process leaves rows of any owner")
        .select()
        .filter(Column::State.eq(GenerationState::Running.as_str()))
        .filter(Column::HeartbeatAt.lt(before.millis()))
        .limit(limit)
        .all(connection)
        .await?;
    rows.into_iter().map(Generation::try_from).collect()
}

impl TryFrom<Model> for Generation {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        fn read<T: serde::de::DeserializeOwned>(value: Value, what: &str) -> Result<T, DbError> {
            serde_json::from_value(value).map_err(|error| corrupt(&format!("{what}: {error}")))
        }
        Ok(Self {
            id: GenerationId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            purpose: Purpose::parse(&row.purpose).ok_or_else(|| corrupt("generation purpose"))?,
            conversation: row.conversation_id.map(ConversationId),
            user_message: row.user_message_id.map(MessageId),
            assistant_message: row.assistant_message_id.map(MessageId),
            state: GenerationState::parse(&row.state).ok_or_else(|| corrupt("generation state"))?,
            provider: row.provider,
            model: row.model,
            text: row.answer_text,
            reasoning: row.reasoning,
            tool_calls: read(row.tool_calls, "generation tool calls")?,
            finish_reason: row.finish_reason,
            finish_raw: row.finish_raw,
            usage: read(row.usage, "generation usage")?,
            usage_source: UsageSource::parse(&row.usage_source).ok_or_else(|| corrupt("usage source"))?,
            cost_micros: row.cost_micros,
            currency: row.currency,
            price: row.price,
            api_key: row.api_key_id,
            reservation: row.reservation.map(|document| read(document, "reservation")).transpose()?,
            parent: row.parent_id.map(GenerationId),
            confirmations: row.confirmations.map(|list| read(list, "confirmations")).transpose()?.unwrap_or_default(),
            failure: row.failure_code.map(|code| Failure::stored(&code, row.failure_detail.unwrap_or_default())),
            response_id: row.response_id,
            request_id: row.request_id,
            attempts: row.attempts,
            adjustments: read(row.adjustments, "generation adjustments")?,
            overhead_ms: row.overhead_ms,
            created_at: Timestamp::from_millis(row.created_at),
            finished_at: row.finished_at.map(Timestamp::from_millis),
            version: row.version,
        })
    }
}
