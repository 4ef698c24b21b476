//! Heart rates, zones, and maximal oxygen uptake.

use super::{Formula, Metric, Sex};
use crate::units::KG_PER_LB;

const fn rate(id: &'static str, name: &'static str, source: &'static str, limits: &'static str) -> Formula {
    Formula { id, metric: "max_heart_rate", name, unit: "bpm", source, limits, standard_error: Some(10.0) }
}

/// Tanaka.
pub const TANAKA: Formula = rate(
    "tanaka",
    "Maximal heart rate, Tanaka",
    "Tanaka et al. 2001, J Am Coll Cardiol 37:153",
    "adults; people differ by about 10 bpm",
);
/// Fox.
pub const FOX: Formula = rate(
    "fox",
    "Maximal heart rate, 220 minus age",
    "Fox et al. 1971, Ann Clin Res 3:404",
    "a rule of thumb; people differ by about 10 bpm",
);
/// Gulati.
pub const GULATI: Formula =
    rate("gulati", "Maximal heart rate of women, Gulati", "Gulati et al. 2010, Circulation 122:130", "women without symptoms");

const fn uptake(id: &'static str, name: &'static str, source: &'static str, limits: &'static str, error: Option<f64>) -> Formula {
    Formula { id, metric: "vo2max", name, unit: "ml/kg/min", source, limits, standard_error: error }
}

/// Cooper.
pub const COOPER: Formula =
    uptake("cooper", "VO2max, Cooper 12-minute run", "Cooper 1968, JAMA 203:201", "an all-out run over 12 minutes", None);
/// Rockport.
pub const ROCKPORT: Formula =
    uptake("rockport", "VO2max, Rockport mile walk", "Kline et al. 1987, MSSE 19:253", "30 to 69 years", Some(5.0));
/// Uth.
pub const UTH: Formula = uptake(
    "uth",
    "VO2max from heart rates",
    "Uth et al. 2004, Eur J Appl Physiol 91:111",
    "well-trained men; a rough guide",
    None,
);

/// Tanaka 2001.
pub fn tanaka(age: f64) -> f64 {
    208.0 - 0.7 * age
}

/// Fox 1971.
pub fn fox(age: f64) -> f64 {
    220.0 - age
}

/// Gulati 2010, women.
pub fn gulati(age: f64) -> f64 {
    206.0 - 0.88 * age
}

/// Karvonen 1957: a share of the reserve over the resting rate.
pub fn karvonen(max: f64, rest: f64, share: f64) -> f64 {
    (max - rest) * share + rest
}

/// Cooper 1968, metres in 12 minutes.
pub fn cooper(metres: f64) -> f64 {
    (metres - 504.9) / 44.73
}

/// Rockport: a mile walked in `minutes`, ending at a heart rate. The mass goes in as pounds; the published formula was fitted on them.
pub fn rockport(sex: Sex, kg: f64, age: f64, minutes: f64, bpm: f64) -> f64 {
    132.853 - 0.0769 * (kg / KG_PER_LB) - 0.3877 * age + sex.pick(6.315, 0.0) - 3.2649 * minutes - 0.1565 * bpm
}

/// Uth 2004.
pub fn uth(max: f64, rest: f64) -> f64 {
    15.3 * max / rest
}

/// A training zone in beats per minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    /// 1 to 5.
    pub number: u8,
    /// Lower end.
    pub from: f64,
    /// Upper end.
    pub to: f64,
}

/// Five zones of a tenth each, from half of the maximum (or, with a resting rate, of the reserve) upwards. None where the resting rate is
/// not below the maximum.
pub fn zones(max: f64, rest: Option<f64>) -> Option<Vec<Zone>> {
    if rest.is_some_and(|rest| rest >= max) {
        return None;
    }
    let at = |share| rest.map_or(max * share, |rest| karvonen(max, rest, share));
    let zone = |number: u8| {
        let from = f64::from(4 + number) / 10.0;
        Zone { number, from: at(from), to: at(from + 0.1) }
    };
    Some((1..=5).map(zone).collect())
}

/// Maximal heart rates.
pub fn metrics(sex: Sex, age: f64) -> Vec<Metric> {
    let women = (sex == Sex::Female).then(|| Metric::of(&GULATI, gulati(age)));
    [Metric::of(&TANAKA, tanaka(age)), Metric::of(&FOX, fox(age))].into_iter().chain(women).collect()
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        for (age, by_tanaka, by_fox, by_gulati) in
            [(20.0, 194.0, 200.0, 188.4), (40.0, 180.0, 180.0, 170.8), (60.0, 166.0, 160.0, 153.2)]
        {
            assert_near(tanaka(age), by_tanaka);
            assert_near(fox(age), by_fox);
            assert_near(gulati(age), by_gulati);
        }
        let forty = zones(180.0, Some(60.0)).unwrap();
        for (zone, from) in forty.iter().zip([120.0, 132.0, 144.0, 156.0, 168.0]) {
            assert_near(zone.from, from);
        }
        let young = zones(190.5, Some(55.0)).unwrap();
        for (zone, from) in young.iter().zip([122.75, 136.3, 149.85, 163.4, 176.95]) {
            assert_near(zone.from, from);
        }
        assert_near(young[4].to, 190.5);
        assert_eq!(zones(60.0, Some(60.0)), None);
    }

    #[test]
    fn oxygen_uptake_holds() {
        for (metres, expected) in [(2000.0, 33.4250), (2400.0, 42.3675), (3000.0, 55.7814)] {
            assert_near(cooper(metres), expected);
        }
        assert_near(rockport(Sex::Male, 180.0 * KG_PER_LB, 40.0, 14.5, 140.0), 40.5670);
        assert_near(rockport(Sex::Female, 65.0, 35.0, 15.25, 150.0), 34.9990);
        assert_near(uth(190.0, 60.0), 48.45);
    }
}
