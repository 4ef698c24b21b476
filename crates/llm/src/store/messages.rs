use core_db::{DbError, Tx, owned, page};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::rows::message::{ActiveModel, Column, Entity, Model};
use super::{MESSAGE_TEXT, branches, corrupt};
use crate::chat::{Part, Role, joined_text};
use crate::model::{Branch, Conversation, ConversationId, GenerationId, Message, MessageId, MessageStatus, Placed, Settlement};

/// A message to be stored.
pub(crate) struct Draft<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) conversation: ConversationId,
    pub(crate) parent: Option<&'a Message>,
    pub(crate) role: Role,
    pub(crate) parts: &'a [Part],
    pub(crate) status: MessageStatus,
    pub(crate) generation: Option<GenerationId>,
    pub(crate) model: Option<String>,
}

pub(crate) async fn insert(tx: &Tx, draft: Draft<'_>) -> Result<Message, DbError> {
    let id = tx.ambient().ids.next();
    let now = tx.ambient().now().millis();
    let owner = draft.actor.owner;
    let place = place(tx, owner, draft.conversation, draft.parent, id).await?;
    // Times rise along a branch, also within one millisecond and between clocks that differ: pages rely on it.
    let earliest = draft.parent.map_or(now, |parent| parent.created_at.millis() + 1);
    let model = Model {
        id,
        owner_id: owner.get(),
        created_by: draft.actor.author().get(),
        conversation_id: draft.conversation.get(),
        parent_id: place.parent.map(MessageId::get),
        branch_id: place.branch,
        depth: place.depth,
        role: draft.role.as_str().to_owned(),
        parts: document(draft.parts)?,
        status: draft.status.as_str().to_owned(),
        generation_id: draft.generation.map(GenerationId::get),
        model: draft.model,
        finish_reason: None,
        created_at: Ord::max(now, earliest),
        updated_at: now,
        version: 1,
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    index(tx, owner, MessageId(id), draft.parts).await?;
    Message::try_from(model)
}

/// Where a child of `parent` stands. The first child continues the run of its parent, a further one begins a run.
async fn place(
    tx: &Tx,
    owner: Owner,
    conversation: ConversationId,
    parent: Option<&Message>,
    id: Uuid,
) -> Result<Placed, DbError> {
    let parent_id = parent.map(|parent| parent.id);
    let depth = parent.map_or(0, |parent| parent.place.depth + 1);
    if let Some(parent) = parent {
        let sibling = owned::<Entity>(owner)
            .select()
            .filter(Column::ConversationId.eq(conversation.get()))
            .filter(Column::BranchId.eq(parent.place.branch))
            .filter(Column::Depth.eq(depth));
        if sibling.one(tx).await?.is_none() {
            return Ok(Placed { branch: parent.place.branch, depth, parent: parent_id });
        }
    }
    let branch = Branch { id, parent: parent.map(|parent| parent.place.branch), fork_depth: depth - 1 };
    branches::insert(tx, owner, conversation, branch).await?;
    Ok(Placed { branch: id, depth, parent: parent_id })
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    conversation: &Conversation,
    id: MessageId,
) -> Result<Option<Message>, DbError> {
    let select = owned::<Entity>(conversation.owner).by_id(id.get());
    let row = select.filter(Column::ConversationId.eq(conversation.id.get())).one(connection).await?;
    row.map(Message::try_from).transpose()
}

/// The message again, for somebody who may see it.
pub(crate) async fn reload<C: ConnectionTrait>(connection: &C, owner: Owner, id: MessageId) -> Result<Option<Message>, DbError> {
    let row = owned::<Entity>(owner).by_id(id.get()).one(connection).await?;
    row.map(Message::try_from).transpose()
}

/// A page of the branch that ends at `leaf`, or of the whole tree.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    conversation: &Conversation,
    leaf: Option<&Message>,
    request: &PageRequest,
) -> Result<Page<Message>, DbError> {
    let mut select = owned::<Entity>(conversation.owner).select().filter(Column::ConversationId.eq(conversation.id.get()));
    if let Some(leaf) = leaf {
        select = select.filter(branches::among(&path_to(connection, conversation, leaf).await?));
    }
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let rows = page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    let items = rows.items.into_iter().map(Message::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: rows.next })
}

/// The runs from the root to a message.
pub(crate) async fn path_to<C: ConnectionTrait>(
    connection: &C,
    conversation: &Conversation,
    leaf: &Message,
) -> Result<Vec<(Uuid, i64)>, DbError> {
    let above = branches::above(connection, conversation.owner, conversation.id, leaf.place.branch).await?;
    Ok(branches::path(&above, leaf.place.branch, leaf.place.depth))
}

/// The last `limit` messages on a path, oldest first; only those deeper than `after`. A path has a message at every depth, so that its last ones
/// are found by their depth alone, however long it is and whatever branches it went through.
pub(crate) async fn along<C: ConnectionTrait>(
    connection: &C,
    conversation: &Conversation,
    path: &[(Uuid, i64)],
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<Message>, DbError> {
    let mut select = owned::<Entity>(conversation.owner)
        .select()
        .filter(Column::ConversationId.eq(conversation.id.get()))
        .filter(branches::on_path(path))
        .order_by_desc(Column::Depth)
        .limit(limit);
    let reach = path.first().map(|(_, leaf)| leaf.saturating_sub(i64::try_from(limit).unwrap_or(i64::MAX)));
    if let Some(above) = Ord::max(after, reach) {
        select = select.filter(Column::Depth.gt(above));
    }
    let mut rows = select.all(connection).await?;
    rows.reverse();
    rows.into_iter().map(Message::try_from).collect()
}

/// A message of a conversation that the actor may see.
pub(crate) async fn visible<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    id: MessageId,
) -> Result<Option<Message>, DbError> {
    let Some(message) = reload(connection, actor.owner, id).await? else { return Ok(None) };
    let conversation = super::conversations::find(connection, actor, message.conversation).await?;
    Ok(conversation.map(|_| message))
}

/// The conversations with a message that holds all words.
pub(crate) async fn conversations_with<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    words: &str,
) -> Result<Vec<Uuid>, DbError> {
    let hits = MESSAGE_TEXT.search(connection, owner, words, 1_000).await?;
    let ids = hits.into_iter().map(|hit| hit.id);
    let select = owned::<Entity>(owner).select().select_only().column(Column::ConversationId).distinct();
    Ok(select.filter(Column::Id.is_in(ids)).into_tuple().all(connection).await?)
}

/// Makes the words of a message findable.
async fn index(tx: &Tx, owner: Owner, id: MessageId, parts: &[Part]) -> Result<(), DbError> {
    let words = joined_text(parts);
    if words.trim().is_empty() {
        return Ok(());
    }
    // What PostgreSQL takes into one index entry is bounded (1 MiB of words).
    let words: String = words.chars().take(200_000).collect();
    MESSAGE_TEXT.index(tx, owner, id.get(), &words).await
}

/// Stores what a generation made of its message. None: the message was deleted meanwhile.
pub(crate) async fn settle(tx: &Tx, owner: Owner, id: MessageId, settlement: &Settlement) -> Result<Option<Message>, DbError> {
    let model = match (&settlement.provider, &settlement.model) {
        (Some(provider), Some(model)) => Some(format!("{provider}/{model}")),
        _ => None,
    };
    let change = ActiveModel {
        parts: Set(document(&settlement.answer.parts())?),
        status: Set(settlement.message_status().as_str().to_owned()),
        model: Set(model),
        finish_reason: Set(settlement.finish_word()),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    let update = owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get()));
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).exec(tx).await?;
    let Some(row) = owned::<Entity>(owner).by_id(id.get()).one(tx).await? else { return Ok(None) };
    let message = Message::try_from(row)?;
    index(tx, owner, id, &message.parts).await?;
    Ok(Some(message))
}

/// Deletes a message with everything below it. Gives the generations that were writing there.
pub(crate) async fn delete_below(tx: &Tx, conversation: &Conversation, message: &Message) -> Result<Deleted, DbError> {
    let all = branches::all(tx, conversation.owner, conversation.id).await?;
    let (below, whole) = branches::below(&all, message.place.branch, message.place.depth);
    let scope = owned::<Entity>(conversation.owner);
    let here = Column::ConversationId.eq(conversation.id.get());
    let rows = scope.select().filter(here.clone()).filter(below.clone()).all(tx).await?;
    let deleted = Deleted {
        messages: rows.iter().map(|row| MessageId(row.id)).collect(),
        generations: rows.iter().filter_map(|row| row.generation_id).map(GenerationId).collect(),
    };
    for row in &rows {
        MESSAGE_TEXT.remove(tx, row.id).await?;
    }
    scope.delete_many().filter(here).filter(below).exec(tx).await?;
    let mut gone = whole;
    let begins_here = all.get(&message.place.branch).is_some_and(|branch| branch.fork_depth + 1 == message.place.depth);
    if begins_here {
        gone.push(message.place.branch);
    }
    branches::delete(tx, conversation.owner, &gone).await?;
    Ok(deleted)
}

/// What a deletion took away.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    pub(crate) messages: Vec<MessageId>,
    pub(crate) generations: Vec<GenerationId>,
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner, conversation: ConversationId) -> Result<(), DbError> {
    let select = owned::<Entity>(owner).select().select_only().column(Column::Id);
    let ids: Vec<Uuid> = select.filter(Column::ConversationId.eq(conversation.get())).into_tuple().all(tx).await?;
    for id in ids {
        MESSAGE_TEXT.remove(tx, id).await?;
    }
    owned::<Entity>(owner).delete_many().filter(Column::ConversationId.eq(conversation.get())).exec(tx).await?;
    Ok(())
}

fn document(parts: &[Part]) -> Result<serde_json::Value, DbError> {
    serde_json::to_value(parts).map_err(|error| corrupt(&format!("message parts: {error}")))
}

impl TryFrom<Model> for Message {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        Ok(Self {
            id: MessageId(row.id),
            conversation: ConversationId(row.conversation_id),
            created_by: UserId(row.created_by),
            place: Placed { branch: row.branch_id, depth: row.depth, parent: row.parent_id.map(MessageId) },
            role: Role::parse(&row.role).ok_or_else(|| corrupt("message role"))?,
            parts: serde_json::from_value(row.parts).map_err(|error| corrupt(&format!("message parts: {error}")))?,
            status: MessageStatus::parse(&row.status).ok_or_else(|| corrupt("message status"))?,
            generation: row.generation_id.map(GenerationId),
            model: row.model,
            finish_reason: row.finish_reason,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}
