use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};

use super::entity::profile::{Column, Entity, Model};
use crate::catalogue::{Area, Equipment};
use crate::formulas::Sex;
use crate::formulas::energy::Activity;
use crate::model::{Day, Experience, Goal, Profile, ProfileDraft};
use crate::units::{Length, Mass, UnitSystem};

/// What the column `training` holds.
#[derive(Serialize, Deserialize)]
struct Training {
    activity: Activity,
    goal: Goal,
    experience: Experience,
    equipment: Vec<Equipment>,
    injuries: Vec<Area>,
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Option<Profile>, DbError> {
    owned::<Entity>(owner).select().one(connection).await?.map(Profile::try_from).transpose()
}

/// Writes the profile anew. `Err`: the version that it has, where the caller insists on another.
pub(crate) async fn put(
    tx: &Tx,
    actor: &Actor,
    draft: &ProfileDraft,
    based_on: Option<i64>,
) -> Result<Result<Profile, i64>, DbError> {
    let owner = actor.personal_space();
    let stored = find(tx, owner).await?;
    let current = stored.as_ref().map_or(0, |profile| profile.version);
    if based_on.is_some_and(|version| version != current) {
        return Ok(Err(current));
    }
    let now = tx.ambient().now();
    let profile = Profile {
        draft: draft.clone(),
        created_at: stored.as_ref().map_or(now, |profile| profile.created_at),
        updated_at: now,
        version: current + 1,
    };
    let row = row(actor, &profile)?;
    if stored.is_none() {
        Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    } else {
        let update = owned::<Entity>(owner).update_many().set(row.into_active_model().reset_all());
        let done = update.filter(Column::Version.eq(current)).exec(tx).await?;
        if done.rows_affected == 0 {
            return Ok(Err(find(tx, owner).await?.map_or(0, |profile| profile.version)));
        }
    }
    Ok(Ok(profile))
}

pub(crate) async fn delete(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

fn row(actor: &Actor, profile: &Profile) -> Result<Model, DbError> {
    let draft = &profile.draft;
    let training = Training {
        activity: draft.activity,
        goal: draft.goal,
        experience: draft.experience,
        equipment: draft.equipment.clone(),
        injuries: draft.injuries.clone(),
    };
    Ok(Model {
        owner_id: actor.personal_space().get(),
        created_by: actor.subject.get(),
        birth_date: draft.birth_date.to_string(),
        sex: draft.sex.as_str().to_owned(),
        height_mm: draft.height.millimetres(),
        mass_g: draft.mass.grams(),
        units: draft.units.as_str().to_owned(),
        training: serde_json::to_value(training).map_err(|error| DbError::Corrupt(error.to_string()))?,
        created_at: profile.created_at.millis(),
        updated_at: profile.updated_at.millis(),
        version: profile.version,
    })
}

impl TryFrom<Model> for Profile {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("fitness profile {}: {what}", row.owner_id));
        let training: Training = serde_json::from_value(row.training).map_err(|_unreadable| corrupt("training"))?;
        let draft = ProfileDraft {
            birth_date: Day::parse(&row.birth_date).ok_or_else(|| corrupt("birth_date"))?,
            sex: Sex::parse(&row.sex).ok_or_else(|| corrupt("sex"))?,
            height: Length::from_millimetres(row.height_mm),
            mass: Mass::from_grams(row.mass_g),
            activity: training.activity,
            goal: training.goal,
            experience: training.experience,
            equipment: training.equipment,
            injuries: training.injuries,
            units: UnitSystem::parse(&row.units).ok_or_else(|| corrupt("units"))?,
        };
        Ok(Self {
            draft,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
