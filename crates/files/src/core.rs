use std::sync::Arc;

use bytes::Bytes;
use core_db::Db;
use core_kernel::{Actor, Permission};
use tokio::sync::Semaphore;

use crate::blobs::Blobs;
use crate::config::AllowedRoot;
use crate::mirror::{Mirror, Reflected};
use crate::store::workspaces;
use crate::{FilesConfig, FilesError, Kind, Links, RelPath, Root, Sections, Workspace, WorkspaceId, codes};

/// Blocking work at the same time.
const BLOCKING: usize = 32;

/// What the services share.
pub(crate) struct Core {
    pub(crate) db: Db,
    pub(crate) config: FilesConfig,
    pub(crate) blobs: Blobs,
    pub(crate) mirror: Mirror,
    pub(crate) sections: Arc<dyn Sections>,
    pub(crate) searching: Arc<Semaphore>,
    roots: Vec<AllowedRoot>,
    blocking: Arc<Semaphore>,
}

/// The directory of a workspace, ready to be walked.
pub(crate) struct Walkable {
    pub(crate) root: Arc<Root>,
    _still: Option<Reflected>,
}

impl Core {
    pub(crate) fn new(db: Db, config: FilesConfig, blobs: Blobs, mirror: Mirror, sections: Arc<dyn Sections>) -> Self {
        let roots = config.allowed_roots();
        let searching = Arc::new(Semaphore::new(config.search_concurrency.max(1)));
        Self { db, config, blobs, mirror, sections, searching, roots, blocking: Arc::new(Semaphore::new(BLOCKING)) }
    }

    /// A workspace that the actor may see, after the right was checked.
    pub(crate) async fn workspace(&self, actor: &Actor, right: &Permission, id: WorkspaceId) -> Result<Workspace, FilesError> {
        actor.require(right)?;
        let found = workspaces::find(self.db.read(), actor, id).await?;
        found.ok_or(FilesError::Plain(&codes::NO_WORKSPACE))
    }

    /// The operator's directory of this name; absent: the only one.
    pub(crate) fn allowed(&self, name: Option<&str>) -> Result<&AllowedRoot, FilesError> {
        let found = match (name, self.roots.as_slice()) {
            (Some(name), roots) => roots.iter().find(|root| root.name == name),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.ok_or(FilesError::Plain(&codes::NO_ROOT))
    }

    /// The directory of a root workspace, and whether it may be written.
    pub(crate) fn root_of(&self, workspace: &Workspace) -> Result<(Arc<Root>, bool), FilesError> {
        let allowed = self.allowed(workspace.root.as_deref())?;
        Ok((Arc::new(Root::open(&allowed.path, Links::Beneath)?), allowed.writable))
    }

    /// The same, for writing.
    pub(crate) fn writable(&self, workspace: &Workspace) -> Result<Arc<Root>, FilesError> {
        match self.root_of(workspace)? {
            (root, true) => Ok(root),
            (_, false) => Err(FilesError::Plain(&codes::READ_ONLY)),
        }
    }

    /// The workspace as a directory.
    pub(crate) async fn walkable(&self, workspace: &Workspace) -> Result<Walkable, FilesError> {
        match workspace.kind {
            Kind::Root => Ok(Walkable { root: self.root_of(workspace)?.0, _still: None }),
            Kind::Stored => {
                let still = self.mirror.reflect(workspace).await?;
                Ok(Walkable { root: Arc::clone(&still.root), _still: Some(still) })
            }
        }
    }

    /// Runs what blocks where it does no harm.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, FilesError> + Send + 'static,
    ) -> Result<T, FilesError> {
        let _slot = self.blocking.acquire().await.map_err(|_closed| FilesError::Lost)?;
        tokio::task::spawn_blocking(work).await?
    }

    /// The whole of a file, at most `most` bytes.
    pub(crate) async fn whole(&self, workspace: &Workspace, path: &RelPath, most: u64) -> Result<(Bytes, String), FilesError> {
        let too_large = || FilesError::Plain(&codes::TOO_LARGE);
        match workspace.kind {
            Kind::Stored => {
                let key = (workspace.owner, workspace.id);
                let file = crate::store::manifest::find(self.db.read(), key, path).await?;
                let file = file.ok_or(FilesError::Plain(&codes::NOT_FOUND))?;
                if file.size > most {
                    return Err(too_large());
                }
                Ok((self.blobs.get(workspace.id, &file.sha256).await?, file.sha256))
            }
            Kind::Root => {
                let (root, _) = self.root_of(workspace)?;
                let path = path.clone();
                self.blocking(move || {
                    let (file, facts) = root.open_file(&path)?;
                    let bytes = crate::read::all(file, facts.size, most)?.ok_or_else(too_large)?;
                    let sha256 = crate::blobs::sha256(&bytes);
                    Ok((Bytes::from(bytes), sha256))
                })
                .await
            }
        }
    }
}
