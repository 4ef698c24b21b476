use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::Actor;
use futures_util::StreamExt as _;

use crate::blobs::sha256;
use crate::core::Core;
use crate::store::manifest;
use crate::{
    Content, Documents, Entries, Expected, FilesError, Kind, Listing, Opened, Part, RelPath, Stop, Workspace, WorkspaceId,
    Written, codes, listing, permissions, read, trail, writing,
};

/// Files of one batch.
const BATCH: usize = 50;
/// Files of a batch that are read at the same time.
const AT_ONCE: usize = 8;

/// [`Documents`] over both kinds of workspaces.
pub(crate) struct DocumentService(pub(crate) Arc<Core>);

#[async_trait]
impl Documents for DocumentService {
    async fn read_directory(&self, actor: &Actor, id: WorkspaceId, listing: Listing) -> Result<Entries, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        listing::entries(&self.0, &workspace, &listing).await
    }

    async fn read_file(&self, actor: &Actor, id: WorkspaceId, path: RelPath, part: Part) -> Result<Content, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        self.content(&workspace, path, part).await
    }

    async fn read_files(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        paths: Vec<RelPath>,
    ) -> Result<Vec<Result<Content, FilesError>>, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        if paths.is_empty() || paths.len() > BATCH {
            return Err(FilesError::field("/paths", "out_of_range", "1 to 50 paths"));
        }
        // Together they are no larger than a single answer may be several times over.
        let each = (self.0.config.max_text_bytes * 4 / paths.len() as u64).min(self.0.config.max_text_bytes);
        let tasks = paths.into_iter().map(|path| self.limited(&workspace, path, Part::Whole, each));
        Ok(futures_util::stream::iter(tasks).buffered(AT_ONCE).collect().await)
    }

    async fn open(&self, actor: &Actor, id: WorkspaceId, path: RelPath) -> Result<Opened, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        match workspace.kind {
            Kind::Stored => {
                let (bytes, sha256) = self.0.whole(&workspace, &path, u64::MAX).await?;
                let size = bytes.len() as u64;
                let chunks = futures_util::stream::iter([Ok(bytes)]).boxed();
                Ok(Opened { path, size, sha256: Some(sha256), chunks })
            }
            Kind::Root => {
                let (root, _) = self.0.root_of(&workspace)?;
                let wanted = path.clone();
                let (file, facts) = self.0.blocking(move || Ok(root.open_file(&wanted)?)).await?;
                Ok(Opened { path, size: facts.size, sha256: None, chunks: chunks(file, facts.size) })
            }
        }
    }

    async fn create_file(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        path: RelPath,
        bytes: Bytes,
        expected: Expected,
    ) -> Result<Written, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::WRITE, id).await?;
        if bytes.len() as u64 > self.0.config.max_file_bytes {
            let most = self.0.config.max_file_bytes;
            return Err(FilesError::told(&codes::TOO_LARGE, format!("A file may have {most} bytes.")));
        }
        match workspace.kind {
            Kind::Stored => writing::store(&self.0, actor, &workspace, path, bytes, &expected).await,
            Kind::Root => {
                let written = writing::place(&self.0, &workspace, path, bytes, expected).await?;
                trail::record_done(&self.0.db, actor, trail::ROOT_WRITTEN, &workspace, &[&written.path]).await?;
                Ok(written)
            }
        }
    }

    async fn delete_file(&self, actor: &Actor, id: WorkspaceId, path: RelPath, expected: Expected) -> Result<(), FilesError> {
        let workspace = self.0.workspace(actor, &permissions::WRITE, id).await?;
        match workspace.kind {
            Kind::Stored => writing::unlist(&self.0, &workspace, &path, &expected).await,
            Kind::Root => {
                writing::remove(&self.0, &workspace, path.clone(), expected).await?;
                trail::record_done(&self.0.db, actor, trail::ROOT_REMOVED, &workspace, &[&path]).await
            }
        }
    }

    async fn move_file(&self, actor: &Actor, id: WorkspaceId, from: RelPath, to: RelPath) -> Result<Written, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::WRITE, id).await?;
        match workspace.kind {
            Kind::Stored => writing::relist(&self.0, &workspace, &from, to).await,
            Kind::Root => {
                let moved = writing::rename(&self.0, &workspace, from.clone(), to).await?;
                trail::record_done(&self.0.db, actor, trail::ROOT_MOVED, &workspace, &[&from, &moved.path]).await?;
                Ok(moved)
            }
        }
    }
}

impl DocumentService {
    async fn content(&self, workspace: &Workspace, path: RelPath, part: Part) -> Result<Content, FilesError> {
        self.limited(workspace, path, part, self.0.config.max_text_bytes).await
    }

    async fn limited(&self, workspace: &Workspace, path: RelPath, part: Part, most: u64) -> Result<Content, FilesError> {
        let (shown, size, sha256) = match workspace.kind {
            Kind::Stored => {
                let file = manifest::find(self.0.db.read(), (workspace.owner, workspace.id), &path).await?;
                let file = file.ok_or(FilesError::Plain(&codes::NOT_FOUND))?;
                let bytes = self.0.blobs.get(workspace.id, &file.sha256).await?;
                (read::of_bytes(&bytes, part, most)?, file.size, Some(file.sha256))
            }
            Kind::Root => self.of_root(workspace, &path, part, most).await?,
        };
        let read::Shown { decoded, first_line, truncated } = shown;
        let (text, encoding, lossy) = (decoded.text, decoded.encoding, decoded.lossy);
        Ok(Content { path, text, encoding, lossy, size, sha256, first_line, truncated })
    }

    async fn of_root(
        &self,
        workspace: &Workspace,
        path: &RelPath,
        part: Part,
        most: u64,
    ) -> Result<(read::Shown, u64, Option<String>), FilesError> {
        let (root, _) = self.0.root_of(workspace)?;
        let (path, stop) = (path.clone(), Stop::after(self.0.config.search_time()));
        let _given_up = stop.on_drop();
        self.0
            .blocking(move || {
                let (file, facts) = root.open_file(&path)?;
                if facts.size > read::WHOLE {
                    return Ok((read::of_large(file, facts.size, part, most, &stop)?, facts.size, None));
                }
                let Some(bytes) = read::all(file, facts.size, read::WHOLE)? else {
                    return Err(FilesError::Plain(&codes::UNSTEADY));
                };
                Ok((read::of_bytes(&bytes, part, most)?, bytes.len() as u64, Some(sha256(&bytes))))
            })
            .await
    }
}

/// The bytes of a file as they are wanted, exactly as many as it had when it was opened.
pub(crate) fn chunks(file: std::fs::File, size: u64) -> futures_util::stream::BoxStream<'static, Result<Bytes, FilesError>> {
    use tokio::io::AsyncReadExt as _;

    const CHUNK: usize = 64 << 10;
    let file = tokio::fs::File::from_std(file).take(size);
    let stream = futures_util::stream::try_unfold((file, size), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        if read == 0 {
            // It became shorter: the client must not take what came for the whole.
            return Err(FilesError::Plain(&codes::UNSTEADY));
        }
        Ok(Some((chunk.freeze(), (file, left.saturating_sub(read as u64)))))
    });
    stream.boxed()
}
