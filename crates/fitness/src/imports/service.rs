use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use core_db::{Db, DbError};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, enqueue_with};
use core_kernel::{Actor, DomainError as _, Order, Owner, PageRequest, UserId};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Found, FoundWorkout, MOST_BYTES, TOLD, document, exercises, own, table, tables};
use crate::catalogue::{self, Exercise};
use crate::exercises::MOST_OWN;
use crate::library::{Libraries, Library, SHARED};
use crate::model::{Import, ImportId, ImportSource, ImportStatus, SetDraft, WorkoutId, WorkoutSet};
use crate::service::{ImportWish, Logged, Transfers};
use crate::store::{self, imports, measurements, plans, profiles, sets, workouts};
use crate::units::UnitSystem;
use crate::{FitnessError, permissions};

/// The most exercises that are imported for everybody: all of them are held in memory.
const MOST_SHARED: u64 = 10_000;

/// [`Transfers`] over the tables and the store of files.
#[derive(Clone)]
pub(crate) struct TransferService {
    pub(crate) db: Db,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    pub(crate) libraries: Libraries,
}

/// Reads one file in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ReadImport {
    owner: UserId,
    import: ImportId,
}

impl Job for ReadImport {
    const NAME: &'static str = "fitness.read_import";
    const MAX_ATTEMPTS: i32 = 3;
    const TIMEOUT: Duration = Duration::from_mins(20);
}

fn place(owner: Owner, id: ImportId) -> Path {
    Path::from(format!("fitness/imports/{}/{}", owner.get(), id.get()))
}

#[async_trait]
impl Transfers for TransferService {
    async fn import(&self, actor: &Actor, wish: ImportWish, file: Bytes) -> Result<Import, FitnessError> {
        let for_everybody = matches!(wish.source, ImportSource::FreeExerciseDb | ImportSource::Wger);
        actor.require(if for_everybody { &permissions::CATALOGUE } else { &permissions::WRITE })?;
        if file.is_empty() || file.len() > MOST_BYTES {
            return Err(FitnessError::UnreadableImport(format!("Expected a file of 1 to {MOST_BYTES} bytes.")));
        }
        let owner = actor.personal_space();
        let id = self.db.ambient().id::<ImportId>();
        self.blobs.put(&place(owner, id), file.into()).await?;
        let options = json!({"unit": wish.unit});
        let user = UserId(owner.get());
        let stored = self
            .db
            .write(|tx| {
                let options = options.clone();
                async move {
                    let import = imports::insert(&tx, actor, id, wish.source, options).await?;
                    let how = EnqueueOptions { owner: Some(owner), ..EnqueueOptions::default() };
                    enqueue_with(&tx, &ReadImport { owner: user, import: id }, how).await?;
                    Ok::<_, FitnessError>(import)
                }
            })
            .await;
        if stored.is_err() {
            self.remove(owner, id).await?;
        }
        stored
    }

    async fn get(&self, actor: &Actor, id: ImportId) -> Result<Import, FitnessError> {
        actor.require(&permissions::READ)?;
        imports::find(self.db.read(), actor.personal_space(), id).await?.ok_or(FitnessError::NotFound)
    }

    async fn export(&self, actor: &Actor) -> Result<Value, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let profile = profiles::find(self.db.read(), owner).await?;
        let (mut all_plans, mut all_measurements) = (Vec::new(), Vec::new());
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
        loop {
            let page = plans::list(self.db.read(), owner, &request).await?;
            all_plans.extend(page.items);
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        loop {
            let page = measurements::list(self.db.read(), owner, None, &request).await?;
            all_measurements.extend(page.items);
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        let logged = self.logged(owner).await?;
        let own = store::exercises::all(self.db.read(), owner).await?;
        Ok(document(profile.as_ref(), &all_plans, &logged, &all_measurements, &own))
    }

    async fn export_csv(&self, actor: &Actor) -> Result<String, FitnessError> {
        actor.require(&permissions::READ)?;
        let logged = self.logged(actor.personal_space()).await?;
        Ok(table(&logged).map_err(|reason| DbError::Internal(sea_orm::DbErr::Custom(reason)))?)
    }
}

impl TransferService {
    pub(crate) fn jobs(&self) -> Vec<Handler> {
        let service = self.clone();
        vec![Handler::new::<ReadImport, _, _>(move |context, job| {
            let service = service.clone();
            async move {
                let outcome = service.run(job).await;
                if let (Err(error), true) = (&outcome, context.is_last_attempt()) {
                    service.give_up(job, &crate::codes::IMPORT_FAILED, error.detail()).await.map_err(JobFailure::retry)?;
                }
                outcome.map_err(JobFailure::retry)
            }
        })]
    }

    /// Every workout with its sets, oldest first.
    pub(crate) async fn logged(&self, owner: Owner) -> Result<Vec<Logged>, FitnessError> {
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
        let mut all = Vec::new();
        loop {
            let page = workouts::list(self.db.read(), owner, &request).await?;
            let ids: Vec<WorkoutId> = page.items.iter().map(|workout| workout.id).collect();
            let done = sets::of(self.db.read(), owner, &ids).await?;
            for workout in page.items {
                let own: Vec<WorkoutSet> = done.iter().filter(|set| set.workout == workout.id).cloned().collect();
                all.push(Logged { workout, sets: own });
            }
            request.after = page.next;
            if request.after.is_none() {
                return Ok(all);
            }
        }
    }

    async fn run(&self, job: ReadImport) -> Result<(), FitnessError> {
        let owner = Owner::from(job.owner);
        let Some(import) = imports::find(self.db.read(), owner, job.import).await? else { return Ok(()) };
        let id = job.import;
        let begun = self.db.write(|tx| async move {
            Ok::<_, FitnessError>(imports::move_on(&tx, owner, id, ImportStatus::Running, None, None).await?)
        });
        if !begun.await? {
            return Ok(());
        }
        let bytes = match self.blobs.get(&place(owner, id)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => {
                return self.give_up(job, &crate::codes::IMPORT_FAILED, "the file is gone".to_owned()).await;
            }
            Err(error) => return Err(error.into()),
        };
        let unit: Option<UnitSystem> = import.options.get("unit").and_then(|unit| serde_json::from_value(unit.clone()).ok());
        let source = import.source;
        let read = tokio::task::spawn_blocking(move || read(source, unit, &bytes)).await;
        let read = read.map_err(|error| DbError::Internal(sea_orm::DbErr::Custom(error.to_string())))?;
        match read {
            Ok(found) => {
                let result = self.keep(job, source, found).await?;
                let result = &result;
                let ended = self.db.write(|tx| async move {
                    let done = ImportStatus::Succeeded;
                    Ok::<_, FitnessError>(imports::move_on(&tx, owner, id, done, None, Some(result.clone())).await?)
                });
                ended.await?;
            }
            Err(reason) => self.give_up(job, &crate::codes::UNREADABLE_IMPORT, reason).await?,
        }
        self.remove(owner, id).await
    }

    async fn give_up(&self, job: ReadImport, code: &core_kernel::ProblemCode, detail: String) -> Result<(), FitnessError> {
        let owner = Owner::from(job.owner);
        let (code, detail) = (code.code, &detail);
        let failed = self.db.write(|tx| async move {
            let problem = Some((code, detail.clone()));
            Ok::<_, FitnessError>(imports::move_on(&tx, owner, job.import, ImportStatus::Failed, problem, None).await?)
        });
        failed.await?;
        self.remove(owner, job.import).await
    }

    async fn remove(&self, owner: Owner, id: ImportId) -> Result<(), FitnessError> {
        match self.blobs.delete(&place(owner, id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the files of an owner that wait.
    pub(crate) async fn erase_files(&self, owner: Owner) -> Result<(), FitnessError> {
        for import in imports::all(self.db.read(), owner).await? {
            self.remove(owner, import.id).await?;
        }
        Ok(())
    }

    async fn keep(&self, job: ReadImport, source: ImportSource, mut found: Found) -> Result<Value, FitnessError> {
        let owner = Owner::from(job.owner);
        // The job works for the person, who is the creator of what it writes.
        let actor = Actor { subject: job.owner, on_behalf_of: Some(job.owner), ..Actor::system("fitness", owner) };
        let for_everybody = matches!(source, ImportSource::FreeExerciseDb | ImportSource::Wger);
        // What is there for everybody is nobody's: it does not name the administrator who brought it.
        let (exercises, known) = if for_everybody {
            self.keep_exercises(SHARED, &Actor::system("fitness", SHARED), &mut found).await?
        } else {
            self.keep_exercises(owner, &actor, &mut found).await?
        };
        let library = self.libraries.of(owner).await?;
        let mut counts = BTreeMap::from([("workouts", 0_u64), ("sets", 0), ("measurements", 0), ("already_there", known)]);
        let mut add = |name: &'static str, more: u64| *counts.entry(name).or_default() += more;
        let mut unknown: Vec<String> = Vec::new();
        for workout in &found.workouts {
            match self.keep_workout(&actor, workout, &library, &mut unknown).await? {
                Some(sets) => {
                    add("workouts", 1);
                    add("sets", sets);
                }
                None => add("already_there", 1),
            }
        }
        for (key, draft) in &found.measurements {
            let stored = self.db.write(|tx| async move {
                if measurements::has_key(&tx, owner, key).await? {
                    return Ok::<_, FitnessError>(false);
                }
                measurements::insert(&tx, &actor_of(owner), draft, Some(key)).await?;
                Ok(true)
            });
            add(if stored.await? { "measurements" } else { "already_there" }, 1);
        }
        let mut vocabulary: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (kind, word) in found.unknown {
            vocabulary.entry(kind).or_default().push(word);
        }
        let rejected = found.rejected.iter().map(|(line, reason)| json!({"line": line, "reason": reason}));
        let rejected: Vec<Value> = rejected.collect();
        Ok(json!({
            "workouts": counts.get("workouts"), "sets": counts.get("sets"), "measurements": counts.get("measurements"),
            "already_there": counts.get("already_there"), "exercises": exercises, "unknown_exercises": unknown,
            "unknown_vocabulary": vocabulary, "rejected": rejected, "times_read_as": "UTC",
        }))
    }

    /// Stores exercises whose slug is free; gives how many, and how many were there.
    async fn keep_exercises(&self, owner: Owner, actor: &Actor, found: &mut Found) -> Result<(u64, u64), FitnessError> {
        let (mut stored, mut there) = (0, 0);
        let most = if owner == SHARED { MOST_SHARED } else { MOST_OWN };
        let mut room = most.saturating_sub(store::exercises::count(self.db.read(), owner).await?);
        for (exercise, line) in std::mem::take(&mut found.exercises).into_iter().zip(1_u64..) {
            let ours = catalogue::own().by_slug(&exercise.id).is_some();
            if ours || store::exercises::find(self.db.read(), owner, &exercise.id).await?.is_some() {
                there += 1;
            } else if room == 0 {
                found.reject(line, format!("{}: there are {most} exercises already, which is the most", exercise.id));
            } else if self.insert_exercise(owner, actor, &exercise).await? {
                (stored, room) = (stored + 1, room - 1);
            } else {
                there += 1;
            }
        }
        if owner == SHARED {
            self.libraries.refresh();
        }
        Ok((stored, there))
    }

    async fn insert_exercise(&self, owner: Owner, actor: &Actor, exercise: &Exercise) -> Result<bool, FitnessError> {
        let inserted = self.db.write(|tx| async move { store::exercises::insert(&tx, owner, actor, exercise).await }).await;
        match inserted {
            Ok(_) => Ok(true),
            // Another import was faster.
            Err(DbError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores a workout in one unit of work; none: it is there already.
    async fn keep_workout(
        &self,
        actor: &Actor,
        found: &FoundWorkout,
        library: &Library,
        unknown: &mut Vec<String>,
    ) -> Result<Option<u64>, FitnessError> {
        let owner = actor.personal_space();
        let mut drafts: Vec<SetDraft> = Vec::new();
        for set in &found.sets {
            let known = library.resolve(&set.exercise).or_else(|| library.resolve(&without_parentheses(&set.exercise)));
            if known.is_none() && unknown.len() < TOLD && !unknown.contains(&set.exercise) {
                unknown.push(set.exercise.clone());
            }
            // An unknown one is kept under its own name, so that nothing of the log is lost.
            let exercise = known.map_or_else(|| set.exercise.clone(), |exercise| exercise.id.clone());
            drafts.push(SetDraft { exercise, ..set.clone() });
        }
        let drafts = &drafts;
        self.db
            .write(|tx| async move {
                if workouts::has_key(&tx, owner, &found.key).await? {
                    return Ok(None);
                }
                let workout = workouts::insert(&tx, actor, &found.draft, Some(&found.key)).await?;
                for set in drafts {
                    sets::insert(&tx, actor, workout.id, set).await?;
                }
                Ok::<_, FitnessError>(Some(u64::try_from(drafts.len()).unwrap_or(0)))
            })
            .await
    }
}

fn actor_of(owner: Owner) -> Actor {
    let user = UserId(owner.get());
    Actor { subject: user, on_behalf_of: Some(user), ..Actor::system("fitness", owner) }
}

/// Both programs write the equipment behind the name: `Bench Press (Barbell)` is looked up as `Barbell Bench Press`.
fn without_parentheses(name: &str) -> String {
    match name.split_once('(') {
        Some((name, equipment)) => format!("{} {}", equipment.trim_end_matches(')').trim(), name.trim()),
        None => name.to_owned(),
    }
}

fn read(source: ImportSource, unit: Option<UnitSystem>, bytes: &[u8]) -> Result<Found, String> {
    match source {
        ImportSource::Hevy => tables::hevy(bytes),
        ImportSource::Strong => tables::strong(bytes, unit),
        ImportSource::Own => own::read(bytes),
        ImportSource::FreeExerciseDb => exercises::free_exercise_db(bytes),
        ImportSource::Wger => exercises::wger(bytes),
    }
}
