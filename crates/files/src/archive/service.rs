use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::Actor;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;

use super::{Intake, pack, read_all};
use crate::blobs::sha256;
use crate::core::Core;
use crate::store::manifest::NewFile;
use crate::store::{manifest, workspaces};
use crate::writing::refuse_overflow;
use crate::{
    ArchiveFormat, Archives, FilesError, Imported, Kind, Packed, RelPath, Skipped, Stop, Workspace, WorkspaceId, codes,
    permissions, trail,
};

/// Contents stored at the same time.
const AT_ONCE: usize = 8;
/// How long packing may take.
const PACKING: std::time::Duration = std::time::Duration::from_secs(100);

/// [`Archives`] over both kinds of workspaces; only stored ones take archives in.
pub(crate) struct ArchiveService(pub(crate) Arc<Core>);

#[async_trait]
impl Archives for ArchiveService {
    async fn import(&self, actor: &Actor, id: WorkspaceId, file: std::fs::File) -> Result<Imported, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::WRITE, id).await?;
        if workspace.kind == Kind::Root {
            return Err(FilesError::told(&codes::READ_ONLY, "Archives go into stored workspaces only."));
        }
        let (files, (skipped, more_skipped)) = self.store_contents(&workspace, file).await?;
        let bytes = files.iter().map(|file| u64::try_from(file.size).unwrap_or(0)).sum();
        let count = files.len() as u64;
        let (found, more) = self.list(actor, &workspace, &files).await?;
        let skipped: Vec<Skipped> = skipped.into_iter().chain(found).collect();
        let blocked = more as u64;
        Ok(Imported { files: count - blocked, bytes, skipped, more_skipped })
    }

    async fn export(&self, actor: &Actor, id: WorkspaceId, format: ArchiveFormat) -> Result<Packed, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        let walkable = self.0.walkable(&workspace).await?;
        let (most, stop) = (self.0.config.max_workspace_bytes, Stop::after(PACKING));
        let _given_up = stop.on_drop();
        let packed = self.0.blocking(move || pack::pack(&walkable.root, format, most, &stop)).await?;
        trail::record_done(&self.0.db, actor, trail::ARCHIVE_EXPORTED, &workspace, &[]).await?;
        Ok(packed)
    }
}

impl ArchiveService {
    /// Stores the contents of an archive. Nothing lists them yet.
    async fn store_contents(
        &self,
        workspace: &Workspace,
        file: std::fs::File,
    ) -> Result<(Vec<NewFile>, (Vec<Skipped>, bool)), FilesError> {
        let (sender, receiver) = mpsc::channel::<(RelPath, Vec<u8>)>(AT_ONCE);
        let config = self.0.config.clone();
        let reading = self.0.blocking(move || {
            let archive_bytes = file.metadata()?.len();
            let mut take = |path, bytes| sender.blocking_send((path, bytes)).is_ok();
            let mut intake = Intake::new(&config, archive_bytes, &mut take);
            read_all(file, &mut intake)?;
            Ok(intake.into_skipped())
        });
        let arriving =
            futures_util::stream::unfold(
                receiver,
                |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) },
            );
        let stored = arriving
            .map(|(path, bytes)| async move {
                let bytes = Bytes::from(bytes);
                let file = NewFile { path, sha256: sha256(&bytes), size: i64::try_from(bytes.len()).unwrap_or(i64::MAX) };
                self.0.blobs.put(workspace.id, &file.sha256, bytes).await?;
                Ok::<_, FilesError>(file)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<NewFile>>();
        let (read, stored) = tokio::join!(reading, stored);
        // A failed store ends the reading too; its own error says more.
        let mut files = stored?;
        let skipped = read?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((files, skipped))
    }

    /// Lists the files, over those of the same paths. Those that other files stand in the way of are skipped.
    async fn list(&self, actor: &Actor, workspace: &Workspace, files: &[NewFile]) -> Result<(Vec<Skipped>, usize), FilesError> {
        let (owner, id, config) = (workspace.owner, workspace.id, &self.0.config);
        let listed = self.0.db.write(|tx| async move {
            let held = workspaces::hold(&tx, owner, id).await?.ok_or(FilesError::Plain(&codes::NO_WORKSPACE))?;
            let (mut fresh, mut skipped) = (Vec::with_capacity(files.len()), Vec::new());
            let empty = held.files == 0;
            for file in files {
                if !empty && manifest::blocked(&tx, owner, id, &file.path).await? {
                    let reason = "a file or directory of the workspace stands in its way".to_owned();
                    skipped.push(Skipped { path: file.path.as_str().to_owned(), reason });
                } else {
                    fresh.push(file.clone());
                }
            }
            let paths: Vec<&str> = fresh.iter().map(|file| file.path.as_str()).collect();
            let before = if empty { std::collections::HashMap::new() } else { manifest::sizes(&tx, owner, id, &paths).await? };
            let replaced: Vec<&str> = before.keys().map(String::as_str).collect();
            let grown = fresh.iter().map(|file| file.size).sum::<i64>() - before.values().sum::<i64>();
            let more = i64::try_from(fresh.len()).unwrap_or(i64::MAX) - i64::try_from(before.len()).unwrap_or(0);
            refuse_overflow(&held, (more, grown), config)?;
            manifest::delete(&tx, owner, id, &replaced).await?;
            manifest::insert(&tx, actor, id, &fresh).await?;
            workspaces::touch(&tx, owner, id, more, grown).await?;
            let blocked = skipped.len();
            Ok((skipped, blocked))
        });
        listed.await
    }
}
