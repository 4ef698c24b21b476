use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_kernel::{Actor, Owner, Timestamp};

use crate::formulas::{energy, strength};
use crate::library::Libraries;
use crate::model::{Day, MeasurementKind};
use crate::plans::units;
use crate::progress::{self, WeekVolume, adaptive, records, trend, volume_by_week};
use crate::service::{Bests, Energy, Progress, ProgressMetric, ProgressSeries};
use crate::store::{measurements, profiles, sets};
use crate::units::{KG_PER_LB, UnitSystem};
use crate::{FitnessError, permissions};

/// The most sets that one answer looks at.
const MOST_SETS: u64 = 20_000;
/// The default time of a series.
const HALF_YEAR: u64 = 182;

/// [`Progress`] over the tables.
#[derive(Clone)]
pub(crate) struct ProgressService {
    pub(crate) db: Db,
    pub(crate) libraries: Libraries,
}

/// A stored value of a kind in the units that a person reads, and the unit.
#[expect(clippy::cast_precision_loss, reason = "stored values are far below 2^52")]
pub(crate) fn shown(kind: MeasurementKind, value: i64, system: UnitSystem) -> (f64, &'static str) {
    let value = value as f64;
    match (kind, system) {
        (MeasurementKind::Mass, UnitSystem::Metric) => (value / 1000.0, "kg"),
        (MeasurementKind::Mass, UnitSystem::Imperial) => (value / 1000.0 / KG_PER_LB, "lb"),
        (MeasurementKind::BodyFat, _) => (value / 1000.0, "%"),
        (MeasurementKind::Intake, _) => (value, "kcal"),
        (MeasurementKind::RestingHeartRate, _) => (value, "bpm"),
        (MeasurementKind::Steps, _) => (value, "steps"),
        (_, UnitSystem::Metric) => (value / 10.0, "cm"),
        (_, UnitSystem::Imperial) => (value / 25.4, "in"),
    }
}

#[async_trait]
impl Progress for ProgressService {
    async fn series(
        &self,
        actor: &Actor,
        metric: &ProgressMetric,
        from: Option<Day>,
        to: Option<Day>,
    ) -> Result<ProgressSeries, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let system = units(&self.db, owner).await?;
        let span = self.span(from, to)?;
        match metric {
            ProgressMetric::Measured(kind) => self.measured(owner, *kind, span, system).await,
            ProgressMetric::OneRepMax(name) => self.maxima(owner, name, span, system).await,
        }
    }

    async fn records(&self, actor: &Actor, exercise: Option<&str>) -> Result<Bests, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let slugs = match exercise {
            Some(name) => Some(vec![self.slug(owner, name).await?]),
            None => None,
        };
        let all = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        let done = sets::working(self.db.read(), owner, all, slugs.as_deref(), MOST_SETS).await?;
        Ok(Bests { records: records(&done), units: units(&self.db, owner).await? })
    }

    async fn volume(
        &self,
        actor: &Actor,
        from: Option<Day>,
        to: Option<Day>,
    ) -> Result<(Vec<WeekVolume>, Vec<String>), FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let library = self.libraries.of(owner).await?;
        let done = sets::working(self.db.read(), owner, self.span(from, to)?, None, MOST_SETS).await?;
        Ok(volume_by_week(&done, |slug| library.resolve(slug).map(std::convert::AsRef::as_ref)))
    }

    async fn energy(&self, actor: &Actor) -> Result<Energy, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let now = self.db.ambient().now();
        let span = (now.minus(Duration::from_hours(24 * 56)), now);
        let masses = self.values(owner, MeasurementKind::Mass, span, UnitSystem::Metric).await?;
        let intakes = self.values(owner, MeasurementKind::Intake, span, UnitSystem::Metric).await?;
        let found = adaptive(&masses, &intakes, Day::of(now));
        let days = found.as_ref().map_or_else(|days| *days, |estimate| (estimate.intake_days, estimate.mass_days));
        let profile = profiles::find(self.db.read(), owner).await?.map(|profile| profile.draft);
        let formula = profile.map(|draft| {
            // The newest weigh-in says more than the profile.
            let kg = masses.last().map_or(draft.mass.as_kg(), |(_, kg)| *kg);
            let resting = energy::mifflin(draft.sex, kg, draft.height.as_cm(), draft.age_on(Day::of(now)));
            (resting, resting * draft.activity.factor())
        });
        Ok(Energy { adaptive: found.ok(), formula, days })
    }
}

impl ProgressService {
    fn span(&self, from: Option<Day>, to: Option<Day>) -> Result<(Timestamp, Timestamp), FitnessError> {
        let today = Day::of(self.db.ambient().now());
        let to = to.unwrap_or(today);
        let half_year = Day::from_number(to.number() - i64::try_from(HALF_YEAR).unwrap_or(182));
        let from = from.unwrap_or(half_year);
        if from > to || to.number() - from.number() > 3660 {
            return Err(FitnessError::field("/from", "out_of_range", "A time of at most ten years that begins before it ends."));
        }
        let end = Timestamp::from_millis(Day::from_number(to.number() + 1).start().millis() - 1);
        Ok((from.start(), end))
    }

    async fn slug(&self, owner: Owner, name: &str) -> Result<String, FitnessError> {
        let library = self.libraries.of(owner).await?;
        let known = library.resolve(name).map(|exercise| exercise.id.clone());
        known.ok_or_else(|| FitnessError::field("/exercise", "unknown_exercise", "There is no such exercise."))
    }

    async fn values(
        &self,
        owner: Owner,
        kind: MeasurementKind,
        span: (Timestamp, Timestamp),
        system: UnitSystem,
    ) -> Result<Vec<(Day, f64)>, FitnessError> {
        let rows = measurements::series(self.db.read(), owner, kind, span).await?;
        Ok(rows.iter().map(|row| (Day::of(row.measured_at), shown(kind, row.draft.value, system).0)).collect())
    }

    async fn measured(
        &self,
        owner: Owner,
        kind: MeasurementKind,
        span: (Timestamp, Timestamp),
        system: UnitSystem,
    ) -> Result<ProgressSeries, FitnessError> {
        let values = self.values(owner, kind, span, system).await?;
        let (_, unit) = shown(kind, 0, system);
        let (error, _) = shown(kind, crate::units::whole(kind.error()), system);
        let words = kind.as_str().replace('_', " ");
        let mut letters = words.chars();
        let title = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
        let title = if kind == MeasurementKind::Mass { "Body mass".to_owned() } else { title };
        Ok(ProgressSeries { title, unit, series: trend(&values, error) })
    }

    async fn maxima(
        &self,
        owner: Owner,
        name: &str,
        span: (Timestamp, Timestamp),
        system: UnitSystem,
    ) -> Result<ProgressSeries, FitnessError> {
        let slug = self.slug(owner, name).await?;
        let done = sets::working(self.db.read(), owner, span, Some(std::slice::from_ref(&slug)), MOST_SETS).await?;
        let mut best: Vec<(Day, f64)> = Vec::new();
        for set in &done {
            let Some((load, reps)) = set.draft.load.zip(set.draft.reps) else { continue };
            let Some(max) = strength::epley(load.as_kg(), f64::from(reps), set.draft.rir.unwrap_or(0.0)) else { continue };
            let day = Day::of(set.done_at);
            match best.last_mut() {
                Some((last, value)) if *last == day => *value = value.max(max),
                _ => best.push((day, max)),
            }
        }
        let factor = if system == UnitSystem::Imperial { 1.0 / KG_PER_LB } else { 1.0 };
        let unit = if system == UnitSystem::Imperial { "lb" } else { "kg" };
        let values: Vec<(Day, f64)> = best.into_iter().map(|(day, value)| (day, value * factor)).collect();
        // Estimates of the maximum differ by a few per cent from formula to formula.
        let error = values.last().map_or(0.0, |(_, value)| value * 0.03);
        let title = format!("Estimated maximum, {slug}");
        Ok(ProgressSeries { title, unit, series: progress::trend(&values, error) })
    }
}
