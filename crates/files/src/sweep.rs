use std::sync::Arc;
use std::time::Duration;

use core_jobs::{CatchUp, Handler, Job, JobFailure, Schedule};
use serde::{Deserialize, Serialize};

use crate::core::Core;
use crate::store::{manifest, workspaces};
use crate::{FilesError, WorkspaceId};

/// A content younger than this may belong to a write that has not ended.
const YOUNG: Duration = Duration::from_hours(1);

/// Removes contents that no file has any more.
#[derive(Debug, Serialize, Deserialize)]
struct SweepContents {}

impl Job for SweepContents {
    const NAME: &'static str = "files.sweep_contents";
    const TIMEOUT: Duration = Duration::from_mins(10);
}

pub(crate) fn handler(core: Arc<Core>) -> Handler {
    Handler::new(move |_, _: SweepContents| {
        let core = Arc::clone(&core);
        async move { sweep(&core).await.map(drop).map_err(JobFailure::retry) }
    })
}

pub(crate) fn schedule() -> Option<Schedule> {
    Schedule::new("files.sweep_contents", "23 * * * *", CatchUp::Once, || SweepContents {}).ok()
}

/// Sweeps the contents of all workspaces. Gives how many were removed.
pub(crate) async fn sweep(core: &Core) -> Result<usize, FilesError> {
    let before = core.db.ambient().now().minus(YOUNG);
    let stored = core.blobs.workspaces().await?;
    let alive = workspaces::alive(core.db.read(), &stored).await?;
    let mut swept = 0;
    for workspace in stored {
        if alive.contains(&workspace) {
            let kept = manifest::contents(core.db.read(), workspace).await?;
            swept += core.blobs.sweep(workspace, before, |sha256| kept.contains(sha256)).await?;
        } else {
            swept += core.blobs.sweep(workspace, before, |_| false).await?;
            core.mirror.forget(WorkspaceId(workspace)).await;
        }
    }
    Ok(swept)
}
