//! Everything that can be said about a body from the measures at hand.

use crate::formulas::energy::{self, Activity};
use crate::formulas::heart::{self, Zone};
use crate::formulas::macros::{self, Macros};
use crate::formulas::{Metric, Sex, body_fat, body_mass, lean, strength};
use crate::units::{Length, Mass};

/// The measures of one body. Ranges are checked before: nothing here is out of the domain of the formulas unless they say so.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Coefficients.
    pub sex: Sex,
    /// Years, with decimals where a birth date is known.
    pub age: f64,
    /// Height.
    pub height: Length,
    /// Body mass.
    pub mass: Mass,
    /// Round the neck.
    pub neck: Option<Length>,
    /// Round the waist.
    pub waist: Option<Length>,
    /// Round the hip.
    pub hip: Option<Length>,
    /// A body fat that was measured, in percent.
    pub body_fat: Option<f64>,
    /// Sum of three folds in millimetres.
    pub folds_3: Option<f64>,
    /// Sum of seven folds in millimetres.
    pub folds_7: Option<f64>,
    /// Daily activity.
    pub activity: Option<Activity>,
    /// Beats a minute at rest.
    pub resting_heart_rate: Option<f64>,
    /// A set to or near failure.
    pub lift: Option<Lift>,
    /// An activity to price in energy.
    pub exertion: Option<Exertion>,
    /// Kilocalories a day above or below what is spent.
    pub energy_change: Option<f64>,
    /// Metres run in twelve minutes.
    pub cooper_metres: Option<f64>,
    /// Minutes of a mile walked, and the heart rate at its end.
    pub rockport: Option<(f64, f64)>,
}

/// A set to or near failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// The load.
    pub load: Mass,
    /// Repetitions.
    pub reps: f64,
    /// Repetitions that were left.
    pub in_reserve: f64,
}

/// An activity and how long it went on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exertion {
    /// Multiple of the energy at rest.
    pub met: f64,
    /// Minutes.
    pub minutes: f64,
}

/// What was found, what could not be, and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Every value.
    pub metrics: Vec<Metric>,
    /// Formulas that could not be used, and why.
    pub not_applicable: Vec<(&'static str, &'static str)>,
    /// The least and the most body fat of all formulas, in percent.
    pub body_fat_range: Option<(f64, f64)>,
    /// Heart-rate zones.
    pub zones: Vec<Zone>,
    /// Daily energy and its parts; none where no activity is given.
    pub macros: Option<Macros>,
    /// Safety rules that changed the energy target.
    pub applied_rules: Vec<&'static str>,
}

/// Computes all of it.
pub fn report(subject: &Subject) -> Report {
    let Subject { sex, age, .. } = *subject;
    let (kg, cm) = (subject.mass.as_kg(), subject.height.as_cm());
    let mut metrics = body_mass::metrics(kg, cm, age);
    let given = body_fat::Given {
        sex,
        age,
        kg,
        height: cm,
        bmi: body_mass::bmi(kg, cm),
        waist: subject.waist.map(Length::as_cm),
        neck: subject.neck.map(Length::as_cm),
        hip: subject.hip.map(Length::as_cm),
        folds_3: subject.folds_3,
        folds_7: subject.folds_7,
    };
    let (fat, mut not_applicable) = body_fat::metrics(&given);
    let single = || fat.iter().filter(|metric| metric.formula.id != body_fat::MEDIAN.id).map(|metric| metric.value);
    let body_fat_range = single().min_by(f64::total_cmp).zip(single().max_by(f64::total_cmp));
    let estimated = body_fat::median(single());
    let lean = subject.body_fat.or(estimated).map(|percent| lean::lean_mass(kg, percent));
    metrics.extend(energy::metrics(sex, (kg, cm), age, subject.activity, lean.filter(|_| subject.body_fat.is_some())));
    if subject.body_fat.is_none() {
        not_applicable.extend([("katch", "needs a measured body_fat"), ("cunningham", "needs a measured body_fat")]);
    }
    metrics.extend(fat);
    if let Some(percent) = subject.body_fat.or(estimated) {
        metrics.extend(lean::from_body_fat(kg, cm, percent, subject.body_fat.is_some()));
    }
    metrics.extend(lean::ideal_masses(sex, cm));
    if let Some(waist) = given.waist {
        metrics.extend(lean::waist(sex, cm, waist, given.hip, given.bmi));
    }
    metrics.extend(heart::metrics(sex, age));
    let zones = heart::zones(heart::tanaka(age), subject.resting_heart_rate).unwrap_or_default();
    metrics.extend(extras(subject));
    let (macros, applied_rules) = daily(subject).unwrap_or_default();
    Report { metrics, not_applicable, body_fat_range, zones, macros, applied_rules }
}

/// What follows from tests and sets rather than from the body alone.
fn extras(subject: &Subject) -> Vec<Metric> {
    let mut metrics = Vec::new();
    if let Some(rest) = subject.resting_heart_rate {
        metrics.push(Metric::of(&heart::UTH, heart::uth(heart::tanaka(subject.age), rest)));
    }
    if let Some(metres) = subject.cooper_metres {
        metrics.push(Metric::of(&heart::COOPER, heart::cooper(metres)));
    }
    if let Some((minutes, bpm)) = subject.rockport {
        let value = heart::rockport(subject.sex, subject.mass.as_kg(), subject.age, minutes, bpm);
        let metric = Metric::of(&heart::ROCKPORT, value);
        let studied = (30.0..=69.0).contains(&subject.age);
        metrics.push(if studied { metric } else { metric.warn("outside the ages that the formula was fitted on") });
    }
    if let Some(lift) = subject.lift {
        metrics.extend(strength::metrics(lift.load.as_kg(), lift.reps, lift.in_reserve));
    }
    if let Some(exertion) = subject.exertion {
        let value = energy::met_energy(exertion.met, subject.mass.as_kg(), exertion.minutes);
        metrics.push(Metric::of(&energy::MET_ENERGY, value));
    }
    metrics
}

/// The energy target and its macros, where an activity is given.
fn daily(subject: &Subject) -> Option<(Option<Macros>, Vec<&'static str>)> {
    let (kg, cm) = (subject.mass.as_kg(), subject.height.as_cm());
    let resting = energy::mifflin(subject.sex, kg, cm, subject.age);
    let spent = resting * subject.activity?.factor();
    let change = subject.energy_change.unwrap_or(0.0);
    let target = macros::target(subject.sex, (kg, cm), subject.age, (spent, resting), change);
    let split = macros::split(target.energy, macros::scaling_mass(kg, cm), 1.8, 0.8);
    Some((split, target.applied))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn subject() -> Subject {
        Subject {
            sex: Sex::Male,
            age: 30.0,
            height: Length::cm(180.0),
            mass: Mass::kg(80.0),
            neck: Some(Length::cm(38.0)),
            waist: Some(Length::cm(85.0)),
            hip: None,
            body_fat: None,
            folds_3: None,
            folds_7: None,
            activity: Some(Activity::Moderate),
            resting_heart_rate: Some(60.0),
            lift: Some(Lift { load: Mass::kg(100.0), reps: 5.0, in_reserve: 0.0 }),
            exertion: None,
            energy_change: Some(-500.0),
            cooper_metres: None,
            rockport: None,
        }
    }

    #[test]
    fn one_body_gets_every_metric_once() {
        let report = report(&subject());
        let mut ids: Vec<&str> = report.metrics.iter().map(|metric| metric.formula.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for id in ["bmi_who", "mifflin", "tdee_multiplier", "navy_men", "rfm", "ffmi", "devine", "whtr_nice", "epley", "tanaka"] {
            assert!(ids.contains(&id), "{id}");
        }
        assert!((report.macros.unwrap().carbohydrate - 276.75).abs() < 1e-9);
        assert_eq!(report.zones.len(), 5);
        let (low, high) = report.body_fat_range.unwrap();
        assert!(low < high);
    }

    proptest! {
        #[test]
        fn no_body_gets_a_value_that_is_no_number(
            male: bool, age in 13.0_f64..100.0, cm in 100.0_f64..272.0, kg in 20.0_f64..400.0,
            neck in proptest::option::of(20.0_f64..250.0), waist in proptest::option::of(20.0_f64..250.0),
            hip in proptest::option::of(20.0_f64..250.0), fat in proptest::option::of(2.0_f64..70.0), change in -3000.0_f64..3000.0,
        ) {
            let sex = if male { Sex::Male } else { Sex::Female };
            let report = report(&Subject {
                sex, age, height: Length::cm(cm), mass: Mass::kg(kg), neck: neck.map(Length::cm), waist: waist.map(Length::cm),
                hip: hip.map(Length::cm), body_fat: fat, energy_change: Some(change), ..subject()
            });
            prop_assert!(report.metrics.iter().all(|metric| metric.value.is_finite()));
            prop_assert!(report.zones.iter().all(|zone| zone.from < zone.to));
            if let Some(macros) = report.macros {
                prop_assert!(macros.carbohydrate >= 0.0 && macros.energy.is_finite());
            }
        }
    }
}
