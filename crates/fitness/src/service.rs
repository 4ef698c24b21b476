use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::{Actor, Page, PageRequest, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::FitnessError;
use crate::catalogue::{Area, Equipment, Exercise, Search};
use crate::metrics::{Report, Subject};
use crate::model::{
    Day, Experience, Goal, Import, ImportId, ImportSource, Measurement, MeasurementDraft, MeasurementId, MeasurementKind, PlanId,
    Profile, ProfileDraft, SetDraft, SetId, StoredPlan, Workout, WorkoutDraft, WorkoutId, WorkoutSet,
};
use crate::motion::{ExerciseForm, Frame, StreamWish, Theme};
use crate::plan::NextSession;
use crate::ports::MediaLink;
use crate::progress::{EnergyEstimate, Record, Series, WeekVolume};
use crate::store::exercises::StoredExercise;
use crate::units::UnitSystem;

/// The bodies and wishes of people. Always the person's own, whatever organisation is acted for.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The caller's profile.
    async fn own(&self, actor: &Actor) -> Result<Profile, FitnessError>;
    /// Writes the caller's profile anew. With `based_on`, only while it is at that version.
    async fn put(&self, actor: &Actor, draft: ProfileDraft, based_on: Option<i64>) -> Result<Profile, FitnessError>;
    /// The time that ages are reckoned by.
    fn now(&self) -> Timestamp;
    /// What follows from the measures of a body; nothing is stored.
    fn report(&self, actor: &Actor, subject: &Subject) -> Result<Report, FitnessError>;
}

/// An exercise with what is shown beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The exercise.
    pub exercise: Arc<Exercise>,
    /// What may stand in for it, the nearest first.
    pub substitutes: Vec<Arc<Exercise>>,
    /// Its pictures and films.
    pub media: Vec<MediaLink>,
}

/// The catalogue and one's own exercises.
#[async_trait]
pub trait Exercises: Send + Sync {
    /// What matches, the best first.
    async fn search(&self, actor: &Actor, search: &Search) -> Result<Vec<Arc<Exercise>>, FitnessError>;
    /// One, by slug, name or alias.
    async fn get(&self, actor: &Actor, name: &str) -> Result<Seen, FitnessError>;
    /// Writes an exercise of one's own.
    async fn create(&self, actor: &Actor, exercise: Exercise) -> Result<StoredExercise, FitnessError>;
    /// Merges a patch (RFC 7396) into an exercise of one's own. With `based_on`, only while it is at that version.
    async fn update(
        &self,
        actor: &Actor,
        slug: &str,
        patch: Map<String, Value>,
        based_on: Option<i64>,
    ) -> Result<StoredExercise, FitnessError>;
    /// Deletes an exercise of one's own; logs keep its name.
    async fn delete(&self, actor: &Actor, slug: &str) -> Result<(), FitnessError>;
    /// Shows a picture or film with an exercise of one's own.
    async fn attach_media(&self, actor: &Actor, slug: &str, media: Uuid) -> Result<Seen, FitnessError>;
    /// An exercise of one's own as it is stored; none: it is the catalogue's or there is none.
    async fn stored(&self, actor: &Actor, slug: &str) -> Result<Option<StoredExercise>, FitnessError>;
}

/// Who makes a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PlanAuthor {
    /// The builder.
    #[default]
    Builder,
    /// A language model, checked and repaired; where it fails, the builder.
    Model,
}

/// What somebody asks for; what is left out comes from the profile, else from defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRequest {
    /// What it is called; none: after what it is for.
    pub name: Option<String>,
    /// What it is for.
    pub goal: Option<Goal>,
    /// For how long they have trained.
    pub experience: Option<Experience>,
    /// Training days in a cycle.
    pub days: u8,
    /// Days of a cycle.
    pub cycle_days: u8,
    /// Minutes of a session.
    pub minutes: u16,
    /// What is at hand.
    pub equipment: Option<Vec<Equipment>>,
    /// What hurts.
    pub injuries: Option<Vec<Area>>,
    /// For how many weeks.
    pub weeks: u8,
    /// Another number gives another choice among equals.
    pub seed: u64,
    /// Who makes it.
    pub author: PlanAuthor,
}

/// What may change about a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanChange {
    /// What it is called.
    pub name: Option<String>,
    /// Put away.
    pub archived: Option<bool>,
}

/// Training plans.
#[async_trait]
pub trait Plans: Send + Sync {
    /// Makes one.
    async fn create(&self, actor: &Actor, request: PlanRequest) -> Result<StoredPlan, FitnessError>;
    /// The caller's.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<StoredPlan>, FitnessError>;
    /// One of them.
    async fn get(&self, actor: &Actor, id: PlanId) -> Result<StoredPlan, FitnessError>;
    /// Renames it or puts it away. With `based_on`, only while it is at that version.
    async fn update(
        &self,
        actor: &Actor,
        id: PlanId,
        change: PlanChange,
        based_on: Option<i64>,
    ) -> Result<StoredPlan, FitnessError>;
    /// Deletes it; workouts stay.
    async fn delete(&self, actor: &Actor, id: PlanId) -> Result<(), FitnessError>;
    /// The next session: a function of plan, log and rules.
    async fn next(&self, actor: &Actor, id: PlanId) -> Result<(StoredPlan, NextSession, UnitSystem), FitnessError>;
}

/// A workout with its sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The workout.
    pub workout: Workout,
    /// Its sets, by when they were done.
    pub sets: Vec<WorkoutSet>,
}

/// What to change of a workout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkoutChange {
    /// What it is called.
    pub title: Option<String>,
    /// For the person.
    pub notes: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended; `Some(None)` opens it again.
    pub ended_at: Option<Option<Timestamp>>,
}

/// A change of a set, checked as it is applied.
pub type SetChange = Box<dyn Fn(SetDraft) -> Result<SetDraft, FitnessError> + Send + Sync>;

/// Why an exercise is to be replaced now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Substitution {
    /// The exercise that can't be done.
    pub exercise: String,
    /// What to do instead; none: the nearest.
    pub to: Option<String>,
    /// What is at hand; none: what the profile says.
    pub available: Option<Vec<Equipment>>,
    /// What is taken or missing.
    pub missing: Vec<Equipment>,
    /// What hurts now.
    pub pain: Vec<Area>,
}

/// What stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Substituted {
    /// What was to be done.
    pub from: Arc<Exercise>,
    /// What is done instead; none: nothing fits.
    pub to: Option<Arc<Exercise>>,
    /// What else would do.
    pub alternatives: Vec<Arc<Exercise>>,
    /// The workout, which remembers it. The plan stays as it is.
    pub workout: Workout,
}

/// The log.
#[async_trait]
pub trait Workouts: Send + Sync {
    /// Begins a workout, or writes one that is over, with its first sets.
    async fn create(&self, actor: &Actor, draft: WorkoutDraft, first: Vec<SetDraft>) -> Result<Logged, FitnessError>;
    /// The caller's, by when they began.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Logged>, FitnessError>;
    /// One of them.
    async fn get(&self, actor: &Actor, id: WorkoutId) -> Result<Logged, FitnessError>;
    /// Changes the workout itself. With `based_on`, only while it is at that version.
    async fn update(
        &self,
        actor: &Actor,
        id: WorkoutId,
        change: WorkoutChange,
        based_on: Option<i64>,
    ) -> Result<Logged, FitnessError>;
    /// Deletes it with its sets.
    async fn delete(&self, actor: &Actor, id: WorkoutId) -> Result<(), FitnessError>;
    /// Adds one set. Sets are rows of their own, so two devices never overwrite each other.
    async fn add_set(&self, actor: &Actor, id: WorkoutId, set: SetDraft) -> Result<WorkoutSet, FitnessError>;
    /// Changes one set.
    async fn update_set(
        &self,
        actor: &Actor,
        workout: WorkoutId,
        id: SetId,
        change: SetChange,
        based_on: Option<i64>,
    ) -> Result<WorkoutSet, FitnessError>;
    /// Deletes one set.
    async fn delete_set(&self, actor: &Actor, workout: WorkoutId, id: SetId) -> Result<(), FitnessError>;
    /// Swaps an exercise for this workout alone.
    async fn substitute(&self, actor: &Actor, id: WorkoutId, wish: Substitution) -> Result<Substituted, FitnessError>;
}

/// A change of a measurement, checked as it is applied.
pub type MeasurementChange = Box<dyn Fn(MeasurementDraft) -> Result<MeasurementDraft, FitnessError> + Send + Sync>;

/// Measurements of the body and of days.
#[async_trait]
pub trait Measurements: Send + Sync {
    /// Writes one.
    async fn create(&self, actor: &Actor, draft: MeasurementDraft) -> Result<Measurement, FitnessError>;
    /// The caller's, by when they were taken.
    async fn list(
        &self,
        actor: &Actor,
        kind: Option<MeasurementKind>,
        request: &PageRequest,
    ) -> Result<Page<Measurement>, FitnessError>;
    /// Changes one.
    async fn update(
        &self,
        actor: &Actor,
        id: MeasurementId,
        change: MeasurementChange,
        based_on: Option<i64>,
    ) -> Result<Measurement, FitnessError>;
    /// Deletes one.
    async fn delete(&self, actor: &Actor, id: MeasurementId) -> Result<(), FitnessError>;
    /// The units that the caller reads.
    async fn units(&self, actor: &Actor) -> Result<UnitSystem, FitnessError>;
}

/// What a language model is told about the person's training.
#[async_trait]
pub trait CoachContext: Send + Sync {
    /// Profile, plan with the next session, the log of 14 days, units and locale, as a text of at most 8000 characters. What people wrote
    /// stands in it as data: one line each.
    async fn text(&self, actor: &Actor, locale: Option<&str>) -> Result<String, FitnessError>;
}

/// How an animation is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// Pixels.
    Gif,
    /// Shapes.
    Svg,
}

/// A drawn animation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Bytes,
    /// A tag of its content, quoted.
    pub etag: String,
}

/// Animations of the catalogue's exercises. Public: they hold nothing of anybody.
#[async_trait]
pub trait Animations: Send + Sync {
    /// Draws an exercise, or gives what was drawn before. Without a theme an SVG follows its reader's, a GIF is light.
    async fn draw(&self, name: &str, drawing: Drawing, theme: Option<Theme>) -> Result<Arc<Picture>, FitnessError>;
}

/// What the motions say about form, for whoever judges pictures of people.
pub trait FormRules: Send + Sync {
    /// Ranges and the counting gate of an exercise, by slug, name or alias. None: no motion describes it.
    fn of(&self, exercise: &str) -> Option<ExerciseForm>;
    /// A synthetic stream of landmarks with known repetitions and faults.
    fn stream(&self, exercise: &str, wish: &StreamWish) -> Option<Vec<Frame>>;
}

/// What a series shows.
#[derive(Clone, Debug, PartialEq)]
pub enum ProgressMetric {
    /// A measurement.
    Measured(MeasurementKind),
    /// The estimated maximum of an exercise, by name.
    OneRepMax(String),
}

/// A series in the caller's units.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressSeries {
    /// For people.
    pub title: String,
    /// Of its values.
    pub unit: &'static str,
    /// Days, trend, change.
    pub series: Series,
}

/// Records with what they are shown in.
#[derive(Clone, Debug, PartialEq)]
pub struct Bests {
    /// The records.
    pub records: Vec<Record>,
    /// The caller's units.
    pub units: UnitSystem,
}

/// Daily energy and how it was come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Energy {
    /// From intake and trend, where enough was logged.
    pub adaptive: Option<EnergyEstimate>,
    /// From the profile: resting energy and daily energy.
    pub formula: Option<(f64, f64)>,
    /// Days with an intake and with a weigh-in of the last 14.
    pub days: (usize, usize),
}

/// How things go.
#[async_trait]
pub trait Progress: Send + Sync {
    /// A series with its trend.
    async fn series(
        &self,
        actor: &Actor,
        metric: &ProgressMetric,
        from: Option<Day>,
        to: Option<Day>,
    ) -> Result<ProgressSeries, FitnessError>;
    /// The bests, of one exercise or of all.
    async fn records(&self, actor: &Actor, exercise: Option<&str>) -> Result<Bests, FitnessError>;
    /// Fractional sets by week, and exercises that are not known.
    async fn volume(
        &self,
        actor: &Actor,
        from: Option<Day>,
        to: Option<Day>,
    ) -> Result<(Vec<WeekVolume>, Vec<String>), FitnessError>;
    /// Daily energy.
    async fn energy(&self, actor: &Actor) -> Result<Energy, FitnessError>;
}

/// An import that is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportWish {
    /// Where it comes from.
    pub source: ImportSource,
    /// The unit of loads where the file does not say it.
    pub unit: Option<UnitSystem>,
}

/// In and out.
#[async_trait]
pub trait Transfers: Send + Sync {
    /// Keeps the file and queues its import. Exercises are for administrators.
    async fn import(&self, actor: &Actor, wish: ImportWish, file: Bytes) -> Result<Import, FitnessError>;
    /// How an import stands.
    async fn get(&self, actor: &Actor, id: ImportId) -> Result<Import, FitnessError>;
    /// Everything of the caller's training as one document.
    async fn export(&self, actor: &Actor) -> Result<Value, FitnessError>;
    /// Every set as a table.
    async fn export_csv(&self, actor: &Actor) -> Result<String, FitnessError>;
}
