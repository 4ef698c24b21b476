//! Landmark streams with known repetitions, for the tests of whoever counts them.

use super::skeleton::{Pose, along, between};
use super::spec::{Motion, Point, View};
use crate::units::float;

/// What a stream should hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamWish {
    /// Whole repetitions.
    pub repetitions: usize,
    /// Frames a second.
    pub rate: f64,
    /// Standard deviation of the noise, in body heights.
    pub noise: f64,
    /// Decides the noise.
    pub seed: u64,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

impl Default for StreamWish {
    fn default() -> Self {
        Self { repetitions: 3, rate: 30.0, noise: 0.0, seed: 1, fault: None }
    }
}

/// A fault that a counter or a rule should find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every repetition stops half-way.
    Partial,
    /// The hips hang lower than they should.
    SaggingHips,
}

/// A landmark: x and y as fractions of the picture's width and height (y down), and how visible it is.
pub type Landmark = [f64; 3];

/// A moment of a stream, in the order of the 33 landmarks of BlazePose.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Seconds from the beginning.
    pub t: f64,
    /// 33 landmarks.
    pub landmarks: Vec<Landmark>,
}

/// Side of the square picture in body heights.
const PICTURE: f64 = 2.4;

/// A stream of a motion. The same wish gives the same stream.
pub fn stream(motion: &Motion, wish: &StreamWish) -> Vec<Frame> {
    let total = float(wish.repetitions) * motion.seconds;
    let count = usize::try_from(crate::units::whole(total * wish.rate)).unwrap_or(0).min(36_000) + 1;
    let mut noise = Noise(wish.seed | 1);
    let at = |index: usize| float(index) / wish.rate.max(1.0);
    let frame = |index: usize| {
        let t = at(index);
        let moment = (t / motion.seconds).fract();
        let moment = if t >= total { 0.0 } else { moment };
        let pose = pose_of(motion, moment, wish.fault)?;
        let landmarks = landmarks(motion.view, &pose).into_iter().map(|(place, seen)| {
            let [x, y] = [place[0] + noise.next() * wish.noise, place[1] + noise.next() * wish.noise];
            [(x + PICTURE / 2.0) / PICTURE, 1.0 - (y + 0.3) / PICTURE, seen]
        });
        Some(Frame { t, landmarks: landmarks.collect() })
    };
    (0..count).filter_map(frame).collect()
}

fn pose_of(motion: &Motion, moment: f64, fault: Option<Fault>) -> Option<Pose> {
    let moment = if fault == Some(Fault::Partial) {
        // Out to a little more than a quarter of the way and back.
        0.2 * (0.5 - 0.5 * (moment * std::f64::consts::TAU).cos())
    } else {
        moment
    };
    let mut pose = motion.pose(moment)?;
    if fault == Some(Fault::SaggingHips) {
        for hip in [&mut pose.hip, &mut pose.near.hip, &mut pose.far.hip] {
            hip[1] -= 0.09;
        }
    }
    Some(pose)
}

/// Head, then left before right for every joint. In side views the subject's right is near, so the left one is hidden.
fn landmarks(view: View, pose: &Pose) -> Vec<(Point, f64)> {
    let hidden = if view == View::Side { 0.45 } else { 0.97 };
    // From the front the subject's left is at positive x, which is the near side there.
    let (left, right, left_seen, right_seen) = match view {
        View::Side => (&pose.far, &pose.near, hidden, 0.98),
        View::Front => (&pose.near, &pose.far, 0.98, 0.98),
    };
    let up = (pose.head[1] - pose.neck[1]).atan2(pose.head[0] - pose.neck[0]).to_degrees();
    let face = |across: f64, along_up: f64| along(along(pose.head, up - 90.0, across), up, along_up);
    let wide = if view == View::Side { 0.0 } else { 1.0 };
    let ahead = if view == View::Side { 0.06 } else { 0.0 };
    let mut all = vec![(face(ahead, 0.0), 0.98)];
    for side in [1.0, -1.0] {
        for offset in [0.015, 0.025, 0.035] {
            all.push((face(ahead * 0.8 + side * wide * offset, 0.02), 0.97));
        }
    }
    for (side, seen) in [(1.0, left_seen), (-1.0, right_seen)] {
        all.push((face(side * wide * 0.06, 0.005), seen));
    }
    for side in [1.0, -1.0] {
        all.push((face(ahead * 0.9 + side * wide * 0.02, -0.03), 0.97));
    }
    let sides = [(left, left_seen), (right, right_seen)];
    let mut both = |pick: &dyn Fn(&super::Side) -> Point| {
        for (side, seen) in sides {
            all.push((pick(side), seen));
        }
    };
    both(&|side| side.shoulder);
    both(&|side| side.elbow);
    both(&|side| side.wrist);
    both(&|side| side.hand);
    both(&|side| side.hand);
    both(&|side| between(side.wrist, side.hand, 0.7));
    both(&|side| side.hip);
    both(&|side| side.knee);
    both(&|side| side.ankle);
    both(&|side| side.heel);
    both(&|side| side.toe);
    all
}

/// A small generator (xorshift64*), about normal by the sum of twelve.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        f64::from(u32::try_from(high).unwrap_or(0)) / f64::from(u32::MAX)
    }
}
