use std::sync::Arc;

use core_kernel::{Actor, UserId, Visibility};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use files::{Deps, Expected, Files, FilesConfig, Kind, NewWorkspace, NoSections, RelPath, Workspace, WorkspaceId, permissions};
use object_store::memory::InMemory;

/// Files on a fresh database, and somebody who may do everything.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) files: Files,
    pub(crate) blobs: Arc<InMemory>,
    pub(crate) ada: Actor,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    fresh_with(engine, FilesConfig::default()).await
}

pub(crate) async fn fresh_with(engine: &Engine, mut config: FilesConfig) -> World {
    let test = TestDb::fresh(engine, vec![files::ledger()]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shared")).unwrap();
    let shared = folder.path().join("shared").display().to_string();
    config.roots = vec![format!("open={shared}:rw"), format!("closed={shared}")];
    let blobs = Arc::new(InMemory::new());
    let files = Files::new(Deps {
        db: test.db.clone(),
        config,
        blobs: blobs.clone(),
        cache: folder.path().join("cache"),
        sections: Arc::new(NoSections),
    });
    let ambient = test.db.ambient();
    let ada = FixedActors::person(UserId(ambient.ids.next()), &permissions::ALL, ambient.now());
    World { test, files, blobs, ada, folder }
}

impl World {
    pub(crate) async fn workspace(&self) -> Workspace {
        self.workspace_of(NewWorkspace { name: "Bricks".into(), ..NewWorkspace::default() }).await
    }

    pub(crate) async fn root(&self, name: &str) -> Workspace {
        let new =
            NewWorkspace { name: "Shared".into(), kind: Kind::Root, root: Some(name.into()), visibility: Visibility::Private };
        self.workspace_of(new).await
    }

    async fn workspace_of(&self, new: NewWorkspace) -> Workspace {
        self.files.workspaces.create(&self.ada, new).await.unwrap()
    }

    pub(crate) async fn write(&self, id: WorkspaceId, path: &str, text: &str) {
        let bytes = text.to_owned().into();
        self.files.documents.create_file(&self.ada, id, at(path), bytes, Expected::Nothing).await.unwrap();
    }
}

pub(crate) fn at(path: &str) -> RelPath {
    RelPath::parse(path).unwrap()
}
