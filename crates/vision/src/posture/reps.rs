//! Repetitions in a series of angles: a Schmitt trigger that knows of times, gaps and half repetitions.

/// A state is not left before, in seconds.
const DWELL: f64 = 0.12;
/// A longer time without the joint makes the state unknown, in seconds.
const GAP: f64 = 0.3;
/// A bend in less is jitter, in seconds from gate to gate. With the time above the gate it makes the 0.6 seconds of a fast repetition.
const LEAST_SECONDS: f64 = 0.4;
/// A dip or a rise that does not reach the other gate but passes the near one by this much is a half repetition, in degrees.
const PARTIAL: f64 = 10.0;
/// A hip that goes past straight folds back: down to here a dip may be no dip, in degrees.
const FOLDED: f64 = 155.0;
/// Within this of the deepest angle the person pauses, in degrees.
const PAUSE: f64 = 10.0;

/// One repetition, by indices of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The last frame before the joint bent, or the first that was seen.
    pub(crate) from: usize,
    /// Where it was bent most.
    pub(crate) bottom: usize,
    /// Where it was straight again.
    pub(crate) to: usize,
    /// Where it was straightest after that.
    pub(crate) top: usize,
}

/// What a series holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Whole repetitions.
    pub(crate) reps: Vec<Span>,
    /// Those that turned half-way.
    pub(crate) partial: usize,
    /// Those that were too fast to be one.
    pub(crate) too_fast: usize,
    /// Times without the joint that were too long to count over.
    pub(crate) gaps: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Unknown,
    /// Straight, since when; the last frame at it; the deepest angle since.
    Up {
        since: f64,
        last: usize,
        least: f64,
    },
    /// Bent, since when; where it came from; the deepest frame; the widest angle since it was last bent.
    Down {
        since: f64,
        from: usize,
        bottom: (usize, f64),
        most: f64,
    },
}

struct Counter<'a> {
    times: &'a [f64],
    low: f64,
    high: f64,
    folds: bool,
    state: State,
    last_seen: Option<f64>,
    counted: Counted,
}

/// Counts the bends from `high` down to `low` and back. The same motion that begins bent is counted by its rises. `folds`: the joint may go past
/// straight, which an included angle can't show.
pub(crate) fn count(times: &[f64], angles: &[Option<f64>], (low, high): (f64, f64), folds: bool) -> Counted {
    let mut counter = Counter { times, low, high, folds, state: State::Unknown, last_seen: None, counted: Counted::default() };
    for (index, (t, angle)) in times.iter().zip(angles).enumerate() {
        match angle {
            Some(angle) => counter.see(index, *t, *angle),
            None => counter.miss(*t),
        }
    }
    let mut counted = counter.counted;
    for span in &mut counted.reps {
        let straight = angles.iter().enumerate().skip(span.to).map_while(|(index, angle)| angle.map(|angle| (index, angle)));
        let highest = straight.take_while(|(_, angle)| *angle >= high).max_by(|a, b| a.1.total_cmp(&b.1));
        span.top = highest.map_or(span.to, |(index, _)| index);
    }
    counted
}

impl Counter<'_> {
    fn miss(&mut self, t: f64) {
        let lost = self.last_seen.is_some_and(|seen| t - seen > GAP);
        if lost && !matches!(self.state, State::Unknown) {
            self.state = State::Unknown;
            self.counted.gaps += 1;
        }
    }

    fn see(&mut self, index: usize, t: f64, angle: f64) {
        self.miss(t);
        self.last_seen = Some(t);
        self.state = match self.state {
            State::Unknown if angle >= self.high => State::Up { since: t, last: index, least: angle },
            State::Unknown if angle <= self.low => State::Down { since: t, from: index, bottom: (index, angle), most: angle },
            State::Unknown => State::Unknown,
            State::Up { since, last, least } => self.straight((index, t, angle), since, last, least),
            State::Down { since, from, bottom, most } => self.bent((index, t, angle), since, from, bottom, most),
        };
    }

    fn straight(&mut self, (index, t, angle): (usize, f64, f64), since: f64, last: usize, least: f64) -> State {
        if angle <= self.low && t - since >= DWELL {
            return State::Down { since: t, from: last, bottom: (index, angle), most: angle };
        }
        if angle < self.high {
            return State::Up { since, last, least: least.min(angle) };
        }
        let dipped = least <= self.high - PARTIAL && !(self.folds && least >= FOLDED);
        self.counted.partial += usize::from(dipped);
        State::Up { since, last: index, least: angle }
    }

    fn bent(&mut self, (index, t, angle): (usize, f64, f64), since: f64, from: usize, bottom: (usize, f64), most: f64) -> State {
        let bottom = if angle < bottom.1 { (index, angle) } else { bottom };
        if angle >= self.high && t - since >= DWELL {
            let began = self.times.get(from).copied().unwrap_or(t);
            // Times are decimal fractions, so their differences are a hair off.
            if t - began < LEAST_SECONDS - 1e-6 {
                self.counted.too_fast += 1;
            } else {
                self.counted.reps.push(Span { from, bottom: bottom.0, to: index, top: index });
            }
            return State::Up { since: t, last: index, least: angle };
        }
        if angle > self.low {
            return State::Down { since, from, bottom, most: most.max(angle) };
        }
        self.counted.partial += usize::from(most >= self.low + PARTIAL);
        State::Down { since, from, bottom, most: angle }
    }
}

/// Seconds of a repetition: down, at the bottom, up.
pub(crate) fn tempo(times: &[f64], angles: &[Option<f64>], span: Span) -> [f64; 3] {
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    let angle = |index: usize| angles.get(index).copied().flatten();
    let Some(least) = angle(span.bottom) else { return [0.0; 3] };
    let deep = |index: &usize| angle(*index).is_some_and(|angle| angle <= least + PAUSE);
    let first = (span.from..=span.bottom).find(deep).unwrap_or(span.bottom);
    let last = (span.bottom..=span.to).rev().find(deep).unwrap_or(span.bottom);
    [at(first) - at(span.from), at(last) - at(first), at(span.to) - at(last)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(rate: f64, angles: &[f64]) -> (Vec<f64>, Vec<Option<f64>>) {
        let times = (0..angles.len()).map(|index| super::super::geometry::float(index) / rate).collect();
        (times, angles.iter().copied().map(Some).collect())
    }

    #[test]
    fn a_half_dip_is_no_repetition_and_jitter_at_a_gate_counts_once() {
        let angles = [
            170.0, 160.0, 120.0, 95.0, 88.0, 92.0, 89.0, 120.0, 150.0, 165.0, 172.0, 168.0, 140.0, 100.0, 85.0, 110.0, 150.0,
            166.0, 170.0, 130.0, 112.0, 150.0, 170.0,
        ];
        let (times, series) = at(10.0, &angles);
        let counted = count(&times, &series, (90.0, 160.0), false);
        assert_eq!((counted.reps.len(), counted.partial, counted.too_fast, counted.gaps), (2, 1, 0, 0));
        assert_eq!(counted.reps[0], Span { from: 1, bottom: 4, to: 9, top: 10 });
        let one_threshold = angles.windows(2).filter(|pair| pair[0] > 90.0 && pair[1] <= 90.0).count();
        assert_eq!(one_threshold, 3, "which is what the two gates are for");
    }

    #[test]
    fn a_motion_that_begins_bent_is_counted_by_its_rises() {
        let (times, series) =
            at(5.0, &[80.0, 80.0, 100.0, 120.0, 140.0, 165.0, 170.0, 140.0, 100.0, 80.0, 80.0, 110.0, 140.0, 165.0, 170.0]);
        assert_eq!(count(&times, &series, (90.0, 160.0), false).reps.len(), 2);
        let (times, series) = at(10.0, &[80.0, 80.0, 100.0, 120.0, 100.0, 80.0, 80.0]);
        let counted = count(&times, &series, (90.0, 160.0), false);
        assert_eq!((counted.reps.len(), counted.partial), (0, 1));
    }

    #[test]
    fn a_gap_in_a_repetition_loses_it_and_is_told() {
        let (times, mut series) = at(10.0, &[170.0, 165.0, 120.0, 85.0, 85.0, 85.0, 85.0, 85.0, 85.0, 120.0, 165.0, 170.0]);
        assert_eq!(count(&times, &series, (90.0, 160.0), false).reps.len(), 1);
        for value in series.iter_mut().skip(2).take(6) {
            *value = None;
        }
        let counted = count(&times, &series, (90.0, 160.0), false);
        assert_eq!((counted.gaps, counted.reps.len()), (1, 0));
    }

    #[test]
    fn a_hip_that_goes_past_straight_is_no_half_repetition() {
        let (times, series) = at(10.0, &[135.0, 140.0, 160.0, 178.0, 168.0, 158.0, 168.0, 179.0, 160.0, 140.0, 135.0]);
        let gate = (142.0, 170.0);
        assert_eq!(count(&times, &series, gate, true).partial, 0);
        assert_eq!(count(&times, &series, gate, false).partial, 1);
    }

    #[test]
    fn a_twitch_is_too_fast_to_be_a_repetition() {
        let (times, series) = at(30.0, &[170.0, 170.0, 170.0, 170.0, 165.0, 85.0, 80.0, 80.0, 80.0, 80.0, 165.0, 170.0]);
        let counted = count(&times, &series, (90.0, 160.0), false);
        assert_eq!((counted.reps.len(), counted.too_fast), (0, 1));
    }

    #[test]
    fn the_tempo_has_three_parts() {
        let (times, series) = at(10.0, &[170.0, 140.0, 110.0, 85.0, 84.0, 85.0, 110.0, 140.0, 165.0]);
        let [down, pause, up] = tempo(&times, &series, Span { from: 0, bottom: 4, to: 8, top: 8 });
        assert!((down - 0.3).abs() < 1e-9 && (pause - 0.2).abs() < 1e-9 && (up - 0.3).abs() < 1e-9, "{down} {pause} {up}");
    }

    proptest! {
        #[test]
        fn whole_cosines_are_counted_exactly(reps in 1_usize..12, rate in 12.0_f64..60.0, seconds in 1.0_f64..5.0, bottom in 40.0_f64..85.0) {
            let total = super::super::geometry::float(reps) * seconds;
            let mut times = Vec::new();
            let mut t = 0.0;
            while t <= total + 0.5 {
                times.push(t);
                t += 1.0 / rate;
            }
            let middle = f64::midpoint(bottom, 172.0);
            let angle = |t: &f64| Some(middle + (172.0 - middle) * ((t.min(total) / seconds) * std::f64::consts::TAU).cos());
            let series: Vec<_> = times.iter().map(angle).collect();
            let counted = count(&times, &series, (95.0, 160.0), false);
            prop_assert_eq!((counted.reps.len(), counted.partial), (reps, 0));
        }
    }
}
