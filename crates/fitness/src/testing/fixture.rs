use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use core_db::DbError;
use core_feature::Feature as _;
use core_http::Installed;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::FixedMedia;
use crate::catalogue::Exercise;
use crate::formulas::Sex;
use crate::formulas::energy::Activity;
use crate::model::{
    Day, Experience, Goal, ImportSource, MeasurementDraft, MeasurementKind, ProfileDraft, SetDraft, SetKind, WorkoutDraft,
};
use crate::units::{Length, Mass, UnitSystem};
use crate::{Deps, Fitness, ImportWish, PlanAuthor, PlanRequest};

/// Fitness under the contract suite.
#[derive(Debug)]
pub struct FitnessFixture {
    fitness: Arc<Fitness>,
    world: World,
    planted: AtomicU64,
}

impl FitnessFixture {
    /// Fitness over stand-ins of its ports.
    pub fn new(world: World) -> Self {
        let fitness = Fitness::new(Deps {
            db: world.db.clone(),
            blobs: Arc::new(object_store::memory::InMemory::new()),
            media: Some(Arc::new(FixedMedia)),
            writer: None,
        });
        Self { fitness: Arc::new(fitness), world, planted: AtomicU64::new(0) }
    }

    /// Runs the jobs of this crate that are due.
    async fn work(&self) -> Result<(), DbError> {
        let mut registry = Registry::default();
        // A name that is taken would be a bug of this crate, which its worker finds.
        drop(self.fitness.jobs().into_iter().try_for_each(|handler| registry.handler(handler)));
        Runner::new(self.world.db.clone(), registry, RunnerConfig::default()).drain().await.map(drop)
    }

    fn profile() -> ProfileDraft {
        ProfileDraft {
            birth_date: Day::parse("1990-05-01").unwrap_or_else(|| Day::from_number(2_448_013)),
            sex: Sex::Female,
            height: Length::cm(170.0),
            mass: Mass::kg(65.0),
            activity: Activity::Moderate,
            goal: Goal::Hypertrophy,
            experience: Experience::Beginner,
            equipment: Vec::new(),
            injuries: Vec::new(),
            units: UnitSystem::Metric,
        }
    }

    fn exercise(number: u64, canary: &str) -> Option<Exercise> {
        let mut exercise = Exercise::clone(crate::catalogue::own().by_slug("push-up")?);
        exercise.id = format!("own-push-up-{number}");
        exercise.names = BTreeMap::from([("en".to_owned(), canary.to_owned())]);
        (exercise.aliases, exercise.motion, exercise.source) = (Vec::new(), None, "own".to_owned());
        Some(exercise)
    }

    fn set(canary: &str) -> SetDraft {
        SetDraft {
            exercise: "push-up".to_owned(),
            kind: SetKind::Working,
            load: None,
            reps: Some(12),
            seconds: None,
            metres: None,
            rir: Some(2.0),
            rest_seconds: Some(90),
            superset: Some(1),
            notes: canary.to_owned(),
            done_at: None,
        }
    }

    fn request() -> PlanRequest {
        PlanRequest {
            name: None,
            goal: None,
            experience: None,
            days: 3,
            cycle_days: 7,
            minutes: 45,
            equipment: None,
            injuries: None,
            weeks: 8,
            seed: 0,
            author: PlanAuthor::Builder,
        }
    }
}

#[async_trait]
impl Fixture for FitnessFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.fitness.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let number = self.planted.fetch_add(1, Ordering::SeqCst);
        let canary = format!("canary-of-fitness-{number}-");
        let fitness = &self.fitness;
        fitness.profiles.put(actor, Self::profile(), None).await.expect("a profile");
        let exercise = Self::exercise(number, &canary).expect("an exercise of the catalogue");
        let exercise = fitness.exercises.create(actor, exercise).await.expect("a free slug");
        let plan = fitness.plans.create(actor, Self::request()).await.expect("a plan of bodyweight");
        let draft = WorkoutDraft { title: canary.clone(), ..WorkoutDraft::default() };
        let logged = fitness.workouts.create(actor, draft, vec![Self::set(&canary)]).await.expect("a workout");
        let set = logged.sets.first().expect("its set").id;
        let measured = MeasurementDraft { kind: MeasurementKind::Mass, value: 65_000, measured_at: None, notes: canary.clone() };
        let measurement = fitness.measurements.create(actor, measured).await.expect("a measurement");
        let wish = ImportWish { source: ImportSource::Own, unit: None };
        let file = Bytes::from_static(br#"{"format":"brickwork-fitness"}"#);
        let import = fitness.transfers.import(actor, wish, file).await.expect("an import");
        self.work().await.expect("jobs that can be run");
        let workout = logged.workout.id;
        let rows = BTreeMap::from([
            ("plan", plan.id.to_string()),
            ("workout", workout.to_string()),
            ("set", set.to_string()),
            ("measurement", measurement.id.to_string()),
            ("import", import.id.to_string()),
            ("exercise", exercise.exercise.id),
            ("number", number.to_string()),
        ]);
        let urls = vec![format!("/api/v1/fitness/workouts/{workout}"), format!("/api/v1/fitness/plans/{}", plan.id)];
        Planted { rows, urls, canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        body_sample(operation_id, planted).or_else(|| plain_sample(operation_id, planted))
    }
}

/// Requests that carry a body.
fn body_sample(operation_id: &str, planted: &Planted) -> Option<Sample> {
    let id = |row: &str| Sample::new().path("id", planted.row(row));
    let slug = || Sample::new().path("slug", planted.row("exercise"));
    Some(match operation_id {
        "put_fitness_profile" => Sample::new().json(json!({
            "birth_date": "1990-05-01", "sex": "female", "height": "5'7\"", "mass": {"value": 65, "unit": "kg"}, "activity": "light",
            "goal": "strength", "experience": "beginner", "equipment": ["dumbbells"], "injuries": ["knee"], "units": "imperial",
        })),
        "parse_quantity" => Sample::new().json(json!({"text": "5'11\"", "quantity": "length"})),
        "compute_metrics" => Sample::new().json(json!({"sex": "male", "age": 30, "height": "180 cm", "mass": "80 kg", "waist": "85 cm"})),
        "create_exercise" => Sample::new().json(json!({
            "slug": format!("new-{}", planted.row("number")), "name": "New", "pattern": "carry", "muscles": {"glutes": 1},
        })),
        "update_exercise" => slug().json(json!({"names": {"en": "Other"}, "level": 3})),
        "attach_exercise_media" => slug().json(json!({"media_id": "01900000-0000-7000-8000-000000000001"})),
        "create_plan" => Sample::new().json(json!({"goal": "strength", "days_per_week": 3, "minutes": 45, "equipment": ["dumbbell"]})),
        "update_plan" => id("plan").json(json!({"name": "Mine", "archived": true})),
        "create_workout" => Sample::new().json(json!({
            "title": "Evening", "sets": [{"exercise": "pushup", "reps": 10}, {"exercise": "barbell-row", "load": "60 kg", "reps": 8}],
        })),
        "update_workout" => id("workout").json(json!({"title": "Morning", "notes": null})),
        "add_set" => id("workout").json(json!({"exercise": "push-up", "reps": 11, "rir": 1})),
        "update_set" => id("workout").path("set_id", planted.row("set")).json(json!({"reps": 9, "load": "5 kg"})),
        "substitute_exercise" => id("workout").json(json!({"exercise": "push-up", "pain": ["wrist"]})),
        "create_measurement" => Sample::new().json(json!({"kind": "mass", "value": "64.5 kg"})),
        "update_measurement" => id("measurement").json(json!({"value": "64 kg"})),
        "start_import" => Sample::new().query("source=hevy").raw("text/csv", "exercise_title,start_time,set_type\n"),
        "import_exercises" => Sample::new().query("source=wger").raw("application/json", r#"{"results":[]}"#),
        _ => return None,
    })
}

/// Requests without a body.
fn plain_sample(operation_id: &str, planted: &Planted) -> Option<Sample> {
    let id = |row: &str| Sample::new().path("id", planted.row(row));
    Some(match operation_id {
        "get_fitness_profile"
        | "list_exercises"
        | "list_plans"
        | "list_workouts"
        | "list_measurements"
        | "get_records"
        | "get_volume"
        | "get_energy"
        | "export_fitness" => Sample::new(),
        "get_exercise" | "delete_exercise" => Sample::new().path("slug", planted.row("exercise")),
        "exercise_animation_gif" | "exercise_animation_svg" => Sample::new().path("slug", "push-up"),
        "get_plan" | "delete_plan" | "explain_plan" | "next_session" => id("plan"),
        "get_workout" | "delete_workout" => id("workout"),
        "delete_set" => id("workout").path("set_id", planted.row("set")),
        "delete_measurement" => id("measurement"),
        "get_progress" | "progress_chart" => Sample::new().query("metric=mass"),
        "get_import" => id("import"),
        _ => return None,
    })
}
