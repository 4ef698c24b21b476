//! Lean mass, ideal masses, waist ratios.

use super::{Formula, Metric, Sex, class};

const fn formula(
    (id, metric): (&'static str, &'static str),
    name: &'static str,
    unit: &'static str,
    source: &'static str,
    limits: &'static str,
) -> Formula {
    Formula { id, metric, name, unit, source, limits, standard_error: None }
}

/// What Kouri's abstract adds to the fat-free mass index for each metre below 1.80 m. Many calculators use 6.1.
pub const FFMI_SLOPE: f64 = 6.3;

/// Lean mass.
pub const LEAN_MASS: Formula = formula(
    ("lean_mass", "lean_mass"),
    "Lean mass",
    "kg",
    "mass without the given body fat",
    "as good as the body fat that it is made from",
);
/// Fat-free mass index.
pub const FFMI: Formula = formula(
    ("ffmi", "ffmi"),
    "Fat-free mass index",
    "kg/m2",
    "Kouri et al. 1995, Clin J Sport Med 5:223",
    "157 male athletes; describes, and proves nothing about a person",
);
/// The same at 1.80 m.
pub const FFMI_NORMAL: Formula = formula(
    ("ffmi_normalised", "ffmi_normalised"),
    "Fat-free mass index at 1.80 m",
    "kg/m2",
    "Kouri et al. 1995, Clin J Sport Med 5:223 (slope 6.3)",
    "157 male athletes; describes, and proves nothing about a person",
);
const DOSING: &str = "made for drug doses; from 152.4 cm, extrapolated below";
/// Devine.
pub const DEVINE: Formula =
    formula(("devine", "ideal_mass"), "Ideal mass, Devine", "kg", "Devine 1974, Drug Intell Clin Pharm 8:650", DOSING);
/// Robinson.
pub const ROBINSON: Formula =
    formula(("robinson", "ideal_mass"), "Ideal mass, Robinson", "kg", "Robinson et al. 1983, Am J Hosp Pharm 40:1016", DOSING);
/// Miller.
pub const MILLER: Formula =
    formula(("miller", "ideal_mass"), "Ideal mass, Miller", "kg", "Miller et al. 1983, Am J Hosp Pharm 40:1622", DOSING);
/// Hamwi.
pub const HAMWI: Formula =
    formula(("hamwi", "ideal_mass"), "Ideal mass, Hamwi", "kg", "Hamwi 1964, in: Diabetes Mellitus, ADA", DOSING);
/// Waist to height.
pub const WAIST_HEIGHT: Formula = formula(
    ("whtr_nice", "whtr"),
    "Waist-to-height ratio",
    "1",
    "NICE guideline of 2022 (CG189 update)",
    "both sexes, all ethnicities; not at a BMI of 35 or more, in pregnancy or under 2 years",
);
/// Waist to hip.
pub const WAIST_HIP: Formula =
    formula(("whr_who", "whr"), "Waist-to-hip ratio", "1", "WHO expert consultation on waist circumference, 2008", "adults");
/// Waist.
pub const WAIST: Formula = formula(
    ("waist_who", "waist"),
    "Waist circumference",
    "cm",
    "WHO expert consultation on waist circumference, 2008",
    "adults; cut-offs of European populations",
);

/// Mass without fat.
pub fn lean_mass(kg: f64, fat_percent: f64) -> f64 {
    kg * (1.0 - fat_percent / 100.0)
}

/// Lean mass over height squared.
pub fn ffmi(lean_kg: f64, m: f64) -> f64 {
    lean_kg / (m * m)
}

/// The same at 1.80 m, by a slope.
pub fn ffmi_normalised(lean_kg: f64, m: f64, slope: f64) -> f64 {
    ffmi(lean_kg, m) + slope * (1.8 - m)
}

/// An ideal mass: a base and a step for each inch over 60.
fn ideal(sex: Sex, cm: f64, (man, man_step): (f64, f64), (woman, woman_step): (f64, f64)) -> f64 {
    let over = cm / 2.54 - 60.0;
    sex.pick(man, woman) + sex.pick(man_step, woman_step) * over
}

/// Devine 1974.
pub fn devine(sex: Sex, cm: f64) -> f64 {
    ideal(sex, cm, (50.0, 2.3), (45.5, 2.3))
}

/// Robinson 1983.
pub fn robinson(sex: Sex, cm: f64) -> f64 {
    ideal(sex, cm, (52.0, 1.9), (49.0, 1.7))
}

/// Miller 1983.
pub fn miller(sex: Sex, cm: f64) -> f64 {
    ideal(sex, cm, (56.2, 1.41), (53.1, 1.36))
}

/// Hamwi 1964.
pub fn hamwi(sex: Sex, cm: f64) -> f64 {
    ideal(sex, cm, (48.0, 2.7), (45.5, 2.2))
}

/// Lean mass and its indices from a body fat that was measured or estimated.
pub fn from_body_fat(kg: f64, cm: f64, fat_percent: f64, measured: bool) -> Vec<Metric> {
    let (lean, m) = (lean_mass(kg, fat_percent), cm / 100.0);
    let metrics = [
        Metric::of(&LEAN_MASS, lean),
        Metric::of(&FFMI, ffmi(lean, m)),
        Metric::of(&FFMI_NORMAL, ffmi_normalised(lean, m, FFMI_SLOPE)),
    ];
    let warn = |metric: Metric| if measured { metric } else { metric.warn("from an estimated body fat") };
    metrics.into_iter().map(warn).collect()
}

/// The four ideal masses.
pub fn ideal_masses(sex: Sex, cm: f64) -> Vec<Metric> {
    let all = [(&DEVINE, devine(sex, cm)), (&ROBINSON, robinson(sex, cm)), (&MILLER, miller(sex, cm)), (&HAMWI, hamwi(sex, cm))];
    let metric = |(formula, value)| {
        let metric = Metric::of(formula, value);
        if cm < 152.4 { metric.category("extrapolated").warn("below 152.4 cm the formula is only extrapolated") } else { metric }
    };
    all.into_iter().map(metric).collect()
}

/// Waist ratios and classes.
pub fn waist(sex: Sex, cm: f64, waist: f64, hip: Option<f64>, bmi: f64) -> Vec<Metric> {
    let ratio = waist / cm;
    let bounds = [(0.4, "below_range"), (0.5, "no_increased_risk"), (0.6, "increased_risk")];
    let to_height = Metric::of(&WAIST_HEIGHT, ratio);
    let to_height = if bmi >= 35.0 {
        to_height.warn("not for a BMI of 35 or more")
    } else {
        to_height.category(class(ratio, &bounds, "high_risk"))
    };
    let limits = [sex.pick(94.0, 80.0), sex.pick(102.0, 88.0)];
    let risk = if waist > limits[1] {
        "substantially_increased_risk"
    } else if waist > limits[0] {
        "increased_risk"
    } else {
        "no_increased_risk"
    };
    let to_hip = hip.map(|hip| {
        let ratio = waist / hip;
        let high = ratio >= sex.pick(0.90, 0.85);
        Metric::of(&WAIST_HIP, ratio).category(if high { "substantially_increased_risk" } else { "no_increased_risk" })
    });
    [to_height, Metric::of(&WAIST, waist).category(risk)].into_iter().chain(to_hip).collect()
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        for (kg, m, fat, lean, index, by_63, by_61) in [
            (80.0, 1.80, 15.0, 68.0, 20.9877, 20.9877, 20.9877),
            (90.0, 1.75, 12.0, 79.2, 25.8612, 26.1762, 26.1662),
            (75.0, 1.90, 18.0, 61.5, 17.0360, 16.4060, 16.4260),
        ] {
            let found = lean_mass(kg, fat);
            assert_near(found, lean);
            assert_near(ffmi(found, m), index);
            assert_near(ffmi_normalised(found, m, FFMI_SLOPE), by_63);
            assert_near(ffmi_normalised(found, m, 6.1), by_61);
        }
        for (sex, cm, expected) in [
            (Sex::Male, 180.0, [74.992, 72.646, 71.521, 77.339]),
            (Sex::Female, 165.0, [56.909, 57.433, 59.846, 56.413]),
            (Sex::Male, 150.0, [47.827, 50.205, 54.868, 45.449]),
        ] {
            for (metric, expected) in ideal_masses(sex, cm).iter().zip(expected) {
                assert_near(metric.value, expected);
                assert_eq!(metric.category, (cm < 152.4).then_some("extrapolated"));
            }
        }
    }

    #[test]
    fn waists_fall_into_their_classes() {
        let class_of = |waist_cm, cm| waist(Sex::Male, cm, waist_cm, None, 25.0)[0].category.unwrap();
        assert_eq!(class_of(85.0, 180.0), "no_increased_risk");
        assert_eq!(class_of(90.0, 170.0), "increased_risk");
        assert_eq!(class_of(110.0, 175.0), "high_risk");
        assert_eq!(class_of(68.0, 180.0), "below_range");
        let with_hip = waist(Sex::Male, 180.0, 95.0, Some(100.0), 25.0);
        assert_near(with_hip[2].value, 0.95);
        assert_eq!((with_hip[1].category, with_hip[2].category), (Some("increased_risk"), Some("substantially_increased_risk")));
        assert_eq!(waist(Sex::Female, 170.0, 80.0, Some(98.0), 25.0)[2].category, Some("no_increased_risk"));
        assert_eq!(waist(Sex::Male, 170.0, 120.0, None, 36.0)[0].category, None);
    }
}
