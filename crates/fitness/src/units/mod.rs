//! The unit firewall: masses and lengths are types, kept in SI, and no bare number becomes one without being asked for.

mod parse;
mod quantity;

pub(crate) use parse::GIRTH_RANGE;
pub use parse::{BODY_MASS, Confidence, LOADS, LengthUse, Parsed, QuantityFault, Reading, parse_length, parse_mass};
pub use quantity::{NumberOrText, QuantityText, Shown};

use serde::{Deserialize, Serialize};

/// Kilograms in a pound, exactly (international yard and pound agreement of 1959).
pub const KG_PER_LB: f64 = 0.453_592_37;
/// Metres in an inch, exactly.
pub const M_PER_INCH: f64 = 0.0254;
/// Pounds in a stone.
pub const LB_PER_STONE: f64 = 14.0;
/// Kilojoules in a kilocalorie.
pub const KJ_PER_KCAL: f64 = 4.184;

/// The units that a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnitSystem {
    /// Kilograms and centimetres.
    #[default]
    Metric,
    /// Pounds, feet and inches.
    Imperial,
}

impl UnitSystem {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Imperial => "imperial",
        }
    }

    /// The stored word, read back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Metric, Self::Imperial].into_iter().find(|system| system.as_str() == word)
    }
}

/// A mass, in kilograms inside.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Mass(f64);

/// A length, in metres inside.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Length(f64);

impl Mass {
    /// From kilograms.
    pub const fn kg(value: f64) -> Self {
        Self(value)
    }

    /// From pounds.
    pub fn lb(value: f64) -> Self {
        Self(value * KG_PER_LB)
    }

    /// From the stored whole grams.
    #[expect(clippy::cast_precision_loss, reason = "stored masses are far below 2^52 grams")]
    pub fn from_grams(grams: i64) -> Self {
        Self(grams as f64 / 1000.0)
    }

    /// In kilograms.
    pub const fn as_kg(self) -> f64 {
        self.0
    }

    /// In pounds.
    pub fn as_lb(self) -> f64 {
        self.0 / KG_PER_LB
    }

    /// Whole grams, for storage.
    pub fn grams(self) -> i64 {
        whole(self.0 * 1000.0)
    }

    /// Whole stones and the pounds left over, rounded to a tenth of a pound before it is split, so that no 14 lb remain.
    pub fn stone_and_pounds(self) -> (i64, f64) {
        let tenths = whole(self.as_lb() * 10.0);
        (tenths.div_euclid(140), tenth(tenths.rem_euclid(140)))
    }
}

impl Length {
    /// From metres.
    pub const fn metres(value: f64) -> Self {
        Self(value)
    }

    /// From centimetres.
    pub fn cm(value: f64) -> Self {
        Self(value / 100.0)
    }

    /// From inches.
    pub fn inches(value: f64) -> Self {
        Self(value * M_PER_INCH)
    }

    /// From the stored whole millimetres.
    #[expect(clippy::cast_precision_loss, reason = "stored lengths are far below 2^52 millimetres")]
    pub fn from_millimetres(millimetres: i64) -> Self {
        Self(millimetres as f64 / 1000.0)
    }

    /// In metres.
    pub const fn as_m(self) -> f64 {
        self.0
    }

    /// In centimetres.
    pub fn as_cm(self) -> f64 {
        self.0 * 100.0
    }

    /// In inches.
    pub fn as_inches(self) -> f64 {
        self.0 / M_PER_INCH
    }

    /// Whole millimetres, for storage.
    pub fn millimetres(self) -> i64 {
        whole(self.0 * 1000.0)
    }

    /// Whole feet and inches. The total is rounded before it is split: 182.5 cm is 6 ft 0 in, never 5 ft 12 in.
    pub fn feet_and_inches(self) -> (i64, i64) {
        let inches = whole(self.as_inches());
        (inches.div_euclid(12), inches.rem_euclid(12))
    }
}

/// The nearest whole number; out of range saturates.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted beyond the range")]
pub(crate) fn whole(value: f64) -> i64 {
    value.round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "tenths of a pound of people")]
fn tenth(tenths: i64) -> f64 {
    tenths as f64 / 10.0
}

/// `value` with this many decimals.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

/// A count as a factor of a formula.
#[expect(clippy::cast_precision_loss, reason = "counts here are small")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_exact_constants_give_the_exact_products() {
        for (lb, kg) in [(150.0, 68.038_855_5), (180.0, 81.646_626_6), (225.0, 102.058_283_25)] {
            assert!((Mass::lb(lb).as_kg() - kg).abs() < 1e-9);
        }
        assert!((Mass::kg(80.0).as_lb() - 176.369_81).abs() < 1e-5);
        assert_eq!(Mass::lb(176.0).grams(), 79_832);
        assert!((Mass::from_grams(79_832).as_lb() - 175.999_43).abs() < 1e-5);
        assert_eq!(Mass::kg(80.0).stone_and_pounds(), (12, 8.4));
    }

    #[test]
    fn inches_are_rounded_before_they_are_split() {
        assert_eq!(Length::cm(182.5).feet_and_inches(), (6, 0));
        assert_eq!(Length::cm(178.0).feet_and_inches(), (5, 10));
        assert!((Length::cm(178.0).as_inches() - 70.078_7).abs() < 1e-4);
        assert_eq!(Mass::lb(13.96 + 14.0).stone_and_pounds(), (2, 0.0));
    }

    proptest! {
        #[test]
        fn conversions_come_back_to_where_they_began(value in 0.001_f64..10_000.0) {
            prop_assert!((Mass::lb(value).as_lb() - value).abs() < 1e-9 * value.max(1.0));
            prop_assert!((Mass::kg(Mass::lb(value).as_kg()).as_lb() - value).abs() < 1e-9 * value.max(1.0));
            prop_assert!((Length::inches(value).as_inches() - value).abs() < 1e-9 * value.max(1.0));
            prop_assert!((Length::cm(value).as_cm() - value).abs() < 1e-9 * value.max(1.0));
        }

        #[test]
        fn more_of_one_unit_is_more_of_every_other(less in 1.0_f64..1000.0, step in 0.01_f64..100.0) {
            let more = less + step;
            prop_assert!(Mass::lb(more) > Mass::lb(less) && Mass::kg(more).as_lb() > Mass::kg(less).as_lb());
            prop_assert!(Length::inches(more) > Length::inches(less) && Length::cm(more).as_inches() > Length::cm(less).as_inches());
        }

        #[test]
        fn stored_whole_units_lose_less_than_half_of_one(kg in 20.0_f64..400.0, cm in 20.0_f64..272.0) {
            prop_assert!((Mass::from_grams(Mass::kg(kg).grams()).as_kg() - kg).abs() <= 0.000_51);
            prop_assert!((Length::from_millimetres(Length::cm(cm).millimetres()).as_cm() - cm).abs() <= 0.051);
        }
    }
}
