use std::collections::{BTreeSet, HashMap};

use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::entity::file::{ActiveModel, Column, Entity, Model};
use crate::{RelPath, StoredFile, WorkspaceId};

/// Rows of one statement: SQLite takes 32,766 values.
const ROWS: usize = 500;

/// A file to be listed.
#[derive(Clone, Debug)]
pub(crate) struct NewFile {
    pub(crate) path: RelPath,
    pub(crate) sha256: String,
    pub(crate) size: i64,
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    (owner, workspace): (Owner, WorkspaceId),
    path: &RelPath,
) -> Result<Option<StoredFile>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::WorkspaceId.eq(workspace.get()));
    select.filter(Column::Path.eq(path.as_str())).one(connection).await?.map(StoredFile::try_from).transpose()
}

/// All files of a workspace, in the order of their paths (by bytes, whatever the engine sorts by).
pub(crate) async fn all<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    workspace: WorkspaceId,
) -> Result<Vec<StoredFile>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::WorkspaceId.eq(workspace.get()));
    let rows = select.all(connection).await?;
    let mut files = rows.into_iter().map(StoredFile::try_from).collect::<Result<Vec<_>, _>>()?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The sizes of those of these paths that are listed.
pub(crate) async fn sizes(
    tx: &Tx,
    owner: Owner,
    workspace: WorkspaceId,
    paths: &[&str],
) -> Result<HashMap<String, i64>, DbError> {
    let mut sizes = HashMap::new();
    for chunk in paths.chunks(ROWS) {
        let select = owned::<Entity>(owner).select().filter(Column::WorkspaceId.eq(workspace.get()));
        let rows = select.filter(Column::Path.is_in(chunk.iter().copied())).all(tx).await?;
        sizes.extend(rows.into_iter().map(|row| (row.path, row.size)));
    }
    Ok(sizes)
}

/// A file stands where one of these paths needs a directory, or the other way round.
pub(crate) async fn blocked(tx: &Tx, owner: Owner, workspace: WorkspaceId, path: &RelPath) -> Result<bool, DbError> {
    let below = format!("{path}/");
    let letters = i32::try_from(below.chars().count()).unwrap_or(i32::MAX);
    let beginning = Func::cust("substr").arg(Expr::col(Column::Path)).arg(Expr::value(1)).arg(Expr::value(letters));
    let mut either = Condition::any().add(Expr::expr(beginning).eq(below));
    for directory in path.ancestors() {
        either = either.add(Column::Path.eq(directory));
    }
    let select = owned::<Entity>(owner).select().filter(Column::WorkspaceId.eq(workspace.get()));
    Ok(select.filter(either).limit(1).one(tx).await?.is_some())
}

pub(crate) async fn insert(tx: &Tx, actor: &Actor, workspace: WorkspaceId, files: &[NewFile]) -> Result<(), DbError> {
    let now = tx.ambient().now().millis();
    for chunk in files.chunks(ROWS) {
        let rows = chunk.iter().map(|file| {
            let row = Model {
                id: tx.ambient().ids.next(),
                owner_id: actor.owner.get(),
                created_by: actor.author().get(),
                workspace_id: workspace.get(),
                path: file.path.as_str().to_owned(),
                sha256: file.sha256.clone(),
                size: file.size,
                modified_at: now,
            };
            row.into_active_model()
        });
        Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Replaces the content of a listed file.
pub(crate) async fn replace(tx: &Tx, owner: Owner, workspace: WorkspaceId, file: &NewFile) -> Result<(), DbError> {
    let now = tx.ambient().now().millis();
    let change =
        ActiveModel { sha256: Set(file.sha256.clone()), size: Set(file.size), modified_at: Set(now), ..Default::default() };
    let update = owned::<Entity>(owner).update_many().set(change).filter(Column::WorkspaceId.eq(workspace.get()));
    update.filter(Column::Path.eq(file.path.as_str())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn rename(tx: &Tx, owner: Owner, workspace: WorkspaceId, from: &RelPath, to: &RelPath) -> Result<(), DbError> {
    let change = ActiveModel { path: Set(to.as_str().to_owned()), ..Default::default() };
    let update = owned::<Entity>(owner).update_many().set(change).filter(Column::WorkspaceId.eq(workspace.get()));
    update.filter(Column::Path.eq(from.as_str())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, workspace: WorkspaceId, paths: &[&str]) -> Result<(), DbError> {
    for chunk in paths.chunks(ROWS) {
        let deletion = owned::<Entity>(owner).delete_many().filter(Column::WorkspaceId.eq(workspace.get()));
        deletion.filter(Column::Path.is_in(chunk.iter().copied())).exec(tx).await?;
    }
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner, workspace: WorkspaceId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::WorkspaceId.eq(workspace.get())).exec(tx).await?;
    Ok(())
}

/// The contents that a workspace lists, whosever it is.
pub(crate) async fn contents<C: ConnectionTrait>(connection: &C, workspace: Uuid) -> Result<BTreeSet<String>, DbError> {
    let select = unscoped::<Entity>("contents that no file has any more are swept, whosever they were").select();
    let rows = select.filter(Column::WorkspaceId.eq(workspace)).order_by_asc(Column::Path).all(connection).await?;
    Ok(rows.into_iter().map(|row| row.sha256).collect())
}

impl TryFrom<Model> for StoredFile {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("file {} of a workspace", row.id));
        Ok(Self {
            path: RelPath::parse(&row.path).map_err(|_fault| corrupt())?,
            size: u64::try_from(row.size).map_err(|_negative| corrupt())?,
            sha256: row.sha256,
            modified_at: Timestamp::from_millis(row.modified_at),
        })
    }
}
