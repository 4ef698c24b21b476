use core_db::{DbError, Tx, owned, page, unscoped};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId, Visibility};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::entity::workspace::{Column, Entity, Model};
use crate::{Kind, NewWorkspace, Workspace, WorkspaceId};

/// What the actor may see: what is open to the space, and what they made themselves.
fn visible_to(actor: &Actor) -> Condition {
    core_db::visible_to(actor, Column::Visibility, Column::CreatedBy)
}

pub(crate) async fn insert(tx: &Tx, actor: &Actor, new: &NewWorkspace) -> Result<Workspace, DbError> {
    let now = tx.ambient().now().millis();
    let row = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        visibility: new.visibility.as_str().to_owned(),
        name: new.name.clone(),
        kind: new.kind.as_str().to_owned(),
        root_name: new.root.clone(),
        files: 0,
        bytes: 0,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(row.into())
}

pub(crate) async fn count(tx: &Tx, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(tx).await?)
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    id: WorkspaceId,
) -> Result<Option<Workspace>, DbError> {
    let row = owned::<Entity>(actor.owner).by_id(id.get()).filter(visible_to(actor)).one(connection).await?;
    Ok(row.map(Workspace::from))
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    request: &PageRequest,
) -> Result<Page<Workspace>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(visible_to(actor));
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let rows = page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(rows.map(Workspace::from))
}

/// Holds the row until the end of the transaction, so that changes of one workspace come one after the other. None: it is gone.
pub(crate) async fn hold(tx: &Tx, owner: Owner, id: WorkspaceId) -> Result<Option<Workspace>, DbError> {
    let now = tx.ambient().now().millis();
    let update = owned::<Entity>(owner).update_many().col_expr(Column::UpdatedAt, Expr::value(now));
    update.filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(owned::<Entity>(owner).by_id(id.get()).one(tx).await?.map(Workspace::from))
}

/// Notes that files changed: so many more files and bytes.
pub(crate) async fn touch(tx: &Tx, owner: Owner, id: WorkspaceId, files: i64, bytes: i64) -> Result<(), DbError> {
    owned::<Entity>(owner)
        .update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::Files, Expr::col(Column::Files).add(files))
        .col_expr(Column::Bytes, Expr::col(Column::Bytes).add(bytes))
        .filter(Column::Id.eq(id.get()))
        .exec(tx)
        .await?;
    Ok(())
}

/// False: it is gone or has another version.
pub(crate) async fn delete(tx: &Tx, owner: Owner, id: WorkspaceId, version: Option<i64>) -> Result<bool, DbError> {
    let mut deletion = owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get()));
    if let Some(version) = version {
        deletion = deletion.filter(Column::Version.eq(version));
    }
    Ok(deletion.exec(tx).await?.rows_affected == 1)
}

/// Which of these workspaces still are there.
pub(crate) async fn alive<C: ConnectionTrait>(connection: &C, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    let mut alive = Vec::new();
    for chunk in ids.chunks(500) {
        let select = unscoped::<Entity>("contents of workspaces that are gone are swept, whosever they were").select();
        let rows = select.filter(Column::Id.is_in(chunk.iter().copied())).all(connection).await?;
        alive.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(alive)
}

/// The version that a workspace has now.
pub(crate) async fn version_of<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    id: WorkspaceId,
) -> Result<Option<i64>, DbError> {
    Ok(owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(|row| row.version))
}

impl From<Model> for Workspace {
    fn from(row: Model) -> Self {
        Self {
            id: WorkspaceId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            visibility: if row.visibility == Visibility::Org.as_str() { Visibility::Org } else { Visibility::Private },
            name: row.name,
            kind: if row.kind == Kind::Root.as_str() { Kind::Root } else { Kind::Stored },
            root: row.root_name,
            files: row.files,
            bytes: row.bytes,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        }
    }
}
