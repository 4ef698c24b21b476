use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, Tx};
use core_jobs::NewEvent;
use core_kernel::{Actor, Owner, Page, PageRequest};
use serde_json::json;

use crate::catalogue::{Area, Equipment};
use crate::library::Libraries;
use crate::model::{SetDraft, SetId, Swap, Workout, WorkoutDraft, WorkoutId, WorkoutSet};
use crate::plans::stand_ins;
use crate::service::{Logged, Substituted, Substitution, WorkoutChange, Workouts};
use crate::store::{plans, profiles, sets, workouts};
use crate::{FitnessError, permissions};

/// The most sets of a workout.
const MOST_SETS: u64 = 300;
/// The event of a workout that ended.
pub(crate) const COMPLETED: &str = "workout.completed";

/// [`Workouts`] over the tables.
#[derive(Clone)]
pub(crate) struct WorkoutService {
    pub(crate) db: Db,
    pub(crate) libraries: Libraries,
}

#[async_trait]
impl Workouts for WorkoutService {
    async fn create(&self, actor: &Actor, draft: WorkoutDraft, first: Vec<SetDraft>) -> Result<Logged, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        if let Some(plan) = draft.plan {
            let stored = plans::find(self.db.read(), owner, plan).await?;
            let stored =
                stored.ok_or_else(|| FitnessError::field("/plan_id", "unknown_plan", "There is no such plan of yours."))?;
            if draft.plan_day.is_some_and(|day| day >= stored.plan.days.len()) {
                let rule = format!("0 to {}", stored.plan.days.len().saturating_sub(1));
                return Err(FitnessError::field("/plan_day", "out_of_range", rule));
            }
        }
        let first = self.resolve_all(owner, first).await?;
        let (draft, first) = (&draft, &first);
        self.db
            .write(|tx| async move {
                let workout = workouts::insert(&tx, actor, draft, None).await?;
                let mut done = Vec::new();
                for set in first {
                    done.push(sets::insert(&tx, actor, workout.id, set).await?);
                }
                if workout.ended_at.is_some() {
                    completed(&tx, owner, &workout).await?;
                }
                Ok::<_, FitnessError>(Logged { workout, sets: done })
            })
            .await
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Logged>, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let page = workouts::list(self.db.read(), owner, request).await?;
        let ids: Vec<WorkoutId> = page.items.iter().map(|workout| workout.id).collect();
        let mut all = sets::of(self.db.read(), owner, &ids).await?;
        Ok(page.map(|workout| {
            let (own, rest) = std::mem::take(&mut all).into_iter().partition(|set: &WorkoutSet| set.workout == workout.id);
            all = rest;
            Logged { workout, sets: own }
        }))
    }

    async fn get(&self, actor: &Actor, id: WorkoutId) -> Result<Logged, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let workout = workouts::find(self.db.read(), owner, id).await?.ok_or(FitnessError::NotFound)?;
        Ok(Logged { workout, sets: sets::of(self.db.read(), owner, &[id]).await? })
    }

    async fn update(
        &self,
        actor: &Actor,
        id: WorkoutId,
        change: WorkoutChange,
        based_on: Option<i64>,
    ) -> Result<Logged, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let Logged { workout, sets } = self.own(owner, id).await?;
        let current = workout.version;
        if based_on.is_some_and(|version| version != current) {
            return Err(FitnessError::Changed { current });
        }
        let ends = workout.ended_at.is_none() && change.ended_at.flatten().is_some();
        let changed = Workout {
            title: change.title.unwrap_or(workout.title),
            notes: change.notes.unwrap_or(workout.notes),
            started_at: change.started_at.unwrap_or(workout.started_at),
            ended_at: change.ended_at.unwrap_or(workout.ended_at),
            swaps: workout.swaps,
            ..workout
        };
        if changed.ended_at.is_some_and(|ended| ended < changed.started_at) {
            return Err(FitnessError::field("/ended_at", "out_of_range", "A workout ends after it begins."));
        }
        self.store(owner, &changed, ends).await?;
        Ok(Logged { workout: Workout { version: current + 1, updated_at: self.db.ambient().now(), ..changed }, sets })
    }

    async fn delete(&self, actor: &Actor, id: WorkoutId) -> Result<(), FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let deleted = self
            .db
            .write(|tx| async move {
                sets::delete_of(&tx, owner, id).await?;
                Ok::<_, FitnessError>(workouts::delete(&tx, owner, id).await?)
            })
            .await?;
        if deleted { Ok(()) } else { Err(FitnessError::NotFound) }
    }

    async fn add_set(&self, actor: &Actor, id: WorkoutId, set: SetDraft) -> Result<WorkoutSet, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let set = self.resolve(owner, set).await?;
        let set = &set;
        self.db
            .write(|tx| async move {
                let workout = workouts::find(&tx, owner, id).await?.ok_or(FitnessError::NotFound)?;
                if workout.ended_at.is_some() {
                    return Err(FitnessError::WorkoutEnded);
                }
                if sets::count(&tx, owner, id).await? >= MOST_SETS {
                    return Err(FitnessError::TooMany(format!("At most {MOST_SETS} sets in a workout.")));
                }
                workouts::touch(&tx, owner, id, false).await?;
                Ok(sets::insert(&tx, actor, id, set).await?)
            })
            .await
    }

    async fn update_set(
        &self,
        actor: &Actor,
        workout: WorkoutId,
        id: SetId,
        change: crate::service::SetChange,
        based_on: Option<i64>,
    ) -> Result<WorkoutSet, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let stored = sets::find(self.db.read(), owner, workout, id).await?.ok_or(FitnessError::NotFound)?;
        let current = stored.version;
        if based_on.is_some_and(|version| version != current) {
            return Err(FitnessError::Changed { current });
        }
        let draft = self.resolve(owner, change(stored.draft.clone())?).await?;
        let changed = WorkoutSet { done_at: draft.done_at.unwrap_or(stored.done_at), draft, ..stored };
        let row = &changed;
        let done = self.db.write(|tx| async move {
            let done = sets::update(&tx, actor, row).await?;
            if done {
                workouts::touch(&tx, owner, workout, false).await?;
            }
            Ok::<_, FitnessError>(done)
        });
        if !done.await? {
            return Err(FitnessError::Changed { current });
        }
        Ok(WorkoutSet { version: current + 1, ..changed })
    }

    async fn delete_set(&self, actor: &Actor, workout: WorkoutId, id: SetId) -> Result<(), FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let deleted = self.db.write(|tx| async move {
            let deleted = sets::delete(&tx, owner, workout, id).await?;
            if deleted {
                workouts::touch(&tx, owner, workout, true).await?;
            }
            Ok::<_, FitnessError>(deleted)
        });
        if deleted.await? { Ok(()) } else { Err(FitnessError::NotFound) }
    }

    async fn substitute(&self, actor: &Actor, id: WorkoutId, wish: Substitution) -> Result<Substituted, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let Logged { workout, .. } = self.own(owner, id).await?;
        let library = self.libraries.of(owner).await?;
        let unknown = |pointer: &str| FitnessError::field(pointer, "unknown_exercise", "There is no such exercise.");
        let from = library.resolve(&wish.exercise).cloned().ok_or_else(|| unknown("/exercise"))?;
        let profile = profiles::find(self.db.read(), owner).await?.map(|profile| profile.draft);
        let of_profile = |pick: fn(&crate::model::ProfileDraft) -> Vec<Equipment>| profile.as_ref().map(pick);
        let equipment = wish.available.or_else(|| of_profile(|draft| draft.equipment.clone())).unwrap_or_default();
        let missing = wish.missing;
        let equipment: Vec<Equipment> = equipment.into_iter().filter(|piece| !missing.contains(piece)).collect();
        let pain: Vec<Area> = wish.pain.into_iter().chain(profile.iter().flat_map(|draft| draft.injuries.clone())).collect();
        let top_level = profile.as_ref().map_or(5, |draft| draft.experience.top_level());
        let mut alternatives = stand_ins(&library, &from, &equipment, &pain, top_level);
        let to = match wish.to {
            Some(name) => Some(library.resolve(&name).cloned().ok_or_else(|| unknown("/to"))?),
            None => alternatives.first().cloned(),
        };
        alternatives.retain(|other| to.as_ref().is_none_or(|to| to.id != other.id));
        alternatives.truncate(6);
        let Some(to) = to else { return Ok(Substituted { from, to: None, alternatives, workout }) };
        let mut changed = workout;
        changed.swaps.retain(|swap| swap.from != from.id);
        changed.swaps.push(Swap { from: from.id.clone(), to: to.id.clone() });
        changed.swaps.truncate(50);
        self.store(owner, &changed, false).await?;
        changed.version += 1;
        Ok(Substituted { from, to: Some(to), alternatives, workout: changed })
    }
}

/// Tells that a workout ended.
async fn completed(tx: &Tx, owner: Owner, workout: &Workout) -> Result<(), FitnessError> {
    let event = NewEvent {
        r#type: COMPLETED,
        version: 1,
        owner,
        subject: workout.id.get(),
        data: json!({"id": workout.id, "plan_id": workout.plan, "started_at": workout.started_at, "ended_at": workout.ended_at}),
    };
    core_jobs::publish(tx, event).await?;
    Ok(())
}

impl WorkoutService {
    async fn own(&self, owner: Owner, id: WorkoutId) -> Result<Logged, FitnessError> {
        let workout = workouts::find(self.db.read(), owner, id).await?.ok_or(FitnessError::NotFound)?;
        Ok(Logged { workout, sets: sets::of(self.db.read(), owner, &[id]).await? })
    }

    async fn store(&self, owner: Owner, changed: &Workout, ends: bool) -> Result<(), FitnessError> {
        let done = self
            .db
            .write(|tx| async move {
                let done = workouts::update(&tx, owner, changed).await?;
                if done && ends {
                    completed(&tx, owner, changed).await?;
                }
                Ok::<_, FitnessError>(done)
            })
            .await?;
        if done { Ok(()) } else { Err(FitnessError::Changed { current: changed.version }) }
    }

    async fn resolve(&self, owner: Owner, set: SetDraft) -> Result<SetDraft, FitnessError> {
        let mut resolved = self.resolve_all(owner, vec![set]).await?;
        resolved.pop().ok_or(FitnessError::NotFound)
    }

    /// Names and aliases become slugs; unknown ones are refused.
    async fn resolve_all(&self, owner: Owner, drafts: Vec<SetDraft>) -> Result<Vec<SetDraft>, FitnessError> {
        if drafts.is_empty() {
            return Ok(drafts);
        }
        let library = self.libraries.of(owner).await?;
        let find = |draft: SetDraft| {
            let known: Option<Arc<crate::catalogue::Exercise>> = library.resolve(&draft.exercise).cloned();
            let rule = "There is no such exercise; GET /fitness/exercises?query= finds them.";
            let known = known.ok_or_else(|| FitnessError::field("/exercise", "unknown_exercise", rule))?;
            Ok(SetDraft { exercise: known.id.clone(), ..draft })
        };
        drafts.into_iter().map(find).collect()
    }
}
