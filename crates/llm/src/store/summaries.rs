use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::more_rows::summary::{ActiveModel, Column, Entity, Model};
use crate::model::{Conversation, ConversationId, Message, MessageId, Summary};
use crate::service::SummaryKind;

/// A summary to be stored.
pub(crate) struct Draft<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) conversation: &'a Conversation,
    /// The last turn that it stands for.
    pub(crate) message: &'a Message,
    pub(crate) text: &'a str,
    pub(crate) kind: SummaryKind,
    pub(crate) provider: &'a str,
}

pub(crate) async fn insert(tx: &Tx, draft: &Draft<'_>) -> Result<Summary, DbError> {
    let model = Model {
        id: tx.ambient().ids.next(),
        owner_id: draft.conversation.owner.get(),
        created_by: draft.actor.author().get(),
        created_at: tx.ambient().now().millis(),
        conversation_id: draft.conversation.id.get(),
        message_id: draft.message.id.get(),
        branch_id: draft.message.place.branch,
        depth: draft.message.place.depth,
        summary: draft.text.to_owned(),
        kind: if draft.kind == SummaryKind::Abstractive { "abstractive" } else { "extractive" }.to_owned(),
        provider: draft.provider.to_owned(),
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Ok(Summary::from(model))
}

/// The newest summary of the deepest message on a path: a summary of a turn that is on no path any more stands for nothing.
pub(crate) async fn deepest<C: ConnectionTrait>(
    connection: &C,
    conversation: &Conversation,
    path: &[(Uuid, i64)],
) -> Result<Option<Summary>, DbError> {
    let on_path = path
        .iter()
        .fold(Condition::any(), |any, (branch, depth)| any.add(Column::BranchId.eq(*branch).and(Column::Depth.lte(*depth))));
    let select = owned::<Entity>(conversation.owner)
        .select()
        .filter(Column::ConversationId.eq(conversation.id.get()))
        .filter(on_path)
        .order_by_desc(Column::Depth)
        .order_by_desc(Column::CreatedAt);
    Ok(select.one(connection).await?.map(Summary::from))
}

/// Takes away the summaries that hold words of messages that are gone: those at the messages and, since a later one may carry their words on,
/// none other is below them.
pub(crate) async fn delete_at(tx: &Tx, owner: Owner, messages: &[MessageId]) -> Result<(), DbError> {
    for chunk in messages.chunks(500) {
        let ids = chunk.iter().map(|id| id.get());
        owned::<Entity>(owner).delete_many().filter(Column::MessageId.is_in(ids)).exec(tx).await?;
    }
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner, conversation: ConversationId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::ConversationId.eq(conversation.get())).exec(tx).await?;
    Ok(())
}

impl From<Model> for Summary {
    fn from(row: Model) -> Self {
        Self {
            message: MessageId(row.message_id),
            depth: row.depth,
            text: row.summary,
            kind: if row.kind == "abstractive" { SummaryKind::Abstractive } else { SummaryKind::Extractive },
            provider: row.provider,
            created_at: Timestamp::from_millis(row.created_at),
        }
    }
}
