use core_db::{DbError, Tx, owned, page};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId, Visibility};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, LikeExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::messages;
use super::rows::conversation::{ActiveModel, Column, Entity, Model};
use crate::model::{Changes, Conversation, ConversationId, DraftConversation, MessageId};

/// What the actor may see: what is open to the space, and what they made themselves.
pub(super) fn visible_to(actor: &Actor) -> Condition {
    core_db::visible_to(actor, Column::Visibility, Column::CreatedBy)
}

/// Which conversations a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Words in the title.
    pub(crate) query: Option<String>,
    /// Only those put away, or only the others.
    pub(crate) archived: Option<bool>,
}

pub(crate) async fn insert(tx: &Tx, actor: &Actor, draft: &DraftConversation) -> Result<Conversation, DbError> {
    let now = tx.ambient().now().millis();
    let model = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        visibility: draft.visibility.as_str().to_owned(),
        title: draft.title.clone(),
        system_prompt: draft.system_prompt.clone(),
        model: draft.model.clone(),
        archived: false,
        pinned: false,
        metadata: draft.metadata.clone().unwrap_or_else(|| json!({})),
        active_leaf_id: None,
        template: draft.template.clone(),
        template_version: draft.template_version,
        context: Some(json!(draft.context)),
        tools: Some(json!(draft.tools)),
        memory: draft.memory.unwrap_or(true),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Ok(Conversation::from(model))
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    id: ConversationId,
) -> Result<Option<Conversation>, DbError> {
    let row = owned::<Entity>(actor.owner).by_id(id.get()).filter(visible_to(actor)).one(connection).await?;
    Ok(row.map(Conversation::from))
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<Conversation>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(visible_to(actor));
    if let Some(query) = &filter.query {
        let words = query.split_whitespace().take(8);
        let in_title = words.fold(Condition::all(), |all, word| all.add(title_has(word)));
        let in_messages = messages::conversations_with(connection, actor.owner, query).await?;
        select = select.filter(Condition::any().add(in_title).add(Column::Id.is_in(in_messages)));
    }
    if let Some(archived) = filter.archived {
        select = select.filter(Column::Archived.eq(archived));
    }
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let rows = page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(rows.map(Conversation::from))
}

fn title_has(word: &str) -> sea_orm::sea_query::SimpleExpr {
    let mut pattern = String::from("%");
    for letter in word.to_lowercase().chars().filter(|letter| *letter != '\0') {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(Column::Title))).like(LikeExpr::new(pattern).escape('\\'))
}

/// Applies the changes when the row still has the version. False: it has not, or it is gone.
pub(crate) async fn update(tx: &Tx, current: &Conversation, changes: &Changes) -> Result<bool, DbError> {
    let mut model = ActiveModel { ..Default::default() };
    if let Some(title) = &changes.title {
        model.title = Set(title.clone());
    }
    if let Some(prompt) = &changes.system_prompt {
        model.system_prompt = Set(prompt.clone());
    }
    if let Some(name) = &changes.model {
        model.model = Set(name.clone());
    }
    if let Some(visibility) = changes.visibility {
        model.visibility = Set(visibility.as_str().to_owned());
    }
    if let Some(metadata) = &changes.metadata {
        model.metadata = Set(metadata.clone().unwrap_or_else(|| json!({})));
    }
    if let Some(archived) = changes.archived {
        model.archived = Set(archived);
    }
    if let Some(pinned) = changes.pinned {
        model.pinned = Set(pinned);
    }
    if let Some(template) = &changes.template {
        model.template = Set(template.clone());
        // The version belongs to the name: a new name without one is the newest of that name.
        model.template_version = Set(None);
    }
    if let Some(version) = changes.template_version {
        model.template_version = Set(version);
    }
    if let Some(context) = &changes.context {
        model.context = Set(Some(json!(context)));
    }
    if let Some(tools) = &changes.tools {
        model.tools = Set(Some(json!(tools)));
    }
    if let Some(memory) = changes.memory {
        model.memory = Set(memory);
    }
    if let Some(leaf) = changes.active_leaf {
        model.active_leaf_id = Set(Some(leaf.get()));
    }
    model.updated_at = Set(tx.ambient().now().millis());
    let done = owned::<Entity>(current.owner)
        .update_many()
        .set(model)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(current.id.get()))
        .filter(Column::Version.eq(current.version))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Notes that the active branch now ends at `leaf`, and that the conversation changed.
pub(crate) async fn advance(
    tx: &Tx,
    owner: Owner,
    id: ConversationId,
    leaf: Option<MessageId>,
    title: Option<String>,
) -> Result<(), DbError> {
    let mut model = ActiveModel {
        active_leaf_id: Set(leaf.map(MessageId::get)),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    if title.is_some() {
        model.title = Set(title);
    }
    owned::<Entity>(owner)
        .update_many()
        .set(model)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id.get()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that something in the conversation changed.
pub(crate) async fn touch(tx: &Tx, owner: Owner, id: ConversationId) -> Result<(), DbError> {
    owned::<Entity>(owner)
        .update_many()
        .set(ActiveModel { updated_at: Set(tx.ambient().now().millis()), ..Default::default() })
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id.get()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Who may see it; one that is gone is nobody else's.
pub(crate) async fn visibility(tx: &Tx, owner: Owner, id: ConversationId) -> Result<Visibility, DbError> {
    let found = owned::<Entity>(owner).by_id(id.get()).one(tx).await?;
    Ok(found.map_or(Visibility::Private, |row| visibility_of(&row)))
}

fn visibility_of(row: &Model) -> Visibility {
    if row.visibility == Visibility::Org.as_str() { Visibility::Org } else { Visibility::Private }
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, id: ConversationId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

/// A list of names as it is stored.
fn names(list: Option<Value>) -> Vec<String> {
    list.and_then(|list| serde_json::from_value(list).ok()).unwrap_or_default()
}

impl From<Model> for Conversation {
    fn from(row: Model) -> Self {
        Self {
            id: ConversationId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            visibility: visibility_of(&row),
            title: row.title,
            system_prompt: row.system_prompt,
            model: row.model,
            archived: row.archived,
            pinned: row.pinned,
            metadata: if row.metadata.is_object() { row.metadata } else { Value::Object(serde_json::Map::new()) },
            active_leaf: row.active_leaf_id.map(MessageId),
            template: row.template,
            template_version: row.template_version,
            context: names(row.context),
            tools: names(row.tools),
            memory: row.memory,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        }
    }
}
