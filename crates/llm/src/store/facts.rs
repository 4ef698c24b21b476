use core_db::{DbError, Tx, owned, page};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::MEMORY_TEXT;
use super::more_rows::fact::{ActiveModel, Column, Entity, Model};
use crate::model::{ConversationId, Fact, FactId, Message, MessageId};

/// Facts are their person's alone, also in the space of an organisation.
fn of(owner: Owner, person: UserId) -> Select<Entity> {
    owned::<Entity>(owner).select().filter(Column::CreatedBy.eq(person.get()))
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner, person: UserId) -> Result<u64, DbError> {
    Ok(of(owner, person).count(connection).await?)
}

pub(crate) async fn insert(tx: &Tx, actor: &Actor, fact: &str, source: Option<&Message>) -> Result<Fact, DbError> {
    let now = tx.ambient().now().millis();
    let model = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        created_at: now,
        fact: fact.to_owned(),
        conversation_id: source.map(|message| message.conversation.get()),
        source_message_id: source.map(|message| message.id.get()),
        updated_at: now,
        version: 1,
        vector: None,
        vector_model: None,
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    MEMORY_TEXT.index(tx, actor.owner, model.id, fact).await?;
    Ok(Fact::from(model))
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    person: UserId,
    id: FactId,
) -> Result<Option<Fact>, DbError> {
    Ok(of(owner, person).filter(Column::Id.eq(id.get())).one(connection).await?.map(Fact::from))
}

/// A fact with the vector that a model made of it.
#[derive(Clone, Debug)]
pub(crate) struct Recalled {
    pub(crate) fact: Fact,
    /// None: that model has made none yet.
    pub(crate) vector: Option<Vec<f32>>,
}

/// The newest facts, newest first, with their vectors by a model.
pub(crate) async fn newest<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    person: UserId,
    model: Option<&str>,
    limit: u64,
) -> Result<Vec<Recalled>, DbError> {
    let rows = of(owner, person).order_by_desc(Column::CreatedAt).limit(limit).all(connection).await?;
    let recalled = |mut row: Model| {
        let ours = model.is_some() && row.vector_model.as_deref() == model;
        let vector = row.vector.take().filter(|_| ours).map(|bytes| numbers(&bytes));
        Recalled { fact: Fact::from(row), vector }
    };
    Ok(rows.into_iter().map(recalled).collect())
}

/// Facts that a model has made no vector of.
pub(crate) async fn without_vector<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    person: UserId,
    model: &str,
    limit: u64,
) -> Result<Vec<Fact>, DbError> {
    let lacks = Column::VectorModel.is_null().or(Column::VectorModel.ne(model));
    let rows = of(owner, person).filter(lacks).order_by_desc(Column::CreatedAt).limit(limit).all(connection).await?;
    Ok(rows.into_iter().map(Fact::from).collect())
}

/// Keeps the vector of a fact, unless the fact has changed since.
pub(crate) async fn set_vector(tx: &Tx, fact: &Fact, model: &str, vector: &[f32]) -> Result<(), DbError> {
    let bytes = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    let change = ActiveModel { vector: Set(Some(bytes)), vector_model: Set(Some(model.to_owned())), ..Default::default() };
    let update = owned::<Entity>(fact.owner).update_many().set(change).filter(Column::Id.eq(fact.id.get()));
    update.filter(Column::Version.eq(fact.version)).exec(tx).await?;
    Ok(())
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).filter_map(|four| four.try_into().ok()).map(f32::from_le_bytes).collect()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    person: UserId,
    query: Option<&str>,
    request: &PageRequest,
) -> Result<Page<Fact>, DbError> {
    let mut select = of(owner, person);
    if let Some(query) = query {
        let hits = MEMORY_TEXT.search(connection, owner, query, 1_000).await?;
        select = select.filter(Column::Id.is_in(hits.into_iter().map(|hit| hit.id)));
    }
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    Ok(page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?.map(Fact::from))
}

pub(crate) async fn update(tx: &Tx, current: &Fact, fact: &str) -> Result<(), DbError> {
    let change = ActiveModel {
        fact: Set(fact.to_owned()),
        updated_at: Set(tx.ambient().now().millis()),
        vector: Set(None),
        vector_model: Set(None),
        ..Default::default()
    };
    owned::<Entity>(current.owner)
        .update_many()
        .set(change)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(current.id.get()))
        .exec(tx)
        .await?;
    MEMORY_TEXT.index(tx, current.owner, current.id.get(), fact).await
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, person: UserId, id: FactId) -> Result<bool, DbError> {
    let gone = owned::<Entity>(owner).delete_many().filter(Column::CreatedBy.eq(person.get())).filter(Column::Id.eq(id.get()));
    let deleted = gone.exec(tx).await?.rows_affected > 0;
    if deleted {
        MEMORY_TEXT.remove(tx, id.get()).await?;
    }
    Ok(deleted)
}

/// Takes away what was learnt from messages that are gone.
pub(crate) async fn forget_sources(tx: &Tx, owner: Owner, messages: &[MessageId]) -> Result<(), DbError> {
    for chunk in messages.chunks(500) {
        let ids = || chunk.iter().map(|id| id.get());
        let rows = owned::<Entity>(owner).select().filter(Column::SourceMessageId.is_in(ids())).all(tx).await?;
        for row in rows {
            MEMORY_TEXT.remove(tx, row.id).await?;
        }
        owned::<Entity>(owner).delete_many().filter(Column::SourceMessageId.is_in(ids())).exec(tx).await?;
    }
    Ok(())
}

/// Takes away what was learnt from a conversation that is gone.
pub(crate) async fn forget_conversation(tx: &Tx, owner: Owner, conversation: ConversationId) -> Result<(), DbError> {
    let of_it = || Column::ConversationId.eq(conversation.get());
    for row in owned::<Entity>(owner).select().filter(of_it()).all(tx).await? {
        MEMORY_TEXT.remove(tx, row.id).await?;
    }
    owned::<Entity>(owner).delete_many().filter(of_it()).exec(tx).await?;
    Ok(())
}

impl From<Model> for Fact {
    fn from(row: Model) -> Self {
        Self {
            id: FactId(row.id),
            owner: Owner(row.owner_id),
            fact: row.fact,
            conversation: row.conversation_id.map(ConversationId),
            source_message: row.source_message_id.map(MessageId),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        }
    }
}
