//! How long a minute of landmarks takes: `cargo bench -p brickwork-vision`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures, and a failed step fails it")]

use std::time::{Duration, Instant};

use vision::posture::{Frame, Gate, Joint, Layout, Motion, Take, View, assess};

const FRAMES: u32 = 1800;

/// A minute of 33 landmarks at 30 frames a second: squats of two seconds, drawn from beside.
fn minute() -> Take {
    let frame = |index: u32| {
        let t = f64::from(index) / 30.0;
        let bend = 0.5 - 0.5 * (t / 2.0 * std::f64::consts::TAU).cos();
        let place = |number: u32| {
            let height = f64::from(number) / 40.0;
            let lower = if number < 25 { bend * 0.18 } else { 0.0 };
            let back = if (11..25).contains(&number) { bend * -0.08 } else { 0.0 };
            let ahead = if (25..27).contains(&number) { bend * 0.06 } else { 0.0 };
            [0.5 + back + ahead, 0.1 + height + lower, 0.9]
        };
        Frame { t, landmarks: (0..33).map(|number| Some(place(number))).collect() }
    };
    let frames = (0..FRAMES).map(frame).collect();
    Take { layout: Layout::Mediapipe33, view: View::Side, width: 1080.0, height: 1920.0, mirrored: false, frames }
}

fn main() {
    let take = minute();
    let gate = Gate { id: "squat.knee".to_owned(), joint: Joint::Knee, low: 110.0, high: 160.0, source: "a bench".to_owned() };
    let motion = Motion { id: "bodyweight-squat".to_owned(), view: View::Side, gate: Some(gate) };
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            let found = assess(&take, Some(&motion));
            assert_eq!(found.frames, 1800);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("1800 frames of 33 landmarks, median: {:?}", times.get(times.len() / 2).unwrap());
    println!("1800 frames of 33 landmarks, p95: {:?}", times.get(times.len() * 95 / 100).unwrap());
}
