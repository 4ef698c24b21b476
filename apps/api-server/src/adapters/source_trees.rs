use std::sync::Arc;

use async_trait::async_trait;
use code::{SourceFile, SourceTree};
use core_kernel::{Actor, PortError};
use files::{FilesError, RelPath, TreeFile, Trees, WorkspaceId};
use uuid::Uuid;

use super::Offered;

/// `code` asks `files` for the files of workspaces.
pub(crate) struct WorkspaceTrees(pub(crate) Offered<Arc<dyn Trees>>);

#[async_trait]
impl SourceTree for WorkspaceTrees {
    async fn files(&self, actor: &Actor, workspace: Uuid) -> Result<(Vec<SourceFile>, bool), PortError> {
        let (files, more) = self.0.get()?.files(actor, WorkspaceId(workspace)).await?;
        let source = |file: TreeFile| SourceFile { path: file.path.as_str().to_owned(), size: file.size, stamp: file.stamp };
        Ok((files.into_iter().map(source).collect(), more))
    }

    async fn load(
        &self,
        actor: &Actor,
        workspace: Uuid,
        paths: Vec<String>,
        most: u64,
    ) -> Result<Vec<Option<Vec<u8>>>, PortError> {
        let read = |path: &String| RelPath::parse(path).map_err(|fault| FilesError::Path { pointer: "/path".to_owned(), fault });
        let paths = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let loaded = self.0.get()?.load(actor, WorkspaceId(workspace), paths, most).await?;
        Ok(loaded.into_iter().map(|bytes| bytes.map(Vec::from)).collect())
    }
}
