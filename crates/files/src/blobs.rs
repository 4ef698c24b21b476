use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;
use core_kernel::{Timestamp, hex};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use uuid::Uuid;

use crate::{FilesError, WorkspaceId};

/// Contents by their SHA-256, each workspace's apart: what two owners hold alike tells neither of the other, and what is erased is gone.
#[derive(Clone)]
pub(crate) struct Blobs(pub(crate) Arc<dyn ObjectStore>);

const PREFIX: &str = "workspaces";

fn folder(workspace: Uuid) -> String {
    format!("{PREFIX}/{}", workspace.as_simple())
}

fn key(workspace: WorkspaceId, sha256: &str) -> Path {
    Path::from(format!("{}/{sha256}", folder(workspace.get())))
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

impl Blobs {
    /// Stores a content. Written also when it is there already, so that it is young again and no sweep takes it.
    pub(crate) async fn put(&self, workspace: WorkspaceId, sha256: &str, bytes: Bytes) -> Result<(), FilesError> {
        self.0.put(&key(workspace, sha256), bytes.into()).await?;
        Ok(())
    }

    /// A content. One that is not what its name says is an error of the store.
    pub(crate) async fn get(&self, workspace: WorkspaceId, sha256: &str) -> Result<Bytes, FilesError> {
        let bytes = self.0.get(&key(workspace, sha256)).await?.bytes().await?;
        if self::sha256(&bytes) != sha256 {
            tracing::error!(%workspace, sha256, "a stored content is not what its name says");
            return Err(FilesError::Plain(&crate::codes::STORE_UNAVAILABLE));
        }
        Ok(bytes)
    }

    /// Removes all contents of a workspace.
    pub(crate) async fn remove_all(&self, workspace: Uuid) -> Result<(), FilesError> {
        let prefix = Path::from(folder(workspace));
        let found: Vec<Path> = self.0.list(Some(&prefix)).map_ok(|meta| meta.location).try_collect().await?;
        let mut deleted = self.0.delete_stream(futures_util::stream::iter(found.into_iter().map(Ok)).boxed());
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The workspaces that have contents.
    pub(crate) async fn workspaces(&self) -> Result<Vec<Uuid>, FilesError> {
        let listed = self.0.list_with_delimiter(Some(&Path::from(PREFIX))).await?;
        let id = |path: &Path| path.filename().and_then(|name| Uuid::try_parse(name).ok());
        Ok(listed.common_prefixes.iter().filter_map(id).collect())
    }

    /// Removes the contents of a workspace that were stored before a moment and that `keep` does not know.
    pub(crate) async fn sweep(
        &self,
        workspace: Uuid,
        before: Timestamp,
        keep: impl Fn(&str) -> bool,
    ) -> Result<usize, FilesError> {
        let prefix = Path::from(folder(workspace));
        let all: Vec<object_store::ObjectMeta> = self.0.list(Some(&prefix)).try_collect().await?;
        let mut swept = 0;
        for meta in all {
            let old = meta.last_modified.timestamp_millis() < before.millis();
            if old && meta.location.filename().is_some_and(|name| !keep(name)) {
                self.0.delete(&meta.location).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}
