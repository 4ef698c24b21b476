use core_db::{Db, DbError, Tx, owned, unscoped};
use core_kernel::{Owner, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::entity::{file, workspace};
use crate::Workspace;

/// All workspaces of a space.
pub(crate) async fn workspaces(db: &Db, owner: Owner) -> Result<Vec<Workspace>, DbError> {
    let rows = owned::<workspace::Entity>(owner).select().order_by_asc(workspace::Column::Id).all(db.read()).await?;
    Ok(rows.into_iter().map(Workspace::from).collect())
}

pub(crate) async fn erase(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<file::Entity>(owner).delete_many().exec(tx).await?;
    owned::<workspace::Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

/// Removes the private workspaces that a person left in spaces of organisations, and takes their name from the open ones. Gives those that
/// are gone.
pub(crate) async fn forget_member(tx: &Tx, user: UserId) -> Result<Vec<Uuid>, DbError> {
    const WHY: &str = "a person leaves rows in the spaces of organisations";
    let private = unscoped::<workspace::Entity>(WHY)
        .select()
        .filter(workspace::Column::CreatedBy.eq(user.get()))
        .filter(workspace::Column::OwnerId.ne(user.get()))
        .filter(workspace::Column::Visibility.eq("private"))
        .all(tx)
        .await?;
    let ids: Vec<Uuid> = private.iter().map(|row| row.id).collect();
    for chunk in ids.chunks(500) {
        let within = || chunk.iter().copied();
        let files = unscoped::<file::Entity>(WHY).delete_many();
        files.filter(file::Column::WorkspaceId.is_in(within())).exec(tx).await?;
        let rows = unscoped::<workspace::Entity>(WHY).delete_many();
        rows.filter(workspace::Column::Id.is_in(within())).exec(tx).await?;
    }
    let nobody = workspace::ActiveModel { created_by: Set(Uuid::nil()), ..Default::default() };
    let open = unscoped::<workspace::Entity>(WHY).update_many().set(nobody).filter(workspace::Column::CreatedBy.eq(user.get()));
    open.filter(workspace::Column::OwnerId.ne(user.get())).exec(tx).await?;
    let nobody = file::ActiveModel { created_by: Set(Uuid::nil()), ..Default::default() };
    let files = unscoped::<file::Entity>(WHY).update_many().set(nobody).filter(file::Column::CreatedBy.eq(user.get()));
    files.filter(file::Column::OwnerId.ne(user.get())).exec(tx).await?;
    Ok(ids)
}
