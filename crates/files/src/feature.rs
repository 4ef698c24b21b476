use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{Handler, Schedule};
use core_kernel::{Owner, Permission, ProblemCode, UserId};
use object_store::ObjectStore;
use uuid::Uuid;

use crate::archive::ArchiveService;
use crate::blobs::Blobs;
use crate::choices::ChoiceService;
use crate::core::Core;
use crate::documents::DocumentService;
use crate::mirror::Mirror;
use crate::search::SearchService;
use crate::store::{manifest, privacy};
use crate::trees::TreeService;
use crate::workspaces::WorkspaceService;
use crate::{
    Archives, Choosing, Documents, FilesConfig, FilesError, Kind, Search, Sections, Trees, WorkspaceId, Workspaces, codes,
    migrations, permissions, sweep,
};

/// What files need.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time, ids and keys.
    pub db: Db,
    /// Settings, validated.
    pub config: FilesConfig,
    /// Where contents are kept.
    pub blobs: Arc<dyn ObjectStore>,
    /// A folder of this machine for what can be made again.
    pub cache: PathBuf,
    /// Who understands source code; [`NoSections`](crate::NoSections) where nobody does.
    pub sections: Arc<dyn Sections>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Files as a feature.
#[derive(Clone)]
pub struct Files {
    core: Arc<Core>,
    /// Workspaces.
    pub workspaces: Arc<dyn Workspaces>,
    /// Their files.
    pub documents: Arc<dyn Documents>,
    /// Searching.
    pub search: Arc<dyn Search>,
    /// Choosing a file.
    pub choosing: Arc<dyn Choosing>,
    /// Archives.
    pub archives: Arc<dyn Archives>,
    /// Workspaces as a whole, for other features.
    pub trees: Arc<dyn Trees>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl Files {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let blobs = Blobs(deps.blobs);
        let mirror = Mirror::new(deps.db.clone(), blobs.clone(), deps.cache);
        let core = Arc::new(Core::new(deps.db, deps.config, blobs, mirror, deps.sections));
        Self {
            workspaces: Arc::new(WorkspaceService(Arc::clone(&core))),
            documents: Arc::new(DocumentService(Arc::clone(&core))),
            search: Arc::new(SearchService(Arc::clone(&core))),
            choosing: Arc::new(ChoiceService(Arc::clone(&core))),
            archives: Arc::new(ArchiveService(Arc::clone(&core))),
            trees: Arc::new(TreeService(Arc::clone(&core))),
            core,
        }
    }

    /// The settings in effect.
    #[cfg(feature = "http")]
    pub(crate) fn config(&self) -> &FilesConfig {
        &self.core.config
    }

    /// Removes contents that no file has any more and that are older than an hour; the schedule does it. Gives how many there were.
    pub async fn sweep_contents(&self) -> Result<usize, FilesError> {
        sweep::sweep(&self.core).await
    }

    async fn discard(&self, workspace: Uuid) -> Result<(), DbError> {
        self.core.mirror.forget(WorkspaceId(workspace)).await;
        self.core.blobs.remove_all(workspace).await.map_err(unavailable)
    }
}

fn unavailable(error: FilesError) -> DbError {
    match error {
        FilesError::Db(error) => error,
        other => DbError::Unavailable(sea_orm::DbErr::Custom(other.to_string())),
    }
}

#[async_trait]
impl Feature for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        vec![sweep::handler(Arc::clone(&self.core))]
    }

    fn schedules(&self) -> Vec<Schedule> {
        sweep::schedule().into_iter().collect()
    }

    /// What is in an operator's directory is the operator's and not exported.
    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        for workspace in privacy::workspaces(&self.core.db, owner).await? {
            let row = serde_json::json!({
                "id": workspace.id, "created_by": workspace.created_by, "name": workspace.name, "kind": workspace.kind.as_str(),
                "root": workspace.root, "visibility": workspace.visibility, "files": workspace.files, "bytes": workspace.bytes,
                "created_at": workspace.created_at, "updated_at": workspace.updated_at,
            });
            sink.row("workspaces", row).await?;
            if workspace.kind == Kind::Root {
                continue;
            }
            for file in manifest::all(self.core.db.read(), owner, workspace.id).await? {
                let bytes = self.core.blobs.get(workspace.id, &file.sha256).await.map_err(unavailable)?;
                sink.file(&format!("workspaces/{}/{}", workspace.id, file.path), &bytes).await?;
            }
        }
        Ok(())
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        // Contents first: should they fail, the rows still tell what is left to erase.
        for workspace in privacy::workspaces(&self.core.db, owner).await? {
            self.discard(workspace.id.get()).await?;
        }
        self.core.db.write(|tx| async move { privacy::erase(&tx, owner).await }).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        let gone = self.core.db.write(|tx| async move { privacy::forget_member(&tx, user).await }).await?;
        for workspace in gone {
            self.discard(workspace).await?;
        }
        Ok(())
    }
}
