use crate::model::Day;

/// Weight of a new value in the trend: a tenth, as trend weights are usually kept. A product default.
const ALPHA: f64 = 0.1;
/// After so many days without a value the trend begins anew: what was before says little.
const GAP_DAYS: i64 = 28;

/// A day of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendPoint {
    /// The day.
    pub day: Day,
    /// Mean of the day's values.
    pub value: f64,
    /// Smoothed.
    pub trend: f64,
    /// The first one after a gap.
    pub after_gap: bool,
}

/// What changed, told only beyond the error of measuring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// From the first trend value to the last.
    pub amount: f64,
    /// The error of a difference of two measurements.
    pub error: f64,
    /// True when the change is beyond it.
    pub certain: bool,
}

/// A series with its trend.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Series {
    /// Its days in order.
    pub points: Vec<TrendPoint>,
    /// What changed; none with less than two days since the last gap.
    pub change: Option<Change>,
}

/// The trend of values, which are in order of time. Several values of a day count as their mean; over missing days the weight of the past
/// fades as if each of them had been there. `error` is that of one measurement.
pub fn trend(values: &[(Day, f64)], error: f64) -> Series {
    let mut days: Vec<(Day, f64, f64)> = Vec::new();
    for (day, value) in values {
        match days.last_mut() {
            Some((last, sum, count)) if last == day => {
                *sum += value;
                *count += 1.0;
            }
            _ => days.push((*day, *value, 1.0)),
        }
    }
    let mut points: Vec<TrendPoint> = Vec::new();
    for (day, sum, count) in days {
        let value = sum / count;
        let point = match points.last() {
            None => TrendPoint { day, value, trend: value, after_gap: false },
            Some(before) => {
                let passed = (day.number() - before.day.number()).max(1);
                if passed > GAP_DAYS {
                    TrendPoint { day, value, trend: value, after_gap: true }
                } else {
                    let past = (1.0 - ALPHA).powi(i32::try_from(passed).unwrap_or(1));
                    TrendPoint { day, value, trend: past * before.trend + (1.0 - past) * value, after_gap: false }
                }
            }
        };
        points.push(point);
    }
    let begin = points.iter().rposition(|point| point.after_gap).unwrap_or(0);
    let change = points.get(begin).zip(points.last()).filter(|(first, last)| first.day < last.day).map(|(first, last)| {
        let amount = last.trend - first.trend;
        let error = error * std::f64::consts::SQRT_2;
        Change { amount, error, certain: amount.abs() > error }
    });
    Series { points, change }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(values: &[f64]) -> Vec<(Day, f64)> {
        let first = Day::parse("2026-01-01").unwrap().number();
        values.iter().zip(0..).map(|(value, index)| (Day::from_number(first + index), *value)).collect()
    }

    #[test]
    fn the_worked_example_is_smoothed() {
        let series = trend(&days(&[80.0, 80.6, 79.8, 80.2, 79.6, 79.9, 79.4]), 0.5);
        let expected = [80.0, 80.06, 80.034, 80.0506, 80.0055, 79.9950, 79.9355];
        for (point, expected) in series.points.iter().zip(expected) {
            assert!((point.trend - expected).abs() < 1e-3, "{point:?}");
        }
        let change = series.change.unwrap();
        assert!(!change.certain && (change.amount + 0.0645).abs() < 1e-3);
    }

    #[test]
    fn missing_days_fade_and_a_gap_begins_anew() {
        let mut values = days(&[80.0, 82.0]);
        let second = values[1].0.number();
        values.push((Day::from_number(second + 10), 90.0));
        values.push((Day::from_number(second + 60), 70.0));
        let points = trend(&values, 0.5).points;
        assert!(points[2].trend > 80.2 + 0.5 * (90.0 - 80.2), "{points:?}");
        assert!(points[3].after_gap && (points[3].trend - 70.0).abs() < 1e-12);
        assert_eq!(trend(&[], 1.0), Series::default());
    }

    #[test]
    fn values_of_one_day_are_their_mean_and_a_large_change_is_certain() {
        let mut values = days(&[80.0]);
        values.push((values[0].0, 82.0));
        assert!((trend(&values, 0.5).points[0].value - 81.0).abs() < 1e-12);
        let falling: Vec<f64> = (0..60).map(|day| 90.0 - f64::from(day) * 0.1).collect();
        assert!(trend(&days(&falling), 0.5).change.unwrap().certain);
    }
}
