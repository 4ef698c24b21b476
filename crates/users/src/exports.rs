use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{Db, DbError, Tx};
use core_jobs::{CatchUp, EnqueueOptions, Handler, Job, JobFailure, Schedule, enqueue_with};
use core_kernel::{Actor, ActorKind, DomainError as _, Owner, Page, PageRequest, UserId};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use crate::archive::Archive;
use crate::model::{Export, ExportId, ExportStatus};
use crate::service::{Exports, OpenedExport};
use crate::store::exports;
use crate::{PersonalData, UsersError, permissions};

/// How long an archive can be fetched.
const KEPT: Duration = Duration::from_hours(24 * 7);

/// [`Exports`] over the table of this crate and the object store.
#[derive(Clone)]
pub(crate) struct ExportService {
    pub(crate) db: Db,
    pub(crate) blobs: Arc<dyn ObjectStore>,
}

/// Writes the archive of one export.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct ExportPerson {
    user: UserId,
    export: ExportId,
}

impl Job for ExportPerson {
    const NAME: &'static str = "users.export_person";
    const MAX_ATTEMPTS: i32 = 4;
    const TIMEOUT: Duration = Duration::from_hours(1);
}

/// Removes archives that have had their time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SweepExports {}

impl Job for SweepExports {
    const NAME: &'static str = "users.sweep_exports";
}

#[async_trait]
impl Exports for ExportService {
    async fn start(&self, actor: &Actor) -> Result<Export, UsersError> {
        let user = in_person(actor)?;
        self.db
            .write(|tx| async move {
                // One at a time: asking again shows the one that runs.
                if let Some(running) = exports::unfinished(&tx, user).await? {
                    return Ok(running);
                }
                let export = exports::create(&tx, user).await?;
                let options = EnqueueOptions { owner: Some(user.into()), ..EnqueueOptions::default() };
                enqueue_with(&tx, &ExportPerson { user, export: export.id }, options).await?;
                Ok(export)
            })
            .await
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Export>, UsersError> {
        Ok(exports::list(self.db.read(), in_person(actor)?, request).await?)
    }

    async fn get(&self, actor: &Actor, id: ExportId) -> Result<Export, UsersError> {
        let found = exports::find(self.db.read(), in_person(actor)?, id).await?;
        Ok(found.ok_or(DbError::NotFound)?)
    }

    async fn open(&self, actor: &Actor, id: ExportId) -> Result<OpenedExport, UsersError> {
        let export = self.get(actor, id).await?;
        if export.status != ExportStatus::Succeeded {
            return Err(DbError::NotFound.into());
        }
        match self.blobs.get(&place(export.user.into(), id)).await {
            Ok(found) => Ok(OpenedExport { bytes: found.meta.size, chunks: found.into_stream() }),
            Err(object_store::Error::NotFound { .. }) => Err(DbError::NotFound.into()),
            Err(error) => Err(UsersError::Blobs(error)),
        }
    }
}

/// Only the person, and only themselves: not a program, not somebody in their place.
fn in_person(actor: &Actor) -> Result<UserId, UsersError> {
    actor.require(&permissions::PROFILE_READ)?;
    if actor.kind == ActorKind::User { Ok(actor.subject) } else { Err(UsersError::NotInPerson) }
}

fn place(owner: Owner, id: ExportId) -> Path {
    Path::from(format!("exports/{}/{}.zip", owner.get(), id.get()))
}

impl ExportService {
    pub(crate) fn jobs(&self, personal_data: &Arc<dyn PersonalData>) -> Vec<Handler> {
        let (service, personal_data) = (self.clone(), Arc::clone(personal_data));
        let sweeper = self.clone();
        vec![
            Handler::new::<ExportPerson, _, _>(move |context, job| {
                let (service, personal_data) = (service.clone(), Arc::clone(&personal_data));
                async move {
                    let outcome = service.run(personal_data.as_ref(), job).await;
                    if let (Err(error), true) = (&outcome, context.is_last_attempt()) {
                        service.give_up(job, error).await?;
                    }
                    outcome.map_err(JobFailure::retry)
                }
            }),
            Handler::new::<SweepExports, _, _>(move |_, _| {
                let service = sweeper.clone();
                async move { service.sweep().await.map_err(JobFailure::retry) }
            }),
        ]
    }

    pub(crate) fn schedules() -> Vec<Schedule> {
        Schedule::new("users.sweep_exports", "41 3 * * *", CatchUp::Once, || SweepExports {}).into_iter().collect()
    }

    async fn run(&self, personal_data: &dyn PersonalData, job: ExportPerson) -> Result<(), UsersError> {
        let (user, id) = (job.user, job.export);
        let begun = self.db.write(|tx| async move { exports::begin(&tx, user, id).await });
        if !begun.await.map_err(UsersError::Db)? {
            return Ok(());
        }
        let mut archive = Archive::begin();
        personal_data.export(user, &mut archive).await?;
        let file = archive.finish().await?;
        let bytes = self.upload(user.into(), id, tokio::fs::File::from_std(file)).await?;
        let stored = self.db.write(|tx| async move { exports::succeed(&tx, user, id, bytes, KEPT).await });
        if !stored.await.map_err(UsersError::Db)? {
            // The person was erased meanwhile: nothing of them stays.
            self.remove(user.into(), id).await?;
        }
        Ok(())
    }

    async fn upload(&self, owner: Owner, id: ExportId, mut file: tokio::fs::File) -> Result<u64, UsersError> {
        let mut target = object_store::buffered::BufWriter::new(Arc::clone(&self.blobs), place(owner, id));
        let written =
            |error: std::io::Error| UsersError::Blobs(object_store::Error::Generic { store: "export", source: error.into() });
        let bytes = tokio::io::copy(&mut file, &mut target).await.map_err(written)?;
        target.shutdown().await.map_err(written)?;
        Ok(bytes)
    }

    async fn give_up(&self, job: ExportPerson, error: &UsersError) -> Result<(), DbError> {
        let code = error.code();
        tracing::error!(export = %job.export, %error, "an export was given up");
        self.db.write(|tx| async move { exports::fail(&tx, job.user, job.export, code.code).await }).await
    }

    async fn remove(&self, owner: Owner, id: ExportId) -> Result<(), UsersError> {
        match self.blobs.delete(&place(owner, id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(UsersError::Blobs(error)),
        }
    }

    async fn sweep(&self) -> Result<(), UsersError> {
        let now = self.db.ambient().now();
        for export in exports::over(self.db.read(), now, 500).await? {
            self.remove(export.user.into(), export.id).await?;
            let gone = self.db.write(|tx| async move { exports::delete(&tx, export.user, export.id).await });
            gone.await.map_err(UsersError::Db)?;
        }
        Ok(())
    }

    /// Removes every archive of a person, and the rows. Safe to repeat.
    pub(crate) async fn erase(&self, owner: Owner) -> Result<(), UsersError> {
        let user = UserId(owner.get());
        let all = exports::all_of(self.db.read(), user).await?;
        // Rows first: a job that is just writing sees that its row is gone and removes what it wrote.
        let removed = self.db.write(|tx: Tx| async move { exports::delete_all(&tx, user).await });
        removed.await.map_err(UsersError::Db)?;
        for export in all {
            self.remove(owner, export.id).await?;
        }
        Ok(())
    }
}
