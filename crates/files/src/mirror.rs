use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use core_db::Db;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::blobs::Blobs;
use crate::store::manifest;
use crate::{FilesError, Links, RelPath, Root, Workspace, WorkspaceId};

/// Contents fetched at the same time.
const AT_ONCE: usize = 8;
/// Processes that may share a folder.
const SLOTS: usize = 64;

/// Stored workspaces as directories, for what walks over files. A cache: made from manifest and contents when it is missing or old, and
/// each process has its own.
pub(crate) struct Mirror {
    db: Db,
    blobs: Blobs,
    folder: PathBuf,
    slot: Mutex<Option<(PathBuf, File)>>,
    trees: Mutex<HashMap<WorkspaceId, Arc<RwLock<Tree>>>>,
}

/// What a directory holds now.
#[derive(Default)]
struct Tree {
    version: Option<i64>,
    /// Path to SHA-256.
    files: BTreeMap<String, String>,
}

/// A directory that stays as it is while this is held.
pub(crate) struct Reflected {
    pub(crate) root: Arc<Root>,
    _still: OwnedRwLockReadGuard<Tree>,
}

impl Mirror {
    pub(crate) fn new(db: Db, blobs: Blobs, folder: PathBuf) -> Self {
        Self { db, blobs, folder, slot: Mutex::default(), trees: Mutex::default() }
    }

    /// The workspace's files as they are in the database now, or newer.
    pub(crate) async fn reflect(&self, workspace: &Workspace) -> Result<Reflected, FilesError> {
        let tree = {
            let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(trees.entry(workspace.id).or_default())
        };
        let place = self.place(workspace.id)?;
        loop {
            let read = Arc::clone(&tree).read_owned().await;
            if read.version.is_some_and(|version| version >= workspace.version)
                && let Ok(root) = Root::open(&place, Links::Refused)
            {
                return Ok(Reflected { root: Arc::new(root), _still: read });
            }
            drop(read);
            let mut write = tree.write().await;
            if write.version.is_none_or(|version| version < workspace.version) || !place.exists() {
                self.refresh(workspace, &place, &mut write).await?;
            }
        }
    }

    /// Forgets a workspace and removes its directory.
    pub(crate) async fn forget(&self, workspace: WorkspaceId) {
        let known = self.trees.lock().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
        let Ok(place) = self.place(workspace) else { return };
        let _alone = match &known {
            Some(tree) => Some(tree.write().await),
            None => None,
        };
        // What stays is made anew or overwritten when it is wanted.
        let _gone = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(place)).await;
    }

    async fn refresh(&self, workspace: &Workspace, place: &Path, tree: &mut Tree) -> Result<(), FilesError> {
        // Read first: what is written meanwhile belongs to a later version and only makes the directory newer.
        let current = crate::store::workspaces::version_of(self.db.read(), workspace.owner, workspace.id).await?;
        let wanted = manifest::all(self.db.read(), workspace.owner, workspace.id).await?;
        let wanted: BTreeMap<String, String> =
            wanted.into_iter().map(|file| (file.path.as_str().to_owned(), file.sha256)).collect();
        if tree.version.is_none() || !place.exists() {
            // What an earlier process left may be half done.
            tree.files.clear();
            let fresh = place.to_owned();
            blocking(move || {
                let _old = std::fs::remove_dir_all(&fresh);
                Ok(std::fs::create_dir_all(&fresh)?)
            })
            .await?;
        }
        tree.version = None;
        let root = Arc::new(Root::open(place, Links::Refused)?);
        let stale: Vec<String> =
            tree.files.iter().filter(|(path, sha)| wanted.get(*path) != Some(*sha)).map(|(path, _)| path.clone()).collect();
        let missing: Vec<(String, String)> = wanted
            .iter()
            .filter(|(path, sha)| tree.files.get(*path) != Some(*sha))
            .map(|(path, sha)| (path.clone(), sha.clone()))
            .collect();
        let clearing = Arc::clone(&root);
        blocking(move || {
            for path in stale.iter().filter_map(|path| RelPath::parse(path).ok()) {
                match clearing.remove(&path) {
                    Ok(()) | Err(crate::RootFault::NotFound) => clearing.prune(&path),
                    Err(fault) => return Err(fault.into()),
                }
            }
            Ok(())
        })
        .await?;
        self.fetch(workspace.id, missing, &root).await?;
        tree.files = wanted;
        tree.version = current;
        Ok(())
    }

    async fn fetch(&self, workspace: WorkspaceId, missing: Vec<(String, String)>, root: &Arc<Root>) -> Result<(), FilesError> {
        let tasks = missing.into_iter().map(|(path, sha256)| {
            let (root, token) = (Arc::clone(root), self.db.ambient().ids.next().as_u128());
            async move {
                let bytes = self.blobs.get(workspace, &sha256).await?;
                let path = RelPath::parse(&path).map_err(|fault| FilesError::Path { pointer: String::new(), fault })?;
                blocking(move || Ok(root.place_file(&path, &bytes, (true, false), token)?)).await
            }
        });
        futures_util::stream::iter(tasks).buffer_unordered(AT_ONCE).try_collect().await
    }

    fn place(&self, workspace: WorkspaceId) -> Result<PathBuf, FilesError> {
        Ok(self.slot()?.join(workspace.get().as_simple().to_string()))
    }

    /// This process's own folder: the first that no other process holds.
    fn slot(&self) -> Result<PathBuf, FilesError> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((folder, _)) = &*slot {
            return Ok(folder.clone());
        }
        for number in 0..SLOTS {
            let folder = self.folder.join(format!("process-{number}"));
            std::fs::create_dir_all(&folder)?;
            let lock = File::create(folder.join("lock"))?;
            if lock.try_lock().is_ok() {
                *slot = Some((folder.clone(), lock));
                return Ok(folder);
            }
        }
        Err(FilesError::Plain(&crate::codes::BUSY))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, FilesError> + Send + 'static) -> Result<T, FilesError> {
    tokio::task::spawn_blocking(work).await?
}
