//! Body-mass index and its relatives.

use super::{Formula, Metric, class};

/// Body-mass index.
pub const BMI: Formula = Formula {
    id: "bmi_who",
    metric: "bmi",
    name: "Body-mass index",
    unit: "kg/m2",
    source: "WHO Technical Report Series 854 (1995) and 894 (2000)",
    limits: "adults from 20 years; not in pregnancy; says nothing about muscle",
    standard_error: None,
};
/// The same index with the action points for Asian populations.
pub const BMI_ASIAN: Formula = Formula {
    id: "bmi_asian",
    metric: "bmi_asian",
    name: "Body-mass index, Asian action points",
    unit: "kg/m2",
    source: "WHO expert consultation, Lancet 2004;363:157-163",
    limits: "an additional scale that the caller chooses; adults from 20 years",
    standard_error: None,
};
/// Trefethen's index.
pub const BMI_TREFETHEN: Formula = Formula {
    id: "bmi_trefethen",
    metric: "bmi_trefethen",
    name: "New body-mass index",
    unit: "kg/m2.5",
    source: "Trefethen, letter to The Economist, 5 January 2013",
    limits: "adults; no cut-offs of its own",
    standard_error: None,
};
/// Ponderal index.
pub const PONDERAL: Formula = Formula {
    id: "ponderal",
    metric: "ponderal_index",
    name: "Ponderal index",
    unit: "kg/m3",
    source: "Rohrer 1921, Munch Med Wochenschr 68:580",
    limits: "any age; no agreed cut-offs for adults",
    standard_error: None,
};
/// Share of the upper limit of the normal range.
pub const BMI_PRIME: Formula = Formula {
    id: "bmi_prime",
    metric: "bmi_prime",
    name: "BMI prime",
    unit: "1",
    source: "Gadzik 2006, Conn Med 70:81",
    limits: "adults from 20 years",
    standard_error: None,
};
/// Lightest mass of the normal range.
pub const HEALTHY_LOW: Formula = Formula {
    id: "bmi_who_low",
    metric: "healthy_mass_low",
    name: "Lower end of the normal range",
    unit: "kg",
    source: "WHO Technical Report Series 894 (2000), BMI 18.5",
    limits: "adults from 20 years",
    standard_error: None,
};
/// Mass at which the normal range ends.
pub const HEALTHY_HIGH: Formula = Formula {
    id: "bmi_who_high",
    metric: "healthy_mass_high",
    name: "Upper end of the normal range, itself outside",
    unit: "kg",
    source: "WHO Technical Report Series 894 (2000), BMI 25",
    limits: "adults from 20 years",
    standard_error: None,
};

/// kg / m2, computed with centimetres: their squares are exact where those of metres are not, and a class boundary stays where it is.
pub fn bmi(kg: f64, cm: f64) -> f64 {
    kg * 10_000.0 / (cm * cm)
}

/// The WHO class of an adult.
pub fn who_class(bmi: f64) -> &'static str {
    const BOUNDS: [(f64, &str); 7] = [
        (16.0, "severe_thinness"),
        (17.0, "moderate_thinness"),
        (18.5, "mild_thinness"),
        (25.0, "normal"),
        (30.0, "pre_obese"),
        (35.0, "obese_class_1"),
        (40.0, "obese_class_2"),
    ];
    class(bmi, &BOUNDS, "obese_class_3")
}

/// The class by the Asian action points.
pub fn asian_class(bmi: f64) -> &'static str {
    class(bmi, &[(18.5, "underweight"), (23.0, "acceptable_risk"), (27.5, "increased_risk")], "high_risk")
}

/// Everything that follows from mass and height. Under 20 years there is no class: the adult cut-offs do not apply.
pub fn metrics(kg: f64, cm: f64, age: f64) -> Vec<Metric> {
    let (value, m) = (bmi(kg, cm), cm / 100.0);
    if age < 20.0 {
        return vec![
            Metric::of(&BMI, value).warn("under 20 years the adult classes do not apply; growth charts are needed"),
            Metric::of(&PONDERAL, kg / m.powi(3)),
        ];
    }
    vec![
        Metric::of(&BMI, value).category(who_class(value)),
        Metric::of(&BMI_ASIAN, value).category(asian_class(value)),
        Metric::of(&BMI_TREFETHEN, 1.3 * kg / m.powf(2.5)),
        Metric::of(&PONDERAL, kg / m.powi(3)),
        Metric::of(&BMI_PRIME, value / 25.0),
        Metric::of(&HEALTHY_LOW, 18.5 * cm * cm / 10_000.0),
        Metric::of(&HEALTHY_HIGH, 25.0 * cm * cm / 10_000.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        let cases = [
            (47.3, 160.0, 18.4766, "mild_thinness"),
            (70.0, 175.0, 22.8571, "normal"),
            (80.0, 180.0, 24.6914, "normal"),
            (65.0, 160.0, 25.3906, "pre_obese"),
            (95.0, 172.0, 32.1120, "obese_class_1"),
            (130.0, 178.0, 41.0302, "obese_class_3"),
        ];
        for (kg, cm, expected, name) in cases {
            assert_near(bmi(kg, cm), expected);
            assert_eq!(who_class(bmi(kg, cm)), name);
        }
        assert_eq!((asian_class(bmi(80.0, 180.0)), asian_class(bmi(65.0, 160.0))), ("increased_risk", "increased_risk"));
        let of = |id: &str| metrics(80.0, 180.0, 30.0).into_iter().find(|metric| metric.formula.id == id).unwrap().value;
        assert_near(of("bmi_trefethen"), 23.925);
        assert_near(of("ponderal"), 13.7174);
        assert_near(of("bmi_prime"), 0.98765);
        let at_175 = metrics(70.0, 175.0, 30.0);
        assert_near(at_175.iter().find(|metric| metric.formula.id == "bmi_who_low").unwrap().value, 56.65625);
        assert_near(at_175.iter().find(|metric| metric.formula.id == "bmi_who_high").unwrap().value, 76.5625);
    }

    #[test]
    fn a_value_on_a_boundary_is_in_the_class_above_it() {
        assert_eq!(who_class(bmi(53.465, 170.0)), "normal");
        assert_eq!(who_class(bmi(49.0, 140.0)), "pre_obese");
        assert_eq!(who_class(24.999_999), "normal");
        for (bound, name) in [(23.0, "increased_risk"), (27.5, "high_risk"), (18.5, "acceptable_risk")] {
            assert_eq!(asian_class(bound), name);
        }
    }

    #[test]
    fn the_young_get_no_adult_class() {
        let metrics = metrics(60.0, 170.0, 19.9);
        assert!(metrics.iter().all(|metric| metric.category.is_none()) && !metrics[0].warnings.is_empty());
    }
}
