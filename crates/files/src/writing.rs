//! Changing files, in both kinds of workspaces.

use bytes::Bytes;
use core_kernel::Actor;

use crate::blobs::sha256;
use crate::core::Core;
use crate::store::manifest::NewFile;
use crate::store::{manifest, workspaces};
use crate::{Expected, FilesError, RelPath, Root, RootFault, Workspace, Written, codes, read};

fn plain(code: &'static core_kernel::ProblemCode) -> FilesError {
    FilesError::Plain(code)
}

impl Expected {
    /// Refuses unless what is there is what was expected.
    fn check(&self, found: Option<&str>) -> Result<(), FilesError> {
        match (self, found) {
            (Self::Nothing, None) | (Self::Anything, Some(_)) => Ok(()),
            (Self::OneOf(known), Some(found)) if known.iter().any(|known| known == found) => Ok(()),
            (Self::Nothing, Some(_)) => Err(plain(&codes::EXISTS)),
            (Self::Anything | Self::OneOf(_), _) => Err(plain(&codes::CHANGED)),
        }
    }
}

/// Stores a content and lists it.
pub(crate) async fn store(
    core: &Core,
    actor: &Actor,
    workspace: &Workspace,
    path: RelPath,
    bytes: Bytes,
    expected: &Expected,
) -> Result<Written, FilesError> {
    let key = (workspace.owner, workspace.id);
    let present = manifest::find(core.db.read(), key, &path).await?;
    // Looked at again in the transaction; here it saves storing what will be refused.
    expected.check(present.as_ref().map(|file| file.sha256.as_str()))?;
    let size = bytes.len() as u64;
    let file = NewFile { path, sha256: sha256(&bytes), size: i64::try_from(size).unwrap_or(i64::MAX) };
    core.blobs.put(workspace.id, &file.sha256, bytes).await?;
    let (file_ref, config) = (&file, &core.config);
    let written = core.db.write(|tx| async move {
        let held = workspaces::hold(&tx, workspace.owner, workspace.id).await?.ok_or(plain(&codes::NO_WORKSPACE))?;
        let present = manifest::find(&tx, key, &file_ref.path).await?;
        expected.check(present.as_ref().map(|file| file.sha256.as_str()))?;
        let before = present.as_ref().map_or(0, |file| i64::try_from(file.size).unwrap_or(0));
        let (files, grown) = (i64::from(present.is_none()), file_ref.size - before);
        refuse_overflow(&held, (files, grown), config)?;
        if present.is_some() {
            manifest::replace(&tx, workspace.owner, workspace.id, file_ref).await?;
        } else {
            if manifest::blocked(&tx, workspace.owner, workspace.id, &file_ref.path).await? {
                return Err(plain(&codes::EXISTS));
            }
            manifest::insert(&tx, actor, workspace.id, std::slice::from_ref(file_ref)).await?;
        }
        workspaces::touch(&tx, workspace.owner, workspace.id, files, grown).await?;
        Ok(present.is_none())
    });
    let created = written.await?;
    Ok(Written { path: file.path, size, sha256: file.sha256, created })
}

/// Refuses what a workspace has no room for.
pub(crate) fn refuse_overflow(
    held: &Workspace,
    (files, bytes): (i64, i64),
    config: &crate::FilesConfig,
) -> Result<(), FilesError> {
    let over = |value: i64, most: u64| u64::try_from(value).unwrap_or(0) > most;
    if files > 0 && over(held.files + files, config.max_files) {
        return Err(FilesError::told(&codes::WORKSPACE_FULL, format!("It may have {} files.", config.max_files)));
    }
    if bytes > 0 && over(held.bytes + bytes, config.max_workspace_bytes) {
        return Err(FilesError::told(&codes::WORKSPACE_FULL, format!("It may have {} bytes.", config.max_workspace_bytes)));
    }
    Ok(())
}

/// Takes a file out of the manifest; its content is swept later.
pub(crate) async fn unlist(core: &Core, workspace: &Workspace, path: &RelPath, expected: &Expected) -> Result<(), FilesError> {
    let key = (workspace.owner, workspace.id);
    let removed = core.db.write(|tx| async move {
        workspaces::hold(&tx, workspace.owner, workspace.id).await?.ok_or(plain(&codes::NO_WORKSPACE))?;
        let present = manifest::find(&tx, key, path).await?.ok_or(plain(&codes::NOT_FOUND))?;
        expected.check(Some(&present.sha256))?;
        manifest::delete(&tx, workspace.owner, workspace.id, &[path.as_str()]).await?;
        let size = i64::try_from(present.size).unwrap_or(0);
        Ok(workspaces::touch(&tx, workspace.owner, workspace.id, -1, -size).await?)
    });
    removed.await
}

/// Lists a file under another path.
pub(crate) async fn relist(core: &Core, workspace: &Workspace, from: &RelPath, to: RelPath) -> Result<Written, FilesError> {
    let (owner, id, target) = (workspace.owner, workspace.id, &to);
    let moved = core.db.write(|tx| async move {
        workspaces::hold(&tx, owner, id).await?.ok_or(plain(&codes::NO_WORKSPACE))?;
        let present = manifest::find(&tx, (owner, id), from).await?.ok_or(plain(&codes::NOT_FOUND))?;
        if manifest::find(&tx, (owner, id), target).await?.is_some() {
            return Err(plain(&codes::EXISTS));
        }
        manifest::rename(&tx, owner, id, from, target).await?;
        // Looked at afterwards, so that what is moved does not stand in its own way.
        if manifest::blocked(&tx, owner, id, target).await? {
            return Err(plain(&codes::EXISTS));
        }
        workspaces::touch(&tx, owner, id, 0, 0).await?;
        Ok(present)
    });
    let file = moved.await?;
    Ok(Written { path: to, size: file.size, sha256: file.sha256, created: true })
}

/// The SHA-256 of what stands at a path of a root; none: nothing.
fn found(root: &Root, path: &RelPath) -> Result<Option<String>, FilesError> {
    match root.open_file(path) {
        Ok((file, facts)) => {
            let bytes = read::all(file, facts.size, read::WHOLE)?.ok_or(plain(&codes::TOO_LARGE))?;
            Ok(Some(sha256(&bytes)))
        }
        Err(RootFault::NotFound) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// Writes a file of a root.
pub(crate) async fn place(
    core: &Core,
    workspace: &Workspace,
    path: RelPath,
    bytes: Bytes,
    expected: Expected,
) -> Result<Written, FilesError> {
    let (root, token) = (core.writable(workspace)?, core.db.ambient().ids.next().as_u128());
    core.blocking(move || {
        let before = if expected == Expected::Nothing { None } else { found(&root, &path)? };
        if expected != Expected::Nothing {
            expected.check(before.as_deref())?;
        }
        root.write(&path, &bytes, before.is_some(), token)?;
        Ok(Written { size: bytes.len() as u64, sha256: sha256(&bytes), created: before.is_none(), path })
    })
    .await
}

/// Deletes a file of a root.
pub(crate) async fn remove(core: &Core, workspace: &Workspace, path: RelPath, expected: Expected) -> Result<(), FilesError> {
    let root = core.writable(workspace)?;
    core.blocking(move || {
        if let Expected::OneOf(_) = expected {
            let before = found(&root, &path)?.ok_or(plain(&codes::NOT_FOUND))?;
            expected.check(Some(&before))?;
        }
        Ok(root.remove(&path)?)
    })
    .await
}

/// Moves a file of a root.
pub(crate) async fn rename(core: &Core, workspace: &Workspace, from: RelPath, to: RelPath) -> Result<Written, FilesError> {
    let root = core.writable(workspace)?;
    core.blocking(move || {
        root.rename(&from, &to)?;
        let (file, facts) = root.open_file(&to)?;
        let bytes = read::all(file, facts.size, read::WHOLE)?;
        let sha256 = bytes.map(|bytes| sha256(&bytes)).unwrap_or_default();
        Ok(Written { path: to, size: facts.size, sha256, created: true })
    })
    .await
}
