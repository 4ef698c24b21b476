//! Where the muscles of a figure are: bellies beside the bones, coloured by how much an exercise works them.

use super::scene::{Paint, Shape};
use super::skeleton::{Pose, Side, between, distance};
use super::spec::{Point, View};
use crate::catalogue::{Exercise, Muscle};

/// A belly along a segment: from and to as shares of its length, the distance from its axis (positive: in front), its width.
type Belly = (Muscle, f64, f64, f64, f64);

const TRUNK_SIDE: [Belly; 10] = [
    (Muscle::LowerBack, 0.05, 0.42, -0.047, 0.034),
    (Muscle::Lats, 0.38, 0.72, -0.046, 0.044),
    (Muscle::LowerTraps, 0.55, 0.74, -0.03, 0.026),
    (Muscle::UpperBack, 0.72, 0.93, -0.05, 0.04),
    (Muscle::UpperTraps, 0.97, 1.1, -0.032, 0.03),
    (Muscle::Abs, 0.1, 0.56, 0.045, 0.036),
    (Muscle::Obliques, 0.14, 0.48, 0.008, 0.038),
    (Muscle::Serratus, 0.52, 0.66, 0.03, 0.026),
    (Muscle::Chest, 0.68, 0.9, 0.045, 0.05),
    (Muscle::Neck, 1.12, 1.28, 0.0, 0.04),
];

const ARM_SIDE: [Belly; 5] = [
    (Muscle::Biceps, 0.34, 0.84, 0.016, 0.03),
    (Muscle::Triceps, 0.28, 0.84, -0.016, 0.03),
    (Muscle::FrontDelts, 0.0, 0.16, 0.018, 0.038),
    (Muscle::SideDelts, 0.0, 0.16, 0.0, 0.044),
    (Muscle::RearDelts, 0.0, 0.16, -0.018, 0.038),
];

const THIGH_SIDE: [Belly; 5] = [
    (Muscle::Adductors, 0.12, 0.6, 0.0, 0.03),
    (Muscle::Quads, 0.2, 0.9, 0.026, 0.042),
    (Muscle::Hamstrings, 0.22, 0.9, -0.026, 0.038),
    (Muscle::HipFlexors, 0.02, 0.2, 0.034, 0.03),
    (Muscle::Glutes, -0.06, 0.14, -0.034, 0.062),
];

const SHIN_SIDE: [Belly; 2] = [(Muscle::Calves, 0.1, 0.52, -0.018, 0.036), (Muscle::Shins, 0.14, 0.6, 0.018, 0.022)];

fn paint(exercise: &Exercise, muscle: Muscle) -> Option<Paint> {
    match exercise.share(muscle) {
        share if share >= 1.0 => Some(Paint::Primary),
        share if share >= 0.5 => Some(Paint::Secondary),
        _ => None,
    }
}

/// Draws the bellies along a segment; `forward` says on which side of the bone the front is.
fn bellies(from: Point, to: Point, list: &[Belly], forward: f64, exercise: &Exercise, shapes: &mut Vec<Shape>) {
    let length = distance(from, to).max(1e-6);
    let normal = [(to[1] - from[1]) / length * forward, -(to[0] - from[0]) / length * forward];
    for (muscle, start, end, off, width) in list {
        let Some(paint) = paint(exercise, *muscle) else { continue };
        let at = |share: f64| {
            let [x, y] = between(from, to, share);
            [x + normal[0] * off, y + normal[1] * off]
        };
        shapes.push(Shape::Line(at(*start), at(*end), *width, paint));
    }
}

/// The muscles of the trunk.
pub(super) fn trunk(view: View, pose: &Pose, exercise: &Exercise, shapes: &mut Vec<Shape>) {
    if view == View::Side {
        return bellies(pose.hip, pose.neck, &TRUNK_SIDE, 1.0, exercise, shapes);
    }
    let at = |share: f64, x: f64| {
        let [axis, y] = between(pose.hip, pose.neck, share);
        [axis + x, y]
    };
    let mut pair = |muscle: Muscle, (from, from_x): (f64, f64), (to, to_x): (f64, f64), width: f64| {
        if let Some(paint) = paint(exercise, muscle) {
            for sign in [1.0, -1.0] {
                shapes.push(Shape::Line(at(from, from_x * sign), at(to, to_x * sign), width, paint));
            }
        }
    };
    pair(Muscle::Lats, (0.4, 0.085), (0.78, 0.105), 0.036);
    pair(Muscle::UpperBack, (0.66, 0.03), (0.86, 0.05), 0.04);
    pair(Muscle::UpperTraps, (1.02, 0.08), (1.16, 0.03), 0.03);
    pair(Muscle::Obliques, (0.18, 0.075), (0.5, 0.085), 0.03);
    pair(Muscle::Abs, (0.14, 0.022), (0.55, 0.022), 0.036);
    pair(Muscle::Chest, (0.76, 0.03), (0.8, 0.075), 0.062);
    pair(Muscle::Serratus, (0.58, 0.08), (0.66, 0.088), 0.026);
}

/// The muscles of an arm.
pub(super) fn arm(view: View, side: &Side, exercise: &Exercise, shapes: &mut Vec<Shape>) {
    // The front of an upper arm is the side to which the elbow bends.
    let forward = bend(side.shoulder, side.elbow, side.wrist);
    bellies(side.shoulder, side.elbow, &ARM_SIDE, if view == View::Side { forward } else { 0.4 * forward }, exercise, shapes);
    if let Some(paint) = paint(exercise, Muscle::Forearms) {
        shapes.push(Shape::Line(between(side.elbow, side.wrist, 0.08), between(side.elbow, side.wrist, 0.55), 0.034, paint));
    }
}

/// The muscles of a leg.
pub(super) fn leg(view: View, side: &Side, exercise: &Exercise, shapes: &mut Vec<Shape>) {
    // A knee bends the other way round: the front of the thigh is where the shin does not go.
    let forward = match view {
        View::Side => -bend(side.hip, side.knee, side.ankle),
        View::Front => 0.25,
    };
    bellies(side.hip, side.knee, &THIGH_SIDE, forward, exercise, shapes);
    bellies(side.knee, side.ankle, &SHIN_SIDE, forward, exercise, shapes);
    if let Some(paint) = paint(exercise, Muscle::Abductors) {
        shapes.push(Shape::Circle(between(side.hip, side.knee, 0.02), 0.03, paint));
    }
}

/// 1 or -1: to which side of the first segment the second one turns; straight ones count as forward.
fn bend(from: Point, joint: Point, to: Point) -> f64 {
    let cross = (joint[0] - from[0]) * (to[1] - joint[1]) - (joint[1] - from[1]) * (to[0] - joint[0]);
    if cross > 1e-5 { -1.0 } else { 1.0 }
}
