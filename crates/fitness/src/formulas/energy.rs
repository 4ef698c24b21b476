//! Resting energy, daily energy, energy of an activity.

use serde::{Deserialize, Serialize};

use super::{Formula, Metric, Sex};

/// Energy of a kilogram of body mass that is gained or lost, in kilocalories. A short-term figure: it overestimates what is lost over
/// months (Hall 2011, Lancet 378:826).
pub const KCAL_PER_KG: f64 = 7700.0;

/// Mifflin-St Jeor.
pub const MIFFLIN: Formula = Formula {
    id: "mifflin",
    metric: "bmr",
    name: "Resting energy, Mifflin-St Jeor",
    unit: "kcal/day",
    source: "Mifflin et al. 1990, Am J Clin Nutr 51:241",
    limits: "adults of 19 to 78 years; within 10 % for about 8 in 10 people without and 7 in 10 with obesity (Frankenfield 2005)",
    standard_error: None,
};
/// Harris-Benedict, revised.
pub const HARRIS_BENEDICT: Formula = Formula {
    id: "hb1984",
    metric: "bmr",
    name: "Resting energy, Harris-Benedict revised",
    unit: "kcal/day",
    source: "Roza & Shizgal 1984, Am J Clin Nutr 40:168",
    limits: "adults; 95 % of men within 213 and of women within 201 kcal",
    standard_error: None,
};
/// Katch-McArdle.
pub const KATCH: Formula = Formula {
    id: "katch",
    metric: "bmr",
    name: "Resting energy, Katch-McArdle",
    unit: "kcal/day",
    source: "McArdle, Katch & Katch, Exercise Physiology; identical to Cunningham 1991",
    limits: "needs a measured body fat; as good as that figure",
    standard_error: None,
};
/// Cunningham.
pub const CUNNINGHAM: Formula = Formula {
    id: "cunningham",
    metric: "bmr",
    name: "Resting energy, Cunningham",
    unit: "kcal/day",
    source: "Cunningham 1980, Am J Clin Nutr 33:2372",
    limits: "active, lean people with a measured body fat",
    standard_error: None,
};
/// Daily energy from resting energy and activity.
pub const TDEE: Formula = Formula {
    id: "tdee_multiplier",
    metric: "tdee",
    name: "Daily energy",
    unit: "kcal/day",
    source: "resting energy by Mifflin-St Jeor times a customary activity factor of 1.2 to 1.9 (no single primary source)",
    limits: "a starting point; the logged trend of weight and intake corrects it",
    standard_error: None,
};
/// Energy of an activity.
pub const MET_ENERGY: Formula = Formula {
    id: "met_acsm",
    metric: "activity_energy",
    name: "Energy of an activity",
    unit: "kcal",
    source: "ACSM: MET x 3.5 x kg / 200 x minutes; MET by the 2024 Adult Compendium (Herrmann et al., J Sport Health Sci 13:6)",
    limits: "adults of 19 to 59 years; includes the energy of rest, so subtract 1 MET before adding it to a daily figure",
    standard_error: None,
};

/// How active somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Sits most of the day.
    Sedentary,
    /// Light exercise on one to three days a week.
    Light,
    /// Exercise on three to five days a week.
    Moderate,
    /// Hard exercise on six or seven days a week.
    Active,
    /// Hard exercise and physical work.
    VeryActive,
}

impl Activity {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Sedentary, Self::Light, Self::Moderate, Self::Active, Self::VeryActive];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sedentary => "sedentary",
            Self::Light => "light",
            Self::Moderate => "moderate",
            Self::Active => "active",
            Self::VeryActive => "very_active",
        }
    }

    /// The stored word, read back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.as_str() == word)
    }

    /// Daily energy over resting energy.
    pub const fn factor(self) -> f64 {
        match self {
            Self::Sedentary => 1.2,
            Self::Light => 1.375,
            Self::Moderate => 1.55,
            Self::Active => 1.725,
            Self::VeryActive => 1.9,
        }
    }
}

/// Mifflin-St Jeor.
pub fn mifflin(sex: Sex, kg: f64, cm: f64, age: f64) -> f64 {
    10.0 * kg + 6.25 * cm - 5.0 * age + sex.pick(5.0, -161.0)
}

/// Mifflin-St Jeor before its authors rounded it.
pub fn mifflin_unrounded(sex: Sex, kg: f64, cm: f64, age: f64) -> f64 {
    9.99 * kg + 6.25 * cm - 4.92 * age + sex.pick(166.0, 0.0) - 161.0
}

/// Harris-Benedict, revised by Roza and Shizgal.
pub fn harris_benedict(sex: Sex, kg: f64, cm: f64, age: f64) -> f64 {
    match sex {
        Sex::Male => 88.362 + 13.397 * kg + 4.799 * cm - 5.677 * age,
        Sex::Female => 447.593 + 9.247 * kg + 3.098 * cm - 4.330 * age,
    }
}

/// Harris-Benedict of 1919, for history only.
pub fn harris_benedict_1919(sex: Sex, kg: f64, cm: f64, age: f64) -> f64 {
    match sex {
        Sex::Male => 66.4730 + 13.7516 * kg + 5.0033 * cm - 6.7550 * age,
        Sex::Female => 655.0955 + 9.5634 * kg + 1.8496 * cm - 4.6756 * age,
    }
}

/// Katch-McArdle, from lean mass.
pub fn katch(lean_kg: f64) -> f64 {
    370.0 + 21.6 * lean_kg
}

/// Cunningham, from lean mass.
pub fn cunningham(lean_kg: f64) -> f64 {
    500.0 + 22.0 * lean_kg
}

/// Energy of an activity in kilocalories.
pub fn met_energy(met: f64, kg: f64, minutes: f64) -> f64 {
    met * 3.5 * kg / 200.0 * minutes
}

/// The same over the person's own resting energy.
pub fn met_energy_resting(met: f64, bmr: f64, minutes: f64) -> f64 {
    met * bmr / 1440.0 * minutes
}

/// Resting and daily energy.
pub fn metrics(sex: Sex, (kg, cm): (f64, f64), age: f64, activity: Option<Activity>, lean_kg: Option<f64>) -> Vec<Metric> {
    let resting = mifflin(sex, kg, cm, age);
    let mut metrics = vec![Metric::of(&MIFFLIN, resting), Metric::of(&HARRIS_BENEDICT, harris_benedict(sex, kg, cm, age))];
    if !(19.0..=78.0).contains(&age) {
        for metric in &mut metrics {
            metric.warnings.push("outside the ages that the formula was fitted on");
        }
    }
    if let Some(lean) = lean_kg {
        metrics.push(Metric::of(&KATCH, katch(lean)));
        metrics.push(Metric::of(&CUNNINGHAM, cunningham(lean)));
    }
    if let Some(activity) = activity {
        metrics.push(Metric::of(&TDEE, resting * activity.factor()).category(activity.as_str()));
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        let cases = [
            (Sex::Male, 80.0, 180.0, 30.0, [1780.00, 1781.60, 1853.632, 1864.545]),
            (Sex::Female, 65.0, 165.0, 28.0, [1380.25, 1381.84, 1438.578, 1450.984]),
            (Sex::Male, 100.0, 175.0, 55.0, [1823.75, 1827.15, 1955.652, 1945.686]),
            (Sex::Female, 90.0, 160.0, 45.0, [1514.00, 1516.70, 1580.653, 1601.335]),
        ];
        for (sex, kg, cm, age, [rounded, unrounded, revised, first]) in cases {
            assert_near(mifflin(sex, kg, cm, age), rounded);
            assert_near(mifflin_unrounded(sex, kg, cm, age), unrounded);
            assert_near(harris_benedict(sex, kg, cm, age), revised);
            assert_near(harris_benedict_1919(sex, kg, cm, age), first);
        }
        for (lean, by_katch, by_cunningham) in [(68.0, 1838.8, 1996.0), (48.75, 1423.0, 1572.5), (70.0, 1882.0, 2040.0)] {
            assert_near(katch(lean), by_katch);
            assert_near(cunningham(lean), by_cunningham);
        }
        let daily = Activity::ALL.map(|activity| 1780.0 * activity.factor());
        for (found, expected) in daily.into_iter().zip([2136.0, 2447.5, 2759.0, 3070.5, 3382.0]) {
            assert_near(found, expected);
        }
    }

    #[test]
    fn the_energy_of_activities_holds() {
        assert_near(met_energy(3.5, 80.0, 60.0), 294.0);
        assert_near(met_energy(8.0, 70.0, 30.0), 294.0);
        assert_near(met_energy(5.0, 65.0, 45.0), 255.9375);
        assert_near(met_energy_resting(3.5, 1780.0, 60.0), 259.583);
    }

    proptest::proptest! {
        #[test]
        fn more_mass_and_height_need_more_energy_and_age_needs_less(
            kg in 30.0_f64..200.0, cm in 130.0_f64..210.0, age in 18.0_f64..90.0, male: bool,
        ) {
            let sex = if male { Sex::Male } else { Sex::Female };
            for formula in [mifflin, harris_benedict] {
                let here = formula(sex, kg, cm, age);
                proptest::prop_assert!(here.is_finite());
                proptest::prop_assert!(formula(sex, kg + 1.0, cm, age) > here && formula(sex, kg, cm + 1.0, age) > here);
                proptest::prop_assert!(formula(sex, kg, cm, age + 1.0) < here);
            }
        }
    }
}
