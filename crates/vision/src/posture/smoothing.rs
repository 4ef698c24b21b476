//! Noise out of series of measured angles.

use std::f64::consts::TAU;

/// The One Euro filter (Casiez, Roussel, Vogel, CHI 2012). The derivative is taken against the last raw value, as the reference does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneEuro {
    least_cutoff: f64,
    beta: f64,
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    t: f64,
    raw: f64,
    filtered: f64,
    slope: f64,
}

/// For the derivative, in Hz.
const SLOPE_CUTOFF: f64 = 1.0;
/// After a longer time without a value the filter begins anew, in seconds.
const FORGETS: f64 = 0.5;

fn alpha(cutoff: f64, step: f64) -> f64 {
    1.0 / (1.0 + 1.0 / (TAU * cutoff) / step)
}

impl OneEuro {
    /// `least_cutoff` in Hz: lower is calmer at rest. `beta` in Hz per unit a second: higher follows faster.
    pub(crate) const fn new(least_cutoff: f64, beta: f64) -> Self {
        Self { least_cutoff, beta, last: None }
    }

    /// For joint angles in degrees: calm at rest, little lag in a repetition. Product defaults.
    pub(crate) const fn degrees() -> Self {
        Self::new(2.0, 0.05)
    }

    /// The filtered value at a time in seconds. Times must grow; one that does not is passed through.
    pub(crate) fn next(&mut self, t: f64, raw: f64) -> f64 {
        let fresh = |filtered| Last { t, raw, filtered, slope: 0.0 };
        let now = match self.last {
            Some(last) if t > last.t && t - last.t <= FORGETS => {
                let step = t - last.t;
                let change = (raw - last.raw) / step;
                let share = alpha(SLOPE_CUTOFF, step);
                let slope = share * change + (1.0 - share) * last.slope;
                let share = alpha(self.least_cutoff + self.beta * slope.abs(), step);
                Last { t, raw, filtered: share * raw + (1.0 - share) * last.filtered, slope }
            }
            _ => fresh(raw),
        };
        self.last = Some(now);
        now.filtered
    }
}

/// Frames further apart than this are too few for a median of three: it would cut off what is real.
const DENSE: f64 = 0.05;

/// The median of each value and its neighbours; single outliers vanish. Gaps stay gaps, and sparse series stay as they are.
pub(crate) fn median_of_three(times: &[f64], values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut smooth = values.to_vec();
    for ((window, moments), target) in values.windows(3).zip(times.windows(3)).zip(smooth.iter_mut().skip(1)) {
        if let ([Some(a), Some(b), Some(c)], [from, _, to]) = (window, moments)
            && to - from <= 2.0 * DENSE
        {
            *target = Some(a.max(*b).min(a.min(*b).max(*c)));
        }
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(filter: &mut OneEuro, values: &[f64]) -> Vec<f64> {
        let mut t = 0.0;
        values
            .iter()
            .map(|value| {
                t += 1.0 / 30.0;
                filter.next(t, *value)
            })
            .collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
    }

    #[test]
    fn the_filter_gives_the_published_values() {
        assert!((alpha(1.0, 1.0 / 30.0) - 0.173_170_7).abs() < 1e-6);
        assert!((alpha(1.0, 1.0 / 60.0) - 0.094_793_1).abs() < 1e-6);
        let step = [0.0, 1.0, 1.0, 1.0, 1.0];
        assert_near(&filtered(&mut OneEuro::new(1.0, 0.0), &step), &[0.0, 0.173_171, 0.316_353, 0.434_741, 0.532_627]);
        assert_near(&filtered(&mut OneEuro::new(1.0, 0.1), &step), &[0.0, 0.241_416, 0.416_206, 0.545_270, 0.642_211]);
        let degrees = [170.0, 165.0, 150.0, 130.0, 110.0, 95.0, 90.0];
        let expected = [170.0, 169.0079, 164.0262, 152.9555, 137.0612, 120.7074, 109.1880];
        assert_near(&filtered(&mut OneEuro::new(1.0, 0.007), &degrees), &expected);
    }

    #[test]
    fn after_a_gap_the_filter_begins_anew() {
        let mut filter = OneEuro::degrees();
        filter.next(0.0, 10.0);
        assert!(filter.next(0.1, 90.0) < 90.0);
        assert_eq!(filter.next(1.0, 90.0).to_bits(), 90.0_f64.to_bits());
        assert_eq!(filter.next(1.0, 20.0).to_bits(), 20.0_f64.to_bits(), "time that stands still is passed through");
    }

    #[test]
    fn single_outliers_vanish_and_sparse_series_stay() {
        let values = [Some(1.0), Some(9.0), Some(2.0), None, Some(3.0)];
        let dense = [0.0, 0.03, 0.06, 0.09, 0.12];
        assert_eq!(median_of_three(&dense, &values), [Some(1.0), Some(2.0), Some(2.0), None, Some(3.0)]);
        let sparse = [0.0, 0.2, 0.4, 0.6, 0.8];
        assert_eq!(median_of_three(&sparse, &values), values);
    }
}
