use core_db::{Db, DbError, Tx, owned, unscoped};
use core_feature::{ExportError, ExportSink};
use core_kernel::{Owner, UserId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::more_rows::{attempt, decision, fact, policy, spending, summary, template};
use super::rows::{branch, conversation, generation, message};
use super::{MEMORY_TEXT, MESSAGE_TEXT};
use crate::model::{Attempt, Conversation, Generation, Message};

/// How many rows are read at a time.
const BATCH: u64 = 200;

/// Reads an owner's rows by id, a batch at a time, and hands each to `$write`.
macro_rules! export_all {
    ($db:expr, $owner:expr, $sink:expr, $module:ident, $collection:literal, $write:expr) => {{
        let mut after: Option<Uuid> = None;
        loop {
            let mut select = owned::<$module::Entity>($owner).select().order_by_asc($module::Column::Id).limit(BATCH);
            if let Some(id) = after {
                select = select.filter($module::Column::Id.gt(id));
            }
            let rows = select.all($db.read()).await.map_err(DbError::from)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            for row in rows {
                $sink.row($collection, $write(row)?).await?;
            }
        }
    }};
}

pub(crate) async fn export(db: &Db, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    export_all!(db, owner, sink, conversation, "conversations", conversation_document);
    export_all!(db, owner, sink, message, "messages", message_document);
    export_all!(db, owner, sink, generation, "generations", generation_document);
    export_all!(db, owner, sink, attempt, "generation_attempts", attempt_document);
    export_all!(db, owner, sink, template, "prompt_templates", template_document);
    export_all!(db, owner, sink, fact, "memories", fact_document);
    export_all!(db, owner, sink, summary, "conversation_summaries", summary_document);
    Ok(())
}

fn attempt_document(row: attempt::Model) -> Result<Value, DbError> {
    let generation = row.generation_id;
    let row = Attempt::try_from(row)?;
    Ok(json!({
        "id": row.id, "generation_id": generation, "number": row.number, "cause": row.cause, "state": row.state,
        "provider": row.provider, "model": row.model, "text": row.text, "finish_reason": row.finish_reason, "usage": row.usage,
        "usage_source": row.usage_source, "cost_micros": row.cost.micros, "request_id": row.request_id,
        "created_at": row.created_at, "finished_at": row.finished_at,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "the documents are made by one macro")]
fn fact_document(row: fact::Model) -> Result<Value, DbError> {
    Ok(json!({
        "id": row.id, "fact": row.fact, "conversation_id": row.conversation_id, "source_message_id": row.source_message_id,
        "created_by": row.created_by, "created_at": row.created_at, "updated_at": row.updated_at,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "the documents are made by one macro")]
fn summary_document(row: summary::Model) -> Result<Value, DbError> {
    Ok(json!({
        "conversation_id": row.conversation_id, "message_id": row.message_id, "summary": row.summary, "kind": row.kind,
        "provider": row.provider, "created_at": row.created_at,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "the documents are made by one macro")]
fn template_document(row: template::Model) -> Result<Value, DbError> {
    Ok(json!({
        "name": row.name, "version": row.version, "text": row.source, "created_by": row.created_by, "created_at": row.created_at,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "the three documents are made by one macro")]
fn conversation_document(row: conversation::Model) -> Result<Value, DbError> {
    let row = Conversation::from(row);
    Ok(json!({
        "id": row.id, "created_by": row.created_by, "visibility": row.visibility, "title": row.title,
        "system_prompt": row.system_prompt, "model": row.model, "archived": row.archived, "pinned": row.pinned,
        "metadata": row.metadata, "active_leaf_id": row.active_leaf, "created_at": row.created_at, "updated_at": row.updated_at,
    }))
}

fn message_document(row: message::Model) -> Result<Value, DbError> {
    let row = Message::try_from(row)?;
    Ok(json!({
        "id": row.id, "conversation_id": row.conversation, "created_by": row.created_by, "parent_id": row.place.parent,
        "role": row.role, "content": row.parts, "status": row.status, "generation_id": row.generation, "model": row.model,
        "finish_reason": row.finish_reason, "created_at": row.created_at,
    }))
}

fn generation_document(row: generation::Model) -> Result<Value, DbError> {
    let row = Generation::try_from(row)?;
    Ok(json!({
        "id": row.id, "created_by": row.created_by, "purpose": row.purpose, "conversation_id": row.conversation,
        "state": row.state, "provider": row.provider, "model": row.model, "text": row.text, "reasoning": row.reasoning,
        "tool_calls": row.tool_calls, "finish_reason": row.finish_reason, "usage": row.usage,
        "usage_source": row.usage_source, "cost_micros": row.cost_micros, "currency": row.currency,
        "created_at": row.created_at, "finished_at": row.finished_at,
    }))
}

/// Removes everything of a space.
pub(crate) async fn erase(db: &Db, owner: Owner) -> Result<(), DbError> {
    db.write(|tx| async move {
        owned::<message::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<branch::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<conversation::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<generation::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<attempt::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<template::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<fact::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<summary::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<decision::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<policy::Entity>(owner).delete_many().exec(&tx).await?;
        owned::<spending::Entity>(owner).delete_many().exec(&tx).await?;
        MESSAGE_TEXT.remove_owner(&tx, owner).await?;
        MEMORY_TEXT.remove_owner(&tx, owner).await?;
        Ok(())
    })
    .await
}

const WHY: &str = "a person leaves rows in the spaces of organisations";

/// Takes the words of conversations out of the index.
async fn forget_text(tx: &Tx, conversations: &[Uuid]) -> Result<(), DbError> {
    let select = unscoped::<message::Entity>(WHY).select().select_only().column(message::Column::Id);
    let within = message::Column::ConversationId.is_in(conversations.iter().copied());
    let ids: Vec<Uuid> = select.filter(within).into_tuple().all(tx).await?;
    for id in ids {
        MESSAGE_TEXT.remove(tx, id).await?;
    }
    Ok(())
}

/// Facts are their person's alone, wherever they are.
async fn forget_facts(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let theirs = || fact::Column::CreatedBy.eq(user.get()).and(fact::Column::OwnerId.ne(user.get()));
    let select = unscoped::<fact::Entity>(WHY).select().select_only().column(fact::Column::Id);
    let ids: Vec<Uuid> = select.filter(theirs()).into_tuple().all(tx).await?;
    for id in ids {
        MEMORY_TEXT.remove(tx, id).await?;
    }
    unscoped::<fact::Entity>(WHY).delete_many().filter(theirs()).exec(tx).await?;
    Ok(())
}

/// Removes what a person left in the spaces of organisations: their private conversations whole, and their generations. What they wrote in
/// conversations that are open to an organisation stays with the organisation, under no name.
pub(crate) async fn forget_member(db: &Db, user: UserId) -> Result<(), DbError> {
    db.write(|tx| async move {
        let private = unscoped::<conversation::Entity>(WHY)
            .select()
            .filter(conversation::Column::CreatedBy.eq(user.get()))
            .filter(conversation::Column::OwnerId.ne(user.get()))
            .filter(conversation::Column::Visibility.eq("private"))
            .all(&tx)
            .await?;
        let ids: Vec<Uuid> = private.iter().map(|row| row.id).collect();
        for chunk in ids.chunks(500) {
            let within = || chunk.iter().copied();
            forget_text(&tx, chunk).await?;
            let summaries = unscoped::<summary::Entity>(WHY).delete_many();
            summaries.filter(summary::Column::ConversationId.is_in(within())).exec(&tx).await?;
            let messages = unscoped::<message::Entity>(WHY).delete_many();
            messages.filter(message::Column::ConversationId.is_in(within())).exec(&tx).await?;
            let branches = unscoped::<branch::Entity>(WHY).delete_many();
            branches.filter(branch::Column::ConversationId.is_in(within())).exec(&tx).await?;
            let conversations = unscoped::<conversation::Entity>(WHY).delete_many();
            conversations.filter(conversation::Column::Id.is_in(within())).exec(&tx).await?;
        }
        forget_facts(&tx, user).await?;
        let theirs = decision::Column::CreatedBy.eq(user.get()).and(decision::Column::OwnerId.ne(user.get()));
        unscoped::<decision::Entity>(WHY).delete_many().filter(theirs).exec(&tx).await?;
        let theirs = attempt::Column::CreatedBy.eq(user.get()).and(attempt::Column::OwnerId.ne(user.get()));
        unscoped::<attempt::Entity>(WHY).delete_many().filter(theirs).exec(&tx).await?;
        let generations = unscoped::<generation::Entity>(WHY).delete_many();
        generations
            .filter(generation::Column::CreatedBy.eq(user.get()))
            .filter(generation::Column::OwnerId.ne(user.get()))
            .exec(&tx)
            .await?;
        let nobody = template::ActiveModel { created_by: sea_orm::ActiveValue::Set(Uuid::nil()), ..Default::default() };
        let templates = unscoped::<template::Entity>(WHY).update_many().set(nobody);
        templates
            .filter(template::Column::CreatedBy.eq(user.get()))
            .filter(template::Column::OwnerId.ne(user.get()))
            .exec(&tx)
            .await?;
        let nobody = message::ActiveModel { created_by: sea_orm::ActiveValue::Set(Uuid::nil()), ..Default::default() };
        let messages = unscoped::<message::Entity>(WHY).update_many().set(nobody);
        messages
            .filter(message::Column::CreatedBy.eq(user.get()))
            .filter(message::Column::OwnerId.ne(user.get()))
            .exec(&tx)
            .await?;
        let nobody = conversation::ActiveModel { created_by: sea_orm::ActiveValue::Set(Uuid::nil()), ..Default::default() };
        let conversations = unscoped::<conversation::Entity>(WHY).update_many().set(nobody);
        conversations
            .filter(conversation::Column::CreatedBy.eq(user.get()))
            .filter(conversation::Column::OwnerId.ne(user.get()))
            .exec(&tx)
            .await?;
        Ok(())
    })
    .await
}
