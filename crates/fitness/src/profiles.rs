use async_trait::async_trait;
use core_db::Db;
use core_kernel::{Actor, Timestamp};

use crate::metrics::{Report, Subject};
use crate::model::{Day, Profile, ProfileDraft};
use crate::store::profiles;
use crate::{FitnessError, Profiles, metrics, permissions};

/// [`Profiles`] over the table.
pub(crate) struct ProfileService {
    pub(crate) db: Db,
}

#[async_trait]
impl Profiles for ProfileService {
    async fn own(&self, actor: &Actor) -> Result<Profile, FitnessError> {
        actor.require(&permissions::READ)?;
        profiles::find(self.db.read(), actor.personal_space()).await?.ok_or(FitnessError::NoProfile)
    }

    async fn put(&self, actor: &Actor, draft: ProfileDraft, based_on: Option<i64>) -> Result<Profile, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let faults = draft.check(Day::of(self.db.ambient().now()));
        if !faults.is_empty() {
            return Err(FitnessError::Invalid(faults));
        }
        let draft = &draft;
        let outcome =
            self.db.write(|tx| async move { Ok::<_, FitnessError>(profiles::put(&tx, actor, draft, based_on).await?) }).await?;
        outcome.map_err(|current| FitnessError::Changed { current })
    }

    fn now(&self) -> Timestamp {
        self.db.ambient().now()
    }

    fn report(&self, actor: &Actor, subject: &Subject) -> Result<Report, FitnessError> {
        actor.require(&permissions::READ)?;
        Ok(metrics::report(subject))
    }
}
