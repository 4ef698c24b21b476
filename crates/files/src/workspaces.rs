use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest};

use crate::core::Core;
use crate::store::{manifest, workspaces};
use crate::{FilesError, Kind, NewWorkspace, Workspace, WorkspaceId, Workspaces, codes, permissions, trail};

/// [`Workspaces`] over the tables.
pub(crate) struct WorkspaceService(pub(crate) Arc<Core>);

#[async_trait]
impl Workspaces for WorkspaceService {
    async fn create(&self, actor: &Actor, mut new: NewWorkspace) -> Result<Workspace, FilesError> {
        actor.require(&permissions::WRITE)?;
        if !new.has_good_name() {
            return Err(FilesError::field("/name", "invalid_name", NewWorkspace::NAME_RULE));
        }
        match new.kind {
            Kind::Root => {
                actor.require(&permissions::ROOTS)?;
                new.root = Some(self.0.allowed(new.root.as_deref())?.name.clone());
            }
            Kind::Stored if new.root.is_some() => {
                return Err(FilesError::field("/root", "not_for_stored", "only where `kind` is `root`"));
            }
            Kind::Stored => {}
        }
        let (new, most) = (&new, self.0.config.max_workspaces);
        self.0
            .db
            .write(|tx| async move {
                if workspaces::count(&tx, actor.owner).await? >= most {
                    return Err(FilesError::told(&codes::WORKSPACE_FULL, format!("A space may have {most} workspaces.")));
                }
                let made = workspaces::insert(&tx, actor, new).await?;
                if made.kind == Kind::Root {
                    trail::record(&tx, actor, trail::ROOT_OPENED, &made, &[]).await?;
                }
                Ok(made)
            })
            .await
    }

    async fn get(&self, actor: &Actor, id: WorkspaceId) -> Result<Workspace, FilesError> {
        self.0.workspace(actor, &permissions::READ, id).await
    }

    async fn list(&self, actor: &Actor, page: PageRequest) -> Result<Page<Workspace>, FilesError> {
        actor.require(&permissions::READ)?;
        Ok(workspaces::list(self.0.db.read(), actor, &page).await?)
    }

    async fn delete(&self, actor: &Actor, id: WorkspaceId, version: Option<i64>) -> Result<(), FilesError> {
        let found = self.0.workspace(actor, &permissions::WRITE, id).await?;
        let found = &found;
        let gone = self.0.db.write(|tx| async move {
            let gone = workspaces::delete(&tx, found.owner, id, version).await?;
            if gone {
                manifest::delete_all(&tx, found.owner, id).await?;
                trail::record(&tx, actor, trail::WORKSPACE_DELETED, found, &[]).await?;
            }
            Ok::<_, FilesError>(gone)
        });
        if !gone.await? {
            return Err(FilesError::Plain(&codes::CHANGED));
        }
        // The rows are gone; contents that can't be removed now are swept later.
        if let Err(error) = self.0.blobs.remove_all(id.get()).await {
            tracing::warn!(%error, workspace = %id, "the contents of a deleted workspace stay until they are swept");
        }
        self.0.mirror.forget(id).await;
        Ok(())
    }
}
