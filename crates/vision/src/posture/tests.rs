//! Drawn bodies with known repetitions and faults.

use std::f64::consts::TAU;

use super::geometry::{Point, float};
use super::*;

type Drawn = Vec<(&'static str, Point)>;

/// A step of `length` pixels; 0 degrees is straight up, 90 to the right.
fn step([x, y]: Point, degrees: f64, length: f64) -> Point {
    let (sin, cos) = degrees.to_radians().sin_cos();
    [x + length * sin, y - length * cos]
}

/// From the right, looking to the right. `extra`: how much more the trunk leans than the shin.
fn squat(knee_angle: f64, extra: f64) -> Drawn {
    let shin = 0.2 * (180.0 - knee_angle);
    let ankle = [450.0, 850.0];
    let knee = step(ankle, shin, 240.0);
    let hip = step(knee, shin - (180.0 - knee_angle), 240.0);
    let shoulder = step(hip, shin + extra, 290.0);
    let ear = step(shoulder, shin + extra, 90.0);
    vec![
        ("right_ankle", ankle),
        ("right_heel", [420.0, 870.0]),
        ("right_foot_index", [540.0, 875.0]),
        ("right_knee", knee),
        ("right_hip", hip),
        ("right_shoulder", shoulder),
        ("right_ear", ear),
        ("nose", [ear[0] + 35.0, ear[1]]),
    ]
}

/// From the right: on straight legs, `sag` pixels below the line.
fn push_up(elbow_angle: f64, sag: f64) -> Drawn {
    let (ankle, shoulder) = ([120.0, 800.0], [700.0, 640.0]);
    let hip = [410.0, 720.0 + sag];
    let elbow = step(shoulder, 180.0 + 40.0, 150.0);
    let wrist = step(elbow, 40.0 + elbow_angle, 130.0);
    vec![("right_ankle", ankle), ("right_hip", hip), ("right_shoulder", shoulder), ("right_elbow", elbow), ("right_wrist", wrist)]
}

/// From the front; the left hand is `lower` pixels lower.
fn press(elbow_angle: f64, lower: f64) -> Drawn {
    let mut body: Drawn = vec![("nose", [500.0, 330.0])];
    let names = [
        (1.0, "left_shoulder", "left_elbow", "left_wrist", "left_hip"),
        (-1.0, "right_shoulder", "right_elbow", "right_wrist", "right_hip"),
    ];
    for (side, shoulder_name, elbow_name, wrist_name, hip_name) in names {
        let shoulder = [500.0 + side * 90.0, 420.0];
        // At the end the arm is straight up, at the beginning the elbow is beside the ribs.
        let upper = side * (180.0 - elbow_angle) * 1.3;
        let elbow = step(shoulder, upper, 130.0);
        let wrist = step(elbow, upper - side * (180.0 - elbow_angle), 120.0);
        let wrist = if side > 0.0 { [wrist[0], wrist[1] + lower] } else { wrist };
        body.extend([
            (shoulder_name, shoulder),
            (elbow_name, elbow),
            (wrist_name, wrist),
            (hip_name, [500.0 + side * 60.0, 700.0]),
        ]);
    }
    body
}

fn frame(t: f64, drawn: &Drawn) -> Frame {
    let mut landmarks = vec![None; NAMES.len()];
    for (name, [x, y]) in drawn {
        landmarks[place_of(name).unwrap()] = Some([x / 1000.0, y / 1000.0, 0.95]);
    }
    Frame { t, landmarks }
}

fn take(view: View, frames: Vec<Frame>) -> Take {
    Take { layout: Layout::Named, view, width: 1000.0, height: 1000.0, mirrored: false, frames }
}

/// `reps` cosines of two seconds between two angles, 30 frames a second.
fn moving(reps: usize, (low, high): (f64, f64), draw: impl Fn(f64) -> Drawn) -> Vec<Frame> {
    let moment = |index: usize| float(index) / 30.0;
    let angle = |t: f64| f64::midpoint(low, high) + (high - low) / 2.0 * (t / 2.0 * TAU).cos();
    (0..=reps * 60).map(|index| frame(moment(index), &draw(angle(moment(index))))).collect()
}

fn motion(id: &str, view: View, joint: Joint, low: f64, high: f64) -> Motion {
    let gate = Gate { id: format!("{id}.gate"), joint, low, high, source: "drawn".to_owned() };
    Motion { id: id.to_owned(), view, gate: Some(gate) }
}

fn squats() -> Motion {
    motion("bodyweight-squat", View::Side, Joint::Knee, 110.0, 160.0)
}

fn finding<'a>(assessment: &'a Assessment, rule: &str) -> &'a Finding {
    assessment.findings.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{rule}: {assessment:?}"))
}

#[test]
fn whole_repetitions_are_counted_and_their_form_is_judged() {
    let deep = assess(&take(View::Side, moving(5, (60.0, 172.0), |knee| squat(knee, 8.0))), Some(&squats()));
    let reps = deep.reps.as_ref().unwrap();
    assert_eq!((reps.count, reps.partial, reps.too_fast), (5, 0, 0));
    assert_eq!(finding(&deep, "squat.depth").status, Status::Ok);
    assert_eq!(finding(&deep, "squat.torso").status, Status::Ok);
    let first = &reps.repetitions[0];
    assert!((first.min_angle - 60.0).abs() < 1.0 && first.failed.is_empty(), "{first:?}");
    assert!((first.eccentric + first.pause + first.concentric - (first.end - first.start)).abs() < 5e-3);
    assert!(reps.velocity_loss.unwrap() < 5.0);
    assert!(deep.not_assessed.iter().any(|not| not.id == "squat.knee_valgus"), "that needs the front");
}

#[test]
fn faults_are_found_in_the_repetitions_that_have_them() {
    let mut frames = moving(2, (60.0, 172.0), |knee| squat(knee, 8.0));
    let shallow = moving(2, (98.0, 172.0), |knee| squat(knee, 40.0));
    frames.extend(shallow.into_iter().skip(1).map(|frame| Frame { t: frame.t + 4.0, ..frame }));
    let mixed = assess(&take(View::Side, frames), Some(&squats()));
    assert_eq!(mixed.reps.as_ref().unwrap().count, 4);
    for rule in ["squat.depth", "squat.torso"] {
        let found = finding(&mixed, rule);
        assert_eq!((found.status, found.flagged.clone()), (Status::Flag, vec![3, 4]), "{rule}");
        assert!(found.cue.is_some());
    }
    assert_eq!(mixed.reps.unwrap().repetitions[3].failed, ["squat.depth", "squat.torso"]);
}

#[test]
fn half_repetitions_are_partial() {
    let half = assess(&take(View::Side, moving(4, (130.0, 172.0), |knee| squat(knee, 8.0))), Some(&squats()));
    let reps = half.reps.unwrap();
    assert_eq!((reps.count, reps.partial), (0, 4));
    assert!(half.not_assessed.iter().any(|not| not.id == "squat.depth" && not.reason.contains("No whole repetition")));
}

#[test]
fn hanging_hips_are_told_from_high_ones() {
    let motion = motion("push-up", View::Side, Joint::Elbow, 100.0, 160.0);
    let judged = |sag: f64| assess(&take(View::Side, moving(3, (80.0, 172.0), |elbow| push_up(elbow, sag))), Some(&motion));
    let flagged = |assessment: &Assessment| -> Vec<&str> {
        assessment.findings.iter().filter(|finding| finding.status == Status::Flag).map(|finding| finding.rule).collect()
    };
    assert!(flagged(&judged(0.0)).is_empty());
    assert_eq!(flagged(&judged(60.0)), ["push_up.line", "push_up.sag"]);
    assert_eq!(flagged(&judged(-70.0)), ["push_up.line", "push_up.pike"]);
    assert_eq!(judged(0.0).reps.unwrap().count, 3);
}

#[test]
fn a_press_from_the_front_is_counted_by_both_arms() {
    let motion = motion("overhead-press", View::Front, Joint::Elbow, 80.0, 155.0);
    let level = assess(&take(View::Front, moving(3, (60.0, 174.0), |elbow| press(elbow, 0.0))), Some(&motion));
    assert_eq!(level.reps.as_ref().unwrap().count, 3, "{level:?}");
    assert_eq!(level.reps.as_ref().unwrap().repetitions[0].side_difference, Some(0.0));
    assert_eq!(finding(&level, "press.level").status, Status::Ok);
    let uneven = assess(&take(View::Front, moving(3, (60.0, 174.0), |elbow| press(elbow, 45.0))), Some(&motion));
    assert_eq!(finding(&uneven, "press.level").flagged, [1, 2, 3]);
    assert!(level.not_assessed.iter().any(|not| not.id == "press.lean_back"));
}

#[test]
fn a_view_that_is_not_the_one_that_was_named_is_refused() {
    let frames = vec![frame(0.0, &press(170.0, 0.0))];
    let wrong = assess(&take(View::Side, frames.clone()), None);
    assert!(wrong.metrics.is_empty() && wrong.findings.is_empty());
    assert_eq!(wrong.not_assessed[0].id, "view");
    let oblique = press(170.0, 0.0).into_iter().map(|(name, [x, y])| (name, [500.0 + (x - 500.0) * 0.6, y])).collect();
    let oblique = assess(&take(View::Front, vec![frame(0.0, &oblique)]), None);
    assert!(oblique.not_assessed[0].reason.contains("angle to the camera"), "{oblique:?}");
    let nobody = assess(&take(View::Front, vec![Frame::default()]), None);
    assert_eq!(nobody.not_assessed[0].id, "person");
}

#[test]
fn somebody_who_stands_is_measured_with_errors() {
    let mut drawn = press(175.0, 0.0);
    drawn.extend([("left_knee", [560.0, 800.0]), ("right_knee", [440.0, 800.0])]);
    drawn.extend([("left_ankle", [560.0, 900.0]), ("right_ankle", [440.0, 900.0])]);
    let tilted: Drawn =
        drawn.iter().map(|(name, at)| (*name, if *name == "left_shoulder" { [at[0], at[1] + 20.0] } else { *at })).collect();
    let metric = |drawn: &Drawn, id: &str| {
        let found = assess(&take(View::Front, vec![frame(0.0, drawn)]), None);
        found.metrics.into_iter().find(|metric| metric.id == id).unwrap()
    };
    assert_eq!(metric(&drawn, "shoulder_tilt").category, Some("level_within_error"));
    let tilt = metric(&tilted, "shoulder_tilt");
    assert_eq!((tilt.category, tilt.side), (Some("notable"), Some("left")));
    assert!((tilt.value - 6.34).abs() < 0.01 && tilt.error.unwrap() > 1.0);
    assert_eq!(metric(&drawn, "knee_alignment_left").category, Some("usual"));
    let side = assess(&take(View::Side, vec![frame(0.0, &squat(178.0, 0.0))]), None);
    let ids: Vec<&str> = side.metrics.iter().map(|metric| metric.id).collect();
    assert!(ids.contains(&"head_forward_index") && ids.contains(&"plumb_line_hip"), "{ids:?}");
    for never in ["pelvic_tilt", "craniovertebral_angle", "camera"] {
        assert!(side.not_assessed.iter().any(|not| not.id == never), "{never}");
    }
}

#[test]
fn mirrored_sides_are_noticed_and_exchanged_on_request() {
    let frames = [frame(0.0, &press(175.0, 30.0))];
    let flipped: Vec<Frame> = frames
        .iter()
        .map(|frame| Frame {
            t: 0.0,
            landmarks: frame.landmarks.iter().map(|point| point.map(|[x, y, seen]| [1.0 - x, y, seen])).collect(),
        })
        .collect();
    let noticed = assess(&take(View::Front, flipped.clone()), None);
    assert!(noticed.not_assessed.iter().any(|not| not.id == "sides"));
    let told = assess(&Take { mirrored: true, ..take(View::Front, flipped) }, None);
    assert!(told.not_assessed.iter().all(|not| not.id != "sides"));
}

#[test]
fn a_plank_is_timed_while_it_is_held() {
    let motion = Motion { id: "plank".to_owned(), view: View::Side, gate: None };
    let sag = |t: f64| if (10.0..13.0).contains(&t) || (15.0..15.5).contains(&t) { 120.0 } else { 0.0 };
    let frames: Vec<Frame> = (0..=200).map(|index| float(index) / 10.0).map(|t| frame(t, &push_up(170.0, sag(t)))).collect();
    let held = assess(&take(View::Side, frames), Some(&motion));
    let hold = held.hold.as_ref().unwrap();
    // Three seconds hang, and for up to a second after it the hips still move; a short break is forgiven.
    assert!((15.0..17.1).contains(&hold.seconds), "{hold:?}");
    assert!((9.5..10.1).contains(&hold.longest), "{hold:?}");
    assert_eq!(finding(&held, "plank.line").status, Status::Ok);
    assert_eq!(held.reps, None);
}

#[test]
fn what_is_too_sparse_or_from_the_wrong_side_is_not_counted() {
    let sparse: Vec<Frame> = moving(3, (60.0, 172.0), |knee| squat(knee, 8.0)).into_iter().step_by(12).collect();
    let found = assess(&take(View::Side, sparse), Some(&squats()));
    assert_eq!(found.reps, None);
    assert!(found.not_assessed.iter().any(|not| not.id == "reps" && not.reason.contains("frames a second")));
    let front = assess(&take(View::Front, moving(1, (60.0, 174.0), |elbow| press(elbow, 0.0))), Some(&squats()));
    assert!(front.not_assessed.iter().any(|not| not.id == "reps" && not.reason.contains("side")));
}

proptest::proptest! {
    #[test]
    fn no_landmarks_break_the_assessment(
        points in proptest::collection::vec(proptest::option::of((-2.0_f64..3.0, -2.0_f64..3.0, 0.0_f64..=1.0)), 33 * 8),
        side: bool,
    ) {
        let landmark = |point: &Option<(f64, f64, f64)>| point.map(|(x, y, seen)| [x, y, seen]);
        let frames = points.chunks(33).zip(0..).map(|(chunk, index)| {
            Frame { t: float(index) / 10.0, landmarks: chunk.iter().map(landmark).collect() }
        });
        let view = if side { View::Side } else { View::Front };
        let take = Take { layout: Layout::Mediapipe33, ..take(view, frames.collect()) };
        for motion in [None, Some(squats())] {
            let found = assess(&take, motion.as_ref());
            proptest::prop_assert!(found.metrics.iter().all(|metric| metric.value.is_finite()));
            proptest::prop_assert!(found.findings.iter().all(|finding| finding.value.is_finite() && finding.worst.is_finite()));
        }
    }
}
