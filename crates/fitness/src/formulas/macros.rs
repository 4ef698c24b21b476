//! Protein, fat and carbohydrate for an energy target, and what an energy target may be.

use super::Sex;

/// Grams a day that fit an energy target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Macros {
    /// Kilocalories a day.
    pub energy: f64,
    /// Grams of protein.
    pub protein: f64,
    /// Grams of fat.
    pub fat: f64,
    /// Grams of carbohydrate.
    pub carbohydrate: f64,
}

/// Where the ranges come from.
pub const SOURCE: &str = "protein: Morton et al. 2018 (1.62 g/kg, CI 1.03-2.20) and ISSN 2017; fat: 20-35 % of energy; rest carbohydrate; \
                          Atwater 4/4/9 kcal/g";

/// Kilocalories of a gram of protein, fat, carbohydrate.
const ATWATER: [f64; 3] = [4.0, 9.0, 4.0];
/// The least fat, in g/kg.
const LEAST_FAT: f64 = 0.5;

/// Protein first, then fat, the rest carbohydrate. None where protein and fat alone are more than the target. `kg` is the mass that
/// protein scales with: at a BMI of 30 or more the mass at a BMI of 25 is given.
pub fn split(energy: f64, kg: f64, protein_per_kg: f64, fat_per_kg: f64) -> Option<Macros> {
    let (protein, fat) = (protein_per_kg * kg, fat_per_kg.max(LEAST_FAT) * kg);
    let [of_protein, of_fat, of_carbohydrate] = ATWATER;
    let carbohydrate = (energy - of_protein * protein - of_fat * fat) / of_carbohydrate;
    (carbohydrate >= 0.0).then_some(Macros { energy, protein, fat, carbohydrate })
}

/// The mass that protein scales with.
pub fn scaling_mass(kg: f64, cm: f64) -> f64 {
    if super::body_mass::bmi(kg, cm) >= 30.0 { 25.0 * cm * cm / 10_000.0 } else { kg }
}

/// An energy target and what was changed about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Kilocalories a day.
    pub energy: f64,
    /// Rules that moved it from what was asked.
    pub applied: Vec<&'static str>,
}

/// A deficit or surplus (negative or positive kilocalories a day) within the safety rules. They are product defaults, not medicine: no
/// deficit when underweight or under 18, at most one per cent of body mass lost a week, never below the larger of 1200 (women) or 1500 (men)
/// kcal and four fifths of the resting energy.
pub fn target(sex: Sex, (kg, cm): (f64, f64), age: f64, (tdee, bmr): (f64, f64), change: f64) -> Target {
    let mut applied = Vec::new();
    let mut change = change;
    if change < 0.0 && (age < 18.0 || super::body_mass::bmi(kg, cm) < 18.5) {
        change = 0.0;
        applied.push("no_deficit_when_underweight_or_under_18");
    }
    let fastest = -(kg * 0.01 * super::energy::KCAL_PER_KG / 7.0);
    if change < fastest {
        change = fastest;
        applied.push("at_most_1_percent_of_mass_a_week");
    }
    let floor = sex.pick(1500.0, 1200.0).max(0.8 * bmr);
    let mut energy = tdee + change;
    if change < 0.0 && energy < floor {
        energy = floor.min(tdee);
        applied.push("energy_floor");
    }
    Target { energy, applied }
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    #[test]
    fn the_worked_example_adds_up() {
        let target = target(Sex::Male, (80.0, 180.0), 30.0, (1780.0 * 1.55, 1780.0), -500.0);
        assert_near(target.energy, 2259.0);
        assert!(target.applied.is_empty());
        let macros = split(target.energy, 80.0, 1.8, 0.8).unwrap();
        assert_near(macros.protein, 144.0);
        assert_near(macros.fat, 64.0);
        assert_near(macros.carbohydrate, 276.75);
        for (factor, expected) in [(1.2, 96.0), (1.4, 112.0), (1.62, 129.6), (2.0, 160.0), (2.2, 176.0)] {
            assert_near(split(4000.0, 80.0, factor, 0.8).unwrap().protein, expected);
        }
    }

    #[test]
    fn a_target_that_can_not_be_met_is_no_plan() {
        assert_eq!(split(900.0, 100.0, 2.2, 0.8), None);
    }

    #[test]
    fn safety_rules_hold_a_deficit_back() {
        let by = |kg, age, change| target(Sex::Female, (kg, 170.0), age, (1600.0, 1300.0), change);
        assert_eq!(by(50.0, 30.0, -300.0).applied, ["no_deficit_when_underweight_or_under_18"]);
        assert_near(by(60.0, 17.0, -300.0).energy, 1600.0);
        let fast = by(60.0, 30.0, -2000.0);
        assert_eq!(fast.applied, ["at_most_1_percent_of_mass_a_week", "energy_floor"]);
        assert_near(fast.energy, 1200.0);
    }

    #[test]
    fn protein_scales_with_the_mass_at_bmi_25_from_bmi_30_on() {
        assert_near(scaling_mass(100.0, 170.0), 72.25);
        assert_near(scaling_mass(80.0, 180.0), 80.0);
    }
}
