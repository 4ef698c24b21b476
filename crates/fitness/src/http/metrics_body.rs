use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FitnessError;
use crate::formulas::energy::Activity;
use crate::formulas::heart::Zone;
use crate::formulas::macros::{self, Macros};
use crate::formulas::{Metric, Sex};
use crate::metrics::{Exertion, Lift, Report, Subject};
use crate::model::{AGES, Day};
use crate::units::{BODY_MASS, KG_PER_LB, LOADS, Length, LengthUse, QuantityText, UnitSystem, rounded};

/// The measures of a body. `sex`, `height`, `mass` and one of `age` and `birth_date` are needed, the rest adds formulas.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricsBody {
    sex: Sex,
    /// Years; or give `birth_date`.
    #[schema(minimum = 13, maximum = 100)]
    age: Option<f64>,
    birth_date: Option<Day>,
    #[schema(example = "180 cm")]
    height: QuantityText,
    #[schema(example = "80 kg")]
    mass: QuantityText,
    #[schema(example = "38 cm")]
    neck: Option<QuantityText>,
    #[schema(example = "85 cm")]
    waist: Option<QuantityText>,
    hip: Option<QuantityText>,
    /// Measured, in percent.
    body_fat: Option<f64>,
    skinfolds: Option<Skinfolds>,
    activity: Option<Activity>,
    /// Beats a minute.
    resting_heart_rate: Option<f64>,
    lift: Option<LiftBody>,
    exertion: Option<ExertionBody>,
    /// Kilocalories a day below (negative) or above what is spent.
    energy_change: Option<f64>,
    /// Metres run in twelve minutes.
    cooper_metres: Option<f64>,
    rockport: Option<RockportBody>,
    /// The units of masses in the answer.
    #[serde(default)]
    units: UnitSystem,
}

/// Folds in millimetres, each site once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Skinfolds {
    chest: Option<f64>,
    abdomen: Option<f64>,
    thigh: Option<f64>,
    triceps: Option<f64>,
    suprailiac: Option<f64>,
    subscapular: Option<f64>,
    midaxillary: Option<f64>,
}

impl Skinfolds {
    fn sum(sites: &[Option<f64>]) -> Option<f64> {
        sites.iter().try_fold(0.0, |sum, site| site.map(|millimetres| sum + millimetres))
    }

    fn three(&self, sex: Sex) -> Option<f64> {
        match sex {
            Sex::Male => Self::sum(&[self.chest, self.abdomen, self.thigh]),
            Sex::Female => Self::sum(&[self.triceps, self.suprailiac, self.thigh]),
        }
    }

    fn seven(&self) -> Option<f64> {
        Self::sum(&self.all())
    }

    fn all(&self) -> [Option<f64>; 7] {
        [self.chest, self.midaxillary, self.triceps, self.subscapular, self.abdomen, self.suprailiac, self.thigh]
    }
}

/// A set to or near failure.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LiftBody {
    #[schema(example = "100 kg")]
    load: QuantityText,
    #[schema(minimum = 1, maximum = 15)]
    reps: f64,
    /// Repetitions that were left.
    #[serde(default)]
    rir: f64,
}

/// An activity.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExertionBody {
    #[schema(minimum = 1, maximum = 23)]
    met: f64,
    minutes: f64,
}

/// A mile walked as fast as possible.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RockportBody {
    minutes: f64,
    /// At the end.
    heart_rate: f64,
}

fn within(pointer: &str, value: Option<f64>, low: f64, high: f64) -> Result<Option<f64>, FitnessError> {
    match value {
        Some(value) if !(low..=high).contains(&value) => {
            Err(FitnessError::field(pointer, "out_of_range", format!("Expected {low} to {high}.")))
        }
        value => Ok(value),
    }
}

fn girth(pointer: &str, text: Option<&QuantityText>) -> Result<Option<Length>, FitnessError> {
    let read = text.map(|text| text.length(LengthUse::Girth, None)).transpose();
    read.map_err(|fault| FitnessError::quantity(pointer, fault))
}

impl MetricsBody {
    pub(super) fn units(&self) -> UnitSystem {
        self.units
    }

    fn age(&self, today: Day) -> Result<f64, FitnessError> {
        let by_birth = self.birth_date.map(|day| f64::from(day.years_until(today)));
        let (low, high) = (f64::from(*AGES.start()), f64::from(*AGES.end()));
        let pointer = if self.age.is_some() { "/age" } else { "/birth_date" };
        let given = within(pointer, self.age.or(by_birth), low, high)?;
        given.ok_or_else(|| FitnessError::field("/age", "required", "Give age or birth_date."))
    }

    /// The measures, each within its range.
    pub(super) fn subject(&self, today: Day) -> Result<Subject, FitnessError> {
        let folds = self.skinfolds.as_ref();
        for site in folds.iter().flat_map(|folds| folds.all()) {
            within("/skinfolds", site, 1.0, 120.0)?;
        }
        let height = self.height.length(LengthUse::Height, None).map_err(|fault| FitnessError::quantity("/height", fault))?;
        let mass = self.mass.mass(None, BODY_MASS).map_err(|fault| FitnessError::quantity("/mass", fault))?;
        Ok(Subject {
            sex: self.sex,
            age: self.age(today)?,
            height,
            mass,
            neck: girth("/neck", self.neck.as_ref())?,
            waist: girth("/waist", self.waist.as_ref())?,
            hip: girth("/hip", self.hip.as_ref())?,
            body_fat: within("/body_fat", self.body_fat, 2.0, 70.0)?,
            folds_3: folds.and_then(|folds| folds.three(self.sex)),
            folds_7: folds.and_then(Skinfolds::seven),
            activity: self.activity,
            resting_heart_rate: within("/resting_heart_rate", self.resting_heart_rate, 25.0, 130.0)?,
            lift: self.lift()?,
            exertion: self.exertion()?,
            energy_change: within("/energy_change", self.energy_change, -3000.0, 3000.0)?,
            cooper_metres: within("/cooper_metres", self.cooper_metres, 800.0, 6000.0)?,
            rockport: self.rockport()?,
        })
    }

    fn lift(&self) -> Result<Option<Lift>, FitnessError> {
        let Some(lift) = &self.lift else { return Ok(None) };
        let load = lift.load.mass(None, LOADS).map_err(|fault| FitnessError::quantity("/lift/load", fault))?;
        within("/lift/reps", Some(lift.reps + lift.rir), 1.0, 15.0)?;
        within("/lift/rir", Some(lift.rir), 0.0, 10.0)?;
        Ok(Some(Lift { load, reps: lift.reps, in_reserve: lift.rir }))
    }

    fn exertion(&self) -> Result<Option<Exertion>, FitnessError> {
        let Some(exertion) = &self.exertion else { return Ok(None) };
        within("/exertion/met", Some(exertion.met), 1.0, 23.0)?;
        within("/exertion/minutes", Some(exertion.minutes), 1.0, 1440.0)?;
        Ok(Some(Exertion { met: exertion.met, minutes: exertion.minutes }))
    }

    fn rockport(&self) -> Result<Option<(f64, f64)>, FitnessError> {
        let Some(walk) = &self.rockport else { return Ok(None) };
        within("/rockport/minutes", Some(walk.minutes), 6.0, 60.0)?;
        within("/rockport/heart_rate", Some(walk.heart_rate), 50.0, 230.0)?;
        Ok(Some((walk.minutes, walk.heart_rate)))
    }
}

/// One value.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessMetric)]
struct MetricView {
    /// What it is, such as `bmi`, `bmr`, `body_fat`.
    #[schema(example = "bmr")]
    id: &'static str,
    name: &'static str,
    value: f64,
    #[schema(example = "kcal/day")]
    unit: &'static str,
    /// Which formula, such as `mifflin`.
    #[schema(example = "mifflin")]
    formula: &'static str,
    source: &'static str,
    /// For whom it holds.
    limits: &'static str,
    /// In `unit`; null where none is published.
    standard_error: Option<f64>,
    /// The class of the source that the value falls into.
    category: Option<&'static str>,
    warnings: Vec<&'static str>,
}

impl MetricView {
    fn of(metric: Metric, units: UnitSystem) -> Self {
        let formula = metric.formula;
        let (value, unit) = match (formula.unit, units) {
            ("kg", UnitSystem::Imperial) => (metric.value / KG_PER_LB, "lb"),
            ("cm", UnitSystem::Imperial) => (metric.value / 2.54, "in"),
            (unit, _) => (metric.value, unit),
        };
        Self {
            id: formula.metric,
            name: formula.name,
            value: rounded(value, 4),
            unit,
            formula: formula.id,
            source: formula.source,
            limits: formula.limits,
            standard_error: formula.standard_error,
            category: metric.category,
            warnings: metric.warnings,
        }
    }
}

/// A formula that could not be used.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessNotApplicable)]
struct NotApplicable {
    formula: &'static str,
    reason: &'static str,
}

/// Body fat over all formulas: a range, never one bare number.
#[derive(Serialize, ToSchema)]
struct BodyFatRange {
    /// Least, in percent.
    low: f64,
    /// Most, in percent.
    high: f64,
    /// Points between the two.
    spread: f64,
}

/// A heart-rate zone in beats a minute.
#[derive(Serialize, ToSchema)]
#[schema(as = HeartRateZone)]
struct ZoneView {
    zone: u8,
    from: f64,
    to: f64,
}

/// Grams a day.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessMacros)]
struct MacrosView {
    energy_kcal: f64,
    protein_g: f64,
    fat_g: f64,
    carbohydrate_g: f64,
    source: &'static str,
    /// Safety rules that moved the energy from what was asked.
    applied_rules: Vec<&'static str>,
}

/// Everything that the measures say.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessReport)]
pub(super) struct ReportView {
    metrics: Vec<MetricView>,
    body_fat_range: Option<BodyFatRange>,
    /// By the share of the maximum, or of the reserve where a resting rate is given.
    heart_rate_zones: Vec<ZoneView>,
    /// Null without `activity`, or where protein and fat alone are more than the energy.
    macros: Option<MacrosView>,
    not_applicable: Vec<NotApplicable>,
    /// Not medicine.
    disclaimer: &'static str,
}

impl ReportView {
    pub(super) fn of(report: Report, units: UnitSystem) -> Self {
        let zone = |zone: Zone| ZoneView { zone: zone.number, from: rounded(zone.from, 1), to: rounded(zone.to, 1) };
        let applied = report.applied_rules;
        let split = |macros: Macros| MacrosView {
            energy_kcal: rounded(macros.energy, 1),
            protein_g: rounded(macros.protein, 2),
            fat_g: rounded(macros.fat, 2),
            carbohydrate_g: rounded(macros.carbohydrate, 2),
            source: macros::SOURCE,
            applied_rules: applied,
        };
        let missing = report.not_applicable.into_iter();
        Self {
            metrics: report.metrics.into_iter().map(|metric| MetricView::of(metric, units)).collect(),
            body_fat_range: report.body_fat_range.map(|(low, high)| BodyFatRange {
                low: rounded(low, 2),
                high: rounded(high, 2),
                spread: rounded(high - low, 2),
            }),
            heart_rate_zones: report.zones.into_iter().map(zone).collect(),
            macros: report.macros.map(split),
            not_applicable: missing.map(|(formula, reason)| NotApplicable { formula, reason }).collect(),
            disclaimer: "Estimates from published formulas. They are no diagnosis and no medical advice.",
        }
    }
}
