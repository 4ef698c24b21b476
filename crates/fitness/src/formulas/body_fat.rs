//! Body fat in percent, by every formula that the given measures allow. Girths and heights in centimetres, folds in millimetres.

use super::{Formula, Metric, Sex, class};
use crate::units::{KG_PER_LB, M_PER_INCH};

const fn formula(
    id: &'static str,
    name: &'static str,
    source: &'static str,
    limits: &'static str,
    error: Option<f64>,
) -> Formula {
    Formula { id, metric: "body_fat", name, unit: "%", source, limits, standard_error: error }
}

/// US Navy, men.
pub const NAVY_MEN: Formula = formula(
    "navy_men",
    "Body fat, US Navy girths",
    "Hodgdon & Beckett 1984, NHRC report 84-11",
    "men; abdomen at the navel",
    Some(3.52),
);
/// US Navy, women.
pub const NAVY_WOMEN: Formula = formula(
    "navy_women",
    "Body fat, US Navy girths",
    "Hodgdon & Beckett 1984, NHRC report 84-29",
    "women; waist at its narrowest",
    Some(3.72),
);
/// US Army, one site.
pub const ARMY: Formula = formula(
    "army_2023",
    "Body fat, US Army one-site test",
    "US Army ALARACT 046/2023",
    "adults; abdomen to 0.5 in, mass to 1 lb, result to whole percent",
    None,
);
/// Deurenberg.
pub const DEURENBERG: Formula =
    formula("deurenberg", "Body fat from BMI and age", "Deurenberg et al. 1991, Br J Nutr 65:105", "over 15 years", None);
/// CUN-BAE.
pub const CUN_BAE: Formula = formula(
    "cun_bae",
    "Body fat, CUN-BAE",
    "Gómez-Ambrosi et al. 2012, Diabetes Care 35:383",
    "white adults of 18 to 80 years (n = 6510)",
    Some(4.66),
);
/// Relative fat mass.
pub const RFM: Formula = formula(
    "rfm",
    "Relative fat mass",
    "Woolcott & Bergman 2018, Sci Rep 8:10980",
    "adults; obesity from 22.8 (men) and 33.9 (women)",
    None,
);
/// Jackson-Pollock, three folds.
pub const JACKSON_POLLOCK_3: Formula = formula(
    "jackson_pollock_3",
    "Body fat, three skinfolds with Siri",
    "Jackson & Pollock 1978, Br J Nutr 40:497 and Jackson et al. 1980, MSSE 12:175; Siri 1961",
    "men 18 to 61, women 18 to 55 years",
    None,
);
/// Jackson-Pollock, seven folds.
pub const JACKSON_POLLOCK_7: Formula = formula(
    "jackson_pollock_7",
    "Body fat, seven skinfolds with Siri",
    "Jackson & Pollock 1978, Br J Nutr 40:497 and Jackson et al. 1980, MSSE 12:175; Siri 1961",
    "men 18 to 61, women 18 to 55 years",
    None,
);
/// The median of all.
pub const MEDIAN: Formula = formula(
    "ensemble_median",
    "Body fat, median of the formulas above",
    "median of the formulas that the given measures allow",
    "read it with its spread, never alone",
    None,
);

/// US Navy. None where the girths contradict each other.
pub fn navy(sex: Sex, height: f64, waist: f64, neck: f64, hip: f64) -> Option<f64> {
    let girth = sex.pick(waist - neck, waist + hip - neck);
    let density = match sex {
        Sex::Male => 1.0324 - 0.19077 * girth.log10() + 0.15456 * height.log10(),
        Sex::Female => 1.29579 - 0.35004 * girth.log10() + 0.22100 * height.log10(),
    };
    let fat = 495.0 / density - 450.0;
    (girth > 0.0 && fat.is_finite()).then_some(fat)
}

/// The tables of the US Department of Defense, in inches. Not the same as [`navy`]: they differ by up to a third of a point.
pub fn navy_inches(sex: Sex, height: f64, waist: f64, neck: f64, hip: f64) -> Option<f64> {
    let girth = sex.pick(waist - neck, waist + hip - neck);
    let fat = match sex {
        Sex::Male => 86.010 * girth.log10() - 70.041 * height.log10() + 36.76,
        Sex::Female => 163.205 * girth.log10() - 97.684 * height.log10() - 78.387,
    };
    (girth > 0.0 && fat.is_finite()).then_some(fat)
}

/// US Army of 2023, in whole percent.
pub fn army(sex: Sex, kg: f64, abdomen: f64) -> f64 {
    let lb = (kg / KG_PER_LB).round();
    let inches = (abdomen / 100.0 / M_PER_INCH * 2.0).round() / 2.0;
    match sex {
        Sex::Male => -26.97 - 0.12 * lb + 1.99 * inches,
        Sex::Female => -9.15 - 0.015 * lb + 1.27 * inches,
    }
    .round()
}

/// Deurenberg; up to 15 years his formula for children.
pub fn deurenberg(sex: Sex, bmi: f64, age: f64) -> f64 {
    if age > 15.0 {
        1.20 * bmi + 0.23 * age - sex.pick(10.8, 0.0) - 5.4
    } else {
        1.51 * bmi - 0.70 * age - sex.pick(3.6, 0.0) + 1.4
    }
}

/// CUN-BAE. Its coding of the sexes is the opposite of Deurenberg's: women are 1.
pub fn cun_bae(sex: Sex, bmi: f64, age: f64) -> f64 {
    let woman = sex.pick(0.0, 1.0);
    -44.988 + 0.503 * age + 10.689 * woman + 3.172 * bmi - 0.026 * bmi * bmi + 0.181 * bmi * woman
        - 0.02 * bmi * age
        - 0.005 * bmi * bmi * woman
        + 0.000_21 * bmi * bmi * age
}

/// Relative fat mass.
pub fn rfm(sex: Sex, height: f64, waist: f64) -> f64 {
    64.0 - 20.0 * height / waist + sex.pick(0.0, 12.0)
}

/// Body density from three folds (men: chest, abdomen, thigh; women: triceps, suprailiac, thigh). None above the study's range.
pub fn density_3(sex: Sex, sum: f64, age: f64) -> Option<f64> {
    let (density, most) = match sex {
        Sex::Male => (1.109_38 - 0.000_826_7 * sum + 0.000_001_6 * sum * sum - 0.000_257_4 * age, 118.0),
        Sex::Female => (1.099_492_1 - 0.000_992_9 * sum + 0.000_002_3 * sum * sum - 0.000_139_2 * age, 126.0),
    };
    (sum > 0.0 && sum <= most).then_some(density)
}

/// Body density from seven folds (chest, midaxillary, triceps, subscapular, abdomen, suprailiac, thigh). None above the study's range.
pub fn density_7(sex: Sex, sum: f64, age: f64) -> Option<f64> {
    let (density, most) = match sex {
        Sex::Male => (1.112 - 0.000_434_99 * sum + 0.000_000_55 * sum * sum - 0.000_288_26 * age, 272.0),
        Sex::Female => (1.0970 - 0.000_469_71 * sum + 0.000_000_56 * sum * sum - 0.000_128_28 * age, 266.0),
    };
    (sum > 0.0 && sum <= most).then_some(density)
}

/// Siri 1961.
pub fn siri(density: f64) -> f64 {
    495.0 / density - 450.0
}

/// Brožek 1963.
pub fn brozek(density: f64) -> f64 {
    457.0 / density - 414.2
}

/// The band that the American Council on Exercise describes; not a judgement.
pub fn band(sex: Sex, percent: f64) -> &'static str {
    let [essential, athletes, fitness, average] = match sex {
        Sex::Male => [6.0, 14.0, 18.0, 25.0],
        Sex::Female => [14.0, 21.0, 25.0, 32.0],
    };
    class(
        percent,
        &[(essential, "essential"), (athletes, "athletes"), (fitness, "fitness"), (average, "average")],
        "above_average",
    )
}

/// What body fat is computed from, in centimetres and millimetres.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// Coefficients.
    pub sex: Sex,
    /// Years.
    pub age: f64,
    /// Kilograms.
    pub kg: f64,
    /// Height.
    pub height: f64,
    /// Body-mass index.
    pub bmi: f64,
    /// Round the waist.
    pub waist: Option<f64>,
    /// Round the neck.
    pub neck: Option<f64>,
    /// Round the hip.
    pub hip: Option<f64>,
    /// Sum of three folds.
    pub folds_3: Option<f64>,
    /// Sum of seven folds.
    pub folds_7: Option<f64>,
}

/// Body fat by every formula that the measures allow, the median last, and why others are missing.
pub fn metrics(given: &Given) -> (Vec<Metric>, Vec<(&'static str, &'static str)>) {
    let Given { sex, age, kg, height, bmi, .. } = *given;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let mut add = |formula: &'static Formula, value: Option<f64>, why: &'static str| match value {
        Some(value) if (2.0..=70.0).contains(&value) => found.push(Metric::of(formula, value).category(band(sex, value))),
        Some(_) => {
            missing.push((formula.id, "the result is outside 2 to 70 %, so a measure is wrong or the formula does not fit"));
        }
        None => missing.push((formula.id, why)),
    };
    let hip = if sex == Sex::Male { Some(0.0) } else { given.hip };
    let girths = given.waist.zip(given.neck).zip(hip);
    let by_navy = girths.and_then(|((waist, neck), hip)| navy(sex, height, waist, neck, hip));
    let navy_formula = if sex == Sex::Male { &NAVY_MEN } else { &NAVY_WOMEN };
    add(navy_formula, by_navy, "needs waist and neck (women: hip too), the waist larger than the neck");
    add(&RFM, given.waist.map(|waist| rfm(sex, height, waist)), "needs the waist");
    add(&DEURENBERG, Some(deurenberg(sex, bmi, age)), "");
    let adult = age >= 18.0;
    add(&CUN_BAE, (adult && age <= 80.0).then(|| cun_bae(sex, bmi, age)), "for 18 to 80 years");
    add(&ARMY, given.waist.filter(|_| adult).map(|waist| army(sex, kg, waist)), "needs the abdomen of an adult");
    let three = given.folds_3.and_then(|sum| density_3(sex, sum, age)).map(siri);
    add(&JACKSON_POLLOCK_3, three, "needs the sum of three folds, within the range of the study");
    let seven = given.folds_7.and_then(|sum| density_7(sex, sum, age)).map(siri);
    add(&JACKSON_POLLOCK_7, seven, "needs the sum of seven folds, within the range of the study");
    if let Some(median) = median(found.iter().map(|metric| metric.value)) {
        found.push(Metric::of(&MEDIAN, median).category(band(sex, median)));
    }
    (found, missing)
}

/// The middle value; of an even number the mean of the two in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { values.get(middle - 1).map(|lower| f64::midpoint(*lower, upper)) }
}

#[cfg(test)]
#[path = "body_fat_tests.rs"]
mod tests;
