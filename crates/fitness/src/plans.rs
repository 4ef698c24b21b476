use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_kernel::{Actor, Owner, Page, PageRequest};

use crate::catalogue::Exercise;
use crate::library::{Libraries, Library};
use crate::model::{PlanId, SetKind, StoredPlan, Workout, WorkoutSet};
use crate::plan::{LoggedSet, NextSession, Plan, SessionLog, Wishes, build, next_session};
use crate::ports::PlanWriter;
use crate::service::{PlanAuthor, PlanChange, PlanRequest, Plans};
use crate::store::{plans, profiles, sets, workouts};
use crate::units::UnitSystem;
use crate::{FitnessError, coach, permissions};

/// The most plans of one person.
const MOST_PLANS: u64 = 200;
/// How far back the log is read for the next session.
const LOOK_BACK: Duration = Duration::from_hours(24 * 400);
/// The most sets that are read for it.
const MOST_SETS: u64 = 5000;

/// [`Plans`] over the builder and the table.
#[derive(Clone)]
pub(crate) struct PlanService {
    pub(crate) db: Db,
    pub(crate) libraries: Libraries,
    pub(crate) writer: Option<Arc<dyn PlanWriter>>,
}

#[async_trait]
impl Plans for PlanService {
    async fn create(&self, actor: &Actor, request: PlanRequest) -> Result<StoredPlan, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let wishes = self.wishes(owner, &request).await?;
        let library = self.libraries.of(owner).await?;
        let built = build(&wishes, &library).map_err(FitnessError::NoPlan)?;
        let plan = match request.author {
            PlanAuthor::Builder => built,
            PlanAuthor::Model => coach::propose(self.writer.as_deref(), actor, built, &library).await?,
        };
        let name = request.name.unwrap_or_else(|| name_of(&plan));
        let (name, plan) = (&name, &plan);
        self.db
            .write(|tx| async move {
                if plans::count(&tx, owner).await? >= MOST_PLANS {
                    return Err(FitnessError::TooMany(format!("At most {MOST_PLANS} plans.")));
                }
                Ok(plans::insert(&tx, actor, name, plan).await?)
            })
            .await
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<StoredPlan>, FitnessError> {
        actor.require(&permissions::READ)?;
        Ok(plans::list(self.db.read(), actor.personal_space(), request).await?)
    }

    async fn get(&self, actor: &Actor, id: PlanId) -> Result<StoredPlan, FitnessError> {
        actor.require(&permissions::READ)?;
        plans::find(self.db.read(), actor.personal_space(), id).await?.ok_or(FitnessError::NotFound)
    }

    async fn update(
        &self,
        actor: &Actor,
        id: PlanId,
        change: PlanChange,
        based_on: Option<i64>,
    ) -> Result<StoredPlan, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let stored = plans::find(self.db.read(), owner, id).await?.ok_or(FitnessError::NotFound)?;
        let current = stored.version;
        if based_on.is_some_and(|version| version != current) {
            return Err(FitnessError::Changed { current });
        }
        let changed = StoredPlan {
            name: change.name.unwrap_or(stored.name),
            archived: change.archived.unwrap_or(stored.archived),
            ..stored
        };
        let row = &changed;
        let done = self.db.write(|tx| async move { Ok::<_, FitnessError>(plans::update(&tx, owner, row).await?) }).await?;
        if !done {
            return Err(FitnessError::Changed { current });
        }
        self.get(actor, id).await
    }

    async fn delete(&self, actor: &Actor, id: PlanId) -> Result<(), FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let deleted = self.db.write(|tx| async move { Ok::<_, FitnessError>(plans::delete(&tx, owner, id).await?) }).await?;
        if deleted { Ok(()) } else { Err(FitnessError::NotFound) }
    }

    async fn next(&self, actor: &Actor, id: PlanId) -> Result<(StoredPlan, NextSession, UnitSystem), FitnessError> {
        let stored = self.get(actor, id).await?;
        let owner = actor.personal_space();
        let library = self.libraries.of(owner).await?;
        let system = units(&self.db, owner).await?;
        let log = self.log(owner, &stored).await?;
        let find = |slug: &str| -> Option<Arc<Exercise>> { library.resolve(slug).cloned() };
        let next = next_session(&stored.plan, &find, &log, self.db.ambient().now(), system);
        let next = next.ok_or_else(|| FitnessError::NoPlan("the plan has no day".to_owned()))?;
        Ok((stored, next, system))
    }
}

/// The units that a person reads.
pub(crate) async fn units(db: &Db, owner: Owner) -> Result<UnitSystem, FitnessError> {
    Ok(profiles::find(db.read(), owner).await?.map_or_else(UnitSystem::default, |profile| profile.draft.units))
}

fn name_of(plan: &Plan) -> String {
    let goal = plan.wishes.goal.as_str().replace('_', " ");
    let cycle = if plan.wishes.cycle_days == 7 { "week".to_owned() } else { format!("{} days", plan.wishes.cycle_days) };
    format!("{} days a {cycle} for {goal}", plan.wishes.days)
}

impl PlanService {
    /// What is not asked for comes from the profile, else from defaults.
    async fn wishes(&self, owner: Owner, request: &PlanRequest) -> Result<Wishes, FitnessError> {
        let profile = profiles::find(self.db.read(), owner).await?.map(|profile| profile.draft);
        let profile = profile.as_ref();
        let or = |own: Option<_>, known: Option<&Vec<_>>| own.or_else(|| known.cloned()).unwrap_or_default();
        let injuries = request.injuries.clone().or_else(|| profile.map(|draft| draft.injuries.clone())).unwrap_or_default();
        let wishes = Wishes {
            goal: request.goal.or_else(|| profile.map(|draft| draft.goal)).unwrap_or_default(),
            experience: request.experience.or_else(|| profile.map(|draft| draft.experience)).unwrap_or_default(),
            days: request.days,
            cycle_days: request.cycle_days,
            minutes: request.minutes,
            equipment: or(request.equipment.clone(), profile.map(|draft| &draft.equipment)),
            injuries,
            weeks: request.weeks,
            seed: request.seed,
        };
        let mut faults = Vec::new();
        let mut require = |holds: bool, pointer: &str, rule: &str| {
            if !holds {
                faults.push(core_kernel::FieldError::new(pointer, "out_of_range", rule));
            }
        };
        require((3..=14).contains(&wishes.cycle_days), "/cycle_days", "3 to 14");
        let most = wishes.cycle_days.saturating_sub(1).min(6);
        require((1..=most).contains(&wishes.days), "/days_per_week", "1 to 6, and at least one day of rest in the cycle");
        require((15..=180).contains(&wishes.minutes), "/minutes", "15 to 180");
        require((1..=52).contains(&wishes.weeks), "/weeks", "1 to 52");
        if faults.is_empty() { Ok(wishes) } else { Err(FitnessError::Invalid(faults)) }
    }

    /// The log as progression sees it: every session of the plan, and the sets of its exercises in others.
    async fn log(&self, owner: Owner, stored: &StoredPlan) -> Result<Vec<SessionLog>, FitnessError> {
        let now = self.db.ambient().now();
        let mut slugs: Vec<String> =
            stored.plan.days.iter().flat_map(|day| &day.items).map(|item| item.exercise.clone()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        let from = now.minus(LOOK_BACK);
        let done = sets::working(self.db.read(), owner, (from, now), Some(&slugs), MOST_SETS).await?;
        let all = workouts::between(self.db.read(), owner, from, 2000).await?;
        Ok(sessions(stored.id, &all, &done))
    }
}

/// Workouts with their sets. One of the plan counts once it has ended or holds a set.
pub(crate) fn sessions(plan: PlanId, workouts: &[Workout], sets: &[WorkoutSet]) -> Vec<SessionLog> {
    let logged = |set: &WorkoutSet| LoggedSet {
        exercise: set.draft.exercise.clone(),
        load: set.draft.load,
        amount: set.draft.amount(),
        rir: set.draft.rir,
    };
    let counts = |set: &&WorkoutSet| matches!(set.draft.kind, SetKind::Working | SetKind::Failure);
    let session = |workout: &Workout| {
        let own = sets.iter().filter(|set| set.workout == workout.id).filter(counts);
        let plan_day = workout.plan_day.filter(|_| workout.plan == Some(plan));
        let log = SessionLog { at: workout.started_at, plan_day, sets: own.map(logged).collect() };
        (!log.sets.is_empty() || (log.plan_day.is_some() && workout.ended_at.is_some())).then_some(log)
    };
    workouts.iter().filter_map(session).collect()
}

/// The plan that somebody follows now: the newest that is not put away.
pub(crate) async fn current(db: &Db, owner: Owner) -> Result<Option<StoredPlan>, FitnessError> {
    let page = plans::list(db.read(), owner, &PageRequest::first(20, core_kernel::Order::Desc)).await?;
    Ok(page.items.into_iter().find(|plan| !plan.archived))
}

/// What may stand in for an exercise with what is at hand now, the nearest first.
pub(crate) fn stand_ins(
    library: &Library,
    exercise: &Exercise,
    equipment: &[crate::catalogue::Equipment],
    pain: &[crate::catalogue::Area],
    top_level: u8,
) -> Vec<Arc<Exercise>> {
    let usable = |other: &Exercise| other.fits(equipment) && other.safe_with(pain) && other.level <= top_level;
    library.substitutes(exercise, usable)
}
