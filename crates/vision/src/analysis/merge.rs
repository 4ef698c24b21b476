use super::report::{BodyFat, Method};
use crate::ports::Estimate;
use crate::posture::rounded;

/// Assumed of a formula whose error nobody has published, in points. Product default.
const ASSUMED: f64 = 5.0;
/// What a body can have, in percent.
const POSSIBLE: [f64; 2] = [2.0, 70.0];

/// A value and its standard error.
#[derive(Clone, Copy, Debug)]
struct Witness {
    value: f64,
    error: f64,
}

impl Witness {
    fn weight(self) -> f64 {
        1.0 / (self.error * self.error)
    }
}

/// Makes one range of what formulas and a model's look say. None: nobody says anything.
///
/// Formulas are weighted by their errors. Since they share their inputs, together they are no surer than the best of them; the model's look is
/// a second, independent witness. Where the two contradict each other, the formulas stand.
pub(crate) fn merge(formulas: &[Estimate], look: Option<(f64, f64)>, least_model_error: f64) -> Option<BodyFat> {
    let own: Vec<Witness> = formulas
        .iter()
        .map(|formula| Witness { value: formula.value, error: formula.standard_error.unwrap_or(ASSUMED) })
        .collect();
    let pooled = pool(&own);
    let look =
        look.map(|(low, high)| Witness { value: f64::midpoint(low, high), error: ((high - low) / 2.0).max(least_model_error) });
    let disagreement = look.is_some_and(|look| contradicts(&own, look));
    let heard = look.filter(|_| !disagreement);
    let (mid, error) = match (pooled, heard) {
        (Some(formulas), Some(look)) => {
            let sum = formulas.weight() + look.weight();
            ((formulas.value * formulas.weight() + look.value * look.weight()) / sum, sum.sqrt().recip())
        }
        (Some(one), None) | (None, Some(one)) => (one.value, one.error),
        (None, None) => return None,
    };
    let values = || own.iter().chain(heard.iter()).map(|witness| witness.value);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let half = error.max((most - least) / 2.0);
    let [floor, ceiling] = POSSIBLE;
    Some(BodyFat {
        low: rounded((mid - half).max(floor), 1),
        mid: rounded(mid, 1),
        high: rounded((mid + half).min(ceiling), 1),
        standard_error: rounded(error, 2),
        spread: rounded(most - least, 2),
        method: methods(formulas, look, disagreement),
        disagreement,
    })
}

fn pool(own: &[Witness]) -> Option<Witness> {
    let sum: f64 = own.iter().map(|witness| witness.weight()).sum();
    let error = own.iter().map(|witness| witness.error).min_by(f64::total_cmp)?;
    Some(Witness { value: own.iter().map(|witness| witness.value * witness.weight()).sum::<f64>() / sum, error })
}

/// Outside of two standard errors beyond the least and the largest formula.
fn contradicts(own: &[Witness], look: Witness) -> bool {
    let by_value = |a: &&Witness, b: &&Witness| a.value.total_cmp(&b.value);
    let ends = own.iter().min_by(by_value).zip(own.iter().max_by(by_value));
    ends.is_some_and(|(least, most)| look.value < least.value - 2.0 * least.error || look.value > most.value + 2.0 * most.error)
}

fn methods(formulas: &[Estimate], look: Option<Witness>, disagreement: bool) -> Vec<Method> {
    let formula = |formula: &Estimate| Method {
        id: formula.id.clone(),
        name: formula.name.clone(),
        value: rounded(formula.value, 2),
        standard_error: formula.standard_error.unwrap_or(ASSUMED),
        error_is_assumed: formula.standard_error.is_none(),
        source: formula.source.clone(),
        used: true,
    };
    let seen = look.map(|look| Method {
        id: "photo_model".to_owned(),
        name: "A model's look at the photos".to_owned(),
        value: rounded(look.value, 2),
        standard_error: rounded(look.error, 2),
        error_is_assumed: true,
        source: "the middle of the model's own range; no error of such a look is published".to_owned(),
        used: !disagreement,
    });
    formulas.iter().map(formula).chain(seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(id: &str, value: f64, standard_error: Option<f64>) -> Estimate {
        Estimate { id: id.to_owned(), name: id.to_owned(), value, standard_error, source: "a test".to_owned() }
    }

    /// The man of 80 kg and 180 cm with a waist of 85 and a neck of 38.
    fn formulas() -> Vec<Estimate> {
        vec![
            estimate("navy_men", 16.107, Some(3.52)),
            estimate("deurenberg", 20.330, None),
            estimate("cun_bae", 21.598, Some(4.66)),
            estimate("rfm", 21.647, None),
        ]
    }

    #[test]
    fn formulas_alone_give_a_range_no_narrower_than_their_spread() {
        let fat = merge(&formulas(), None, 5.0).unwrap();
        assert!((fat.spread - 5.54).abs() < 1e-9 && (fat.standard_error - 3.52).abs() < 1e-9);
        assert!((18.0..20.5).contains(&fat.mid), "{fat:?}");
        assert!(fat.low <= fat.mid - 3.4 && fat.high >= fat.mid + 3.4);
        assert!(fat.method.iter().all(|method| method.used) && fat.method[1].error_is_assumed);
    }

    #[test]
    fn a_look_moves_the_middle_by_its_weight_and_makes_it_surer() {
        let alone = merge(&formulas(), None, 5.0).unwrap();
        let with = merge(&formulas(), Some((13.0, 17.0)), 5.0).unwrap();
        assert!(with.mid < alone.mid && with.mid > 16.0 && with.standard_error < alone.standard_error);
        let look = with.method.last().unwrap();
        assert_eq!((look.id.as_str(), look.standard_error, look.used), ("photo_model", 5.0, true));
        let unsure = merge(&formulas(), Some((5.0, 25.0)), 5.0).unwrap();
        assert!(unsure.mid > with.mid, "a wide range weighs less");
    }

    #[test]
    fn a_look_that_contradicts_the_formulas_is_told_but_not_used() {
        let fat = merge(&formulas(), Some((38.0, 44.0)), 5.0).unwrap();
        assert!(fat.disagreement && !fat.method.last().unwrap().used);
        assert_eq!(fat.mid.to_bits(), merge(&formulas(), None, 5.0).unwrap().mid.to_bits());
    }

    #[test]
    fn a_look_alone_is_a_wide_range_and_nothing_is_nothing() {
        let fat = merge(&[], Some((15.0, 17.0)), 5.0).unwrap();
        assert_eq!((fat.low, fat.mid, fat.high), (11.0, 16.0, 21.0));
        assert_eq!(merge(&[], None, 5.0), None);
    }

    proptest::proptest! {
        #[test]
        fn every_range_holds_its_middle_and_is_possible(
            values in proptest::collection::vec((2.0_f64..70.0, proptest::option::of(2.0_f64..8.0)), 0..8),
            look in proptest::option::of((2.0_f64..40.0, 0.5_f64..25.0)),
        ) {
            let formulas: Vec<Estimate> = values.iter().map(|(value, error)| estimate("x", *value, *error)).collect();
            if let Some(fat) = merge(&formulas, look.map(|(low, width)| (low, low + width)), 5.0) {
                proptest::prop_assert!(fat.low <= fat.mid && fat.mid <= fat.high && fat.low >= 2.0 && fat.high <= 70.0);
            }
        }
    }
}
