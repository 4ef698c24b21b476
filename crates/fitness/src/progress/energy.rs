use crate::formulas::energy::KCAL_PER_KG;
use crate::model::Day;

use super::trend;

/// Days of the window.
const WINDOW: i64 = 14;
/// The fewest days with an intake, and the fewest weigh-ins, of the window. Product defaults.
const LEAST_INTAKES: usize = 10;
const LEAST_MASSES: usize = 6;

/// What somebody spends in a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyEstimate {
    /// Kilocalories a day.
    pub spent: f64,
    /// Mean intake of the window.
    pub intake: f64,
    /// Change of the trend mass over the window, in kilograms.
    pub change: f64,
    /// Days with an intake.
    pub intake_days: usize,
    /// Days with a weigh-in.
    pub mass_days: usize,
}

/// Daily energy from intake and trend: what was eaten, less what became mass. `masses` may begin before the window, so that the trend has
/// settled; values are in kilograms and kilocalories, in order of time. `Err`: days with an intake and with a weigh-in, too few.
pub fn adaptive(masses: &[(Day, f64)], intakes: &[(Day, f64)], today: Day) -> Result<EnergyEstimate, (usize, usize)> {
    let begin = today.number() - WINDOW;
    let within = |day: Day| day.number() > begin && day <= today;
    let eaten: Vec<f64> = trend(intakes, 0.0).points.iter().filter(|point| within(point.day)).map(|point| point.value).collect();
    let series = trend(masses, 0.0).points;
    let weighed: Vec<_> = series.iter().filter(|point| within(point.day)).collect();
    let (intake_days, mass_days) = (eaten.len(), weighed.len());
    let (Some(first), Some(last)) = (weighed.first(), weighed.last()) else { return Err((intake_days, mass_days)) };
    let before = series.iter().rfind(|point| point.day.number() <= begin && begin - point.day.number() <= 7);
    let from = before.filter(|_| !weighed.iter().any(|point| point.after_gap)).unwrap_or(first);
    let days = last.day.number() - from.day.number();
    if intake_days < LEAST_INTAKES || mass_days < LEAST_MASSES || days < 7 {
        return Err((intake_days, mass_days));
    }
    let intake = eaten.iter().sum::<f64>() / crate::units::float(intake_days);
    let change = last.trend - from.trend;
    let spent = energy(intake, change, days);
    Ok(EnergyEstimate { spent, intake, change, intake_days, mass_days })
}

/// Mean intake less the energy of what was gained, for each day.
fn energy(intake: f64, change_kg: f64, days: i64) -> f64 {
    let days = u32::try_from(days).map_or(1.0, f64::from);
    intake - change_kg * KCAL_PER_KG / days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_holds() {
        assert!((energy(2300.0, -0.6, 14) - 2630.0).abs() < 1e-9);
    }

    fn days(count: i64, value: impl Fn(i64) -> f64) -> Vec<(Day, f64)> {
        let first = Day::parse("2026-01-01").unwrap().number();
        (0..count).map(|day| (Day::from_number(first + day), value(day))).collect()
    }

    #[test]
    fn steady_mass_spends_what_is_eaten_and_falling_mass_more() {
        let today = Day::parse("2026-01-28").unwrap();
        let steady = adaptive(&days(28, |_| 80.0), &days(28, |_| 2300.0), today).unwrap();
        assert!((steady.spent - 2300.0).abs() < 1e-6);
        assert_eq!((steady.intake_days, steady.mass_days), (14, 14));
        let falling =
            adaptive(&days(28, |day| 80.0 - 0.05 * f64::from(i32::try_from(day).unwrap())), &days(28, |_| 2300.0), today);
        assert!(falling.unwrap().spent > 2500.0);
    }

    #[test]
    fn too_few_days_give_no_estimate() {
        let today = Day::parse("2026-01-14").unwrap();
        assert_eq!(adaptive(&days(14, |_| 80.0), &days(9, |_| 2300.0), today), Err((9, 14)));
        assert_eq!(adaptive(&days(5, |_| 80.0), &days(14, |_| 2300.0), Day::parse("2026-01-05").unwrap()), Err((5, 5)));
        assert_eq!(adaptive(&[], &[], today), Err((0, 0)));
    }
}
