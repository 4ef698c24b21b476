//! One-repetition maximum from a load and repetitions to failure.

use super::{Formula, Metric};

const fn formula(id: &'static str, name: &'static str, source: &'static str) -> Formula {
    let limits = "1 to 10 repetitions; 11 to 15 with low confidence; refused above";
    Formula { id, metric: "one_rep_max", name, unit: "kg", source, limits, standard_error: None }
}

/// Epley.
pub const EPLEY: Formula = formula("epley", "One-repetition maximum, Epley", "Epley 1985, Boyd Epley Workout");
/// Brzycki.
pub const BRZYCKI: Formula = formula("brzycki", "One-repetition maximum, Brzycki", "Brzycki 1993, JOPERD 64:88");
/// Lombardi.
pub const LOMBARDI: Formula = formula("lombardi", "One-repetition maximum, Lombardi", "Lombardi 1989, Beginning Weight Training");
/// O'Conner.
pub const OCONNER: Formula =
    formula("oconner", "One-repetition maximum, O'Conner", "O'Conner et al. 1989, Weight Training Today");
/// Lander.
pub const LANDER: Formula = formula("lander", "One-repetition maximum, Lander", "Lander 1985, NSCA J 6:60");
/// Mayhew.
pub const MAYHEW: Formula = formula("mayhew", "One-repetition maximum, Mayhew", "Mayhew et al. 1992, J Appl Sport Sci Res 6:200");
/// Wathan.
pub const WATHAN: Formula =
    formula("wathan", "One-repetition maximum, Wathan", "Wathan 1994, in: Essentials of Strength Training");

/// The most repetitions, those in reserve included, that a maximum is estimated from.
pub const MOST_REPS: f64 = 15.0;

/// An estimate of the one-repetition maximum.
pub type Estimate = fn(load: f64, reps: f64) -> f64;

/// Every formula with its function.
pub const ALL: [(&Formula, Estimate); 7] = [
    (&EPLEY, |w, r| w * (1.0 + r / 30.0)),
    (&BRZYCKI, |w, r| 36.0 * w / (37.0 - r)),
    (&LOMBARDI, |w, r| w * r.powf(0.10)),
    (&OCONNER, |w, r| w * (1.0 + r / 40.0)),
    (&LANDER, |w, r| 100.0 * w / (101.3 - 2.671_23 * r)),
    (&MAYHEW, |w, r| 100.0 * w / (52.2 + 41.9 * (-0.055 * r).exp())),
    (&WATHAN, |w, r| 100.0 * w / (48.8 + 53.8 * (-0.075 * r).exp())),
];

/// The maximum by one formula. One repetition to failure is the maximum itself; above [`MOST_REPS`] there is no estimate.
pub fn one_rep_max(estimate: Estimate, load: f64, reps: f64, in_reserve: f64) -> Option<f64> {
    let reps = reps + in_reserve;
    if !(1.0..=MOST_REPS).contains(&reps) || load <= 0.0 {
        return None;
    }
    Some(if reps <= 1.0 { load } else { estimate(load, reps) })
}

/// The maximum as records and progress use it: Epley.
pub fn epley(load: f64, reps: f64, in_reserve: f64) -> Option<f64> {
    let [(_, estimate), ..] = ALL;
    one_rep_max(estimate, load, reps, in_reserve)
}

/// The maximum by all formulas.
pub fn metrics(load_kg: f64, reps: f64, in_reserve: f64) -> Vec<Metric> {
    let metric = |(formula, estimate): (&'static Formula, Estimate)| {
        let metric = Metric::of(formula, one_rep_max(estimate, load_kg, reps, in_reserve)?);
        Some(if reps + in_reserve > 10.0 {
            metric.warn("above 10 repetitions the estimate is of low confidence")
        } else {
            metric
        })
    };
    ALL.into_iter().filter_map(metric).collect()
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        for (load, reps, expected) in [
            (100.0, 5.0, [116.667, 112.500, 117.462, 112.500, 113.709, 119.011, 116.583]),
            (80.0, 10.0, [106.667, 106.667, 100.714, 100.000, 107.256, 104.747, 107.797]),
            (60.0, 12.0, [84.000, 86.400, 76.925, 78.000, 86.649, 81.239, 84.898]),
            (140.0, 3.0, [154.000, 148.235, 156.257, 150.500, 150.076, 159.586, 152.572]),
        ] {
            for (metric, expected) in metrics(load, reps, 0.0).iter().zip(expected) {
                assert_near(metric.value, expected);
                assert_eq!(metric.warnings.is_empty(), reps <= 10.0);
            }
        }
        let in_reserve = metrics(100.0, 5.0, 2.0);
        assert_near(in_reserve[0].value, 123.333);
        assert_near(in_reserve[1].value, 120.0);
        for (reps, by_epley, by_brzycki) in
            [(3.0, 90.9, 94.4), (5.0, 85.7, 88.9), (8.0, 78.9, 80.6), (10.0, 75.0, 75.0), (12.0, 71.4, 69.4)]
        {
            let percent = |metric: &Metric| 10_000.0 / metric.value;
            let found = metrics(100.0, reps, 0.0);
            assert!((percent(&found[0]) - by_epley).abs() < 0.06 && (percent(&found[1]) - by_brzycki).abs() < 0.06);
        }
    }

    #[test]
    fn one_repetition_is_the_maximum_and_too_many_are_refused() {
        assert!(metrics(100.0, 1.0, 0.0).iter().all(|metric| (metric.value - 100.0).abs() < 1e-12));
        assert!(
            metrics(100.0, 37.0, 0.0).is_empty() && metrics(100.0, 12.0, 4.0).is_empty() && metrics(0.0, 5.0, 0.0).is_empty()
        );
    }

    proptest::proptest! {
        #[test]
        fn more_load_or_repetitions_are_more_strength(load in 1.0_f64..500.0, reps in 2_u8..15) {
            for (_, estimate) in ALL {
                let at = |load, reps: u8| one_rep_max(estimate, load, f64::from(reps), 0.0).unwrap();
                proptest::prop_assert!(at(load + 1.0, reps) > at(load, reps) && at(load, reps + 1) > at(load, reps));
                proptest::prop_assert!(at(load, reps) >= load && at(load, reps).is_finite());
            }
        }
    }
}
