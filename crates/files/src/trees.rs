use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::Actor;
use futures_util::StreamExt as _;

use crate::core::Core;
use crate::search::candidates;
use crate::store::manifest;
use crate::{FilesError, Kind, RelPath, Stop, TreeFile, Trees, WorkspaceId, permissions, read};

/// The most files of a tree.
const MOST: usize = 100_000;
/// Contents fetched at the same time.
const AT_ONCE: usize = 8;

/// [`Trees`] over both kinds of workspaces.
pub(crate) struct TreeService(pub(crate) Arc<Core>);

#[async_trait]
impl Trees for TreeService {
    async fn files(&self, actor: &Actor, id: WorkspaceId) -> Result<(Vec<TreeFile>, bool), FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        if workspace.kind == Kind::Stored {
            let files = manifest::all(self.0.db.read(), workspace.owner, workspace.id).await?;
            let tree = |file: crate::StoredFile| TreeFile { path: file.path, size: file.size, stamp: file.sha256 };
            return Ok((files.into_iter().map(tree).collect(), false));
        }
        let (root, _) = self.0.root_of(&workspace)?;
        let (threads, stop) = (self.0.config.threads(), Stop::after(self.0.config.search_time()));
        let _given_up = stop.on_drop();
        self.0
            .blocking(move || {
                let (paths, more) = candidates(&root, MOST, threads, &stop)?;
                let files = paths.into_iter().filter_map(|path| {
                    let facts = root.facts(&path).ok()?;
                    let stamp = format!("{:?}", facts.stamp);
                    Some(TreeFile { path, size: facts.size, stamp })
                });
                Ok((files.collect(), more))
            })
            .await
    }

    async fn load(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        paths: Vec<RelPath>,
        most: u64,
    ) -> Result<Vec<Option<Bytes>>, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        if workspace.kind == Kind::Root {
            let (root, _) = self.0.root_of(&workspace)?;
            let load = move |path: &RelPath| {
                let (file, facts) = root.open_file(path).ok()?;
                read::all(file, facts.size, most).ok().flatten().map(Bytes::from)
            };
            return self.0.blocking(move || Ok(paths.iter().map(load).collect())).await;
        }
        let listed = manifest::all(self.0.db.read(), workspace.owner, workspace.id).await?;
        let fetch = paths.into_iter().map(|path| {
            let found = listed.binary_search_by(|file| file.path.cmp(&path)).ok().and_then(|at| listed.get(at));
            let file = found.filter(|file| file.size <= most).map(|file| file.sha256.clone());
            let blobs = &self.0.blobs;
            async move {
                match file {
                    Some(sha256) => blobs.get(id, &sha256).await.ok(),
                    None => None,
                }
            }
        });
        Ok(futures_util::stream::iter(fetch).buffered(AT_ONCE).collect().await)
    }
}
