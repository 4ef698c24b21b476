use async_trait::async_trait;
use core_db::Db;
use core_kernel::{Actor, Page, PageRequest};

use crate::model::{Measurement, MeasurementDraft, MeasurementId, MeasurementKind};
use crate::plans::units;
use crate::service::{MeasurementChange, Measurements};
use crate::store::measurements;
use crate::units::UnitSystem;
use crate::{FitnessError, permissions};

/// [`Measurements`] over the table.
#[derive(Clone)]
pub(crate) struct MeasurementService {
    pub(crate) db: Db,
}

#[async_trait]
impl Measurements for MeasurementService {
    async fn create(&self, actor: &Actor, draft: MeasurementDraft) -> Result<Measurement, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let draft = &draft;
        self.db.write(|tx| async move { Ok(measurements::insert(&tx, actor, draft, None).await?) }).await
    }

    async fn list(
        &self,
        actor: &Actor,
        kind: Option<MeasurementKind>,
        request: &PageRequest,
    ) -> Result<Page<Measurement>, FitnessError> {
        actor.require(&permissions::READ)?;
        Ok(measurements::list(self.db.read(), actor.personal_space(), kind, request).await?)
    }

    async fn update(
        &self,
        actor: &Actor,
        id: MeasurementId,
        change: MeasurementChange,
        based_on: Option<i64>,
    ) -> Result<Measurement, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let stored = measurements::find(self.db.read(), owner, id).await?.ok_or(FitnessError::NotFound)?;
        let current = stored.version;
        if based_on.is_some_and(|version| version != current) {
            return Err(FitnessError::Changed { current });
        }
        let draft = change(stored.draft.clone())?;
        let changed = Measurement { measured_at: draft.measured_at.unwrap_or(stored.measured_at), draft, ..stored };
        let row = &changed;
        let done = self.db.write(|tx| async move { Ok::<_, FitnessError>(measurements::update(&tx, owner, row).await?) }).await?;
        if !done {
            return Err(FitnessError::Changed { current });
        }
        Ok(Measurement { version: current + 1, ..changed })
    }

    async fn delete(&self, actor: &Actor, id: MeasurementId) -> Result<(), FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let deleted =
            self.db.write(|tx| async move { Ok::<_, FitnessError>(measurements::delete(&tx, owner, id).await?) }).await?;
        if deleted { Ok(()) } else { Err(FitnessError::NotFound) }
    }

    async fn units(&self, actor: &Actor) -> Result<UnitSystem, FitnessError> {
        actor.require(&permissions::READ)?;
        units(&self.db, actor.personal_space()).await
    }
}
