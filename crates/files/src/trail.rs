//! What of workspaces is a security event: what leaves as a whole, what goes away for good, and what touches the operator's directories.

use core_db::{AuditEntry, Db, DbError, Tx, audit};
use core_kernel::Actor;
use serde_json::json;

use crate::{FilesError, RelPath, Workspace};

/// A workspace was made of one of the operator's directories.
pub(crate) const ROOT_OPENED: &str = "files.root_opened";
/// A file of an operator's directory was written.
pub(crate) const ROOT_WRITTEN: &str = "files.root_written";
/// One was deleted.
pub(crate) const ROOT_REMOVED: &str = "files.root_removed";
/// One was moved.
pub(crate) const ROOT_MOVED: &str = "files.root_moved";
/// A workspace was deleted with all its files.
pub(crate) const WORKSPACE_DELETED: &str = "files.workspace_deleted";
/// All files of a workspace were packed for the caller.
pub(crate) const ARCHIVE_EXPORTED: &str = "files.archive_exported";

/// Records an event about a workspace and some of its paths, in the transaction of what it tells.
pub(crate) async fn record(
    tx: &Tx,
    actor: &Actor,
    action: &'static str,
    workspace: &Workspace,
    paths: &[&RelPath],
) -> Result<(), DbError> {
    let paths: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
    let mut details = json!({"workspace": workspace.id, "kind": workspace.kind.as_str(), "root": workspace.root});
    if let (false, Some(details)) = (paths.is_empty(), details.as_object_mut()) {
        details.insert("paths".to_owned(), json!(paths));
    }
    let org = Some(actor.owner).filter(|owner| *owner != actor.personal_space());
    audit(tx, AuditEntry { action, outcome: "success", subject: actor.author(), org, details }).await
}

/// Records what happened outside of the database.
pub(crate) async fn record_done(
    db: &Db,
    actor: &Actor,
    action: &'static str,
    workspace: &Workspace,
    paths: &[&RelPath],
) -> Result<(), FilesError> {
    db.write(|tx| async move { Ok::<_, FilesError>(record(&tx, actor, action, workspace, paths).await?) }).await
}
