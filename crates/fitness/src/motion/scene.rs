//! A motion as plain shapes, the same in every frame, so that a drawing can move them.

use super::skeleton::{Pose, Side, between};
use super::spec::{Motion, Point, View};
use super::{muscles, props};
use crate::catalogue::Exercise;

/// Frames of a repetition.
pub const FRAMES: usize = 30;

/// The colours of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// On a light ground.
    #[default]
    Light,
    /// On a dark ground.
    Dark,
}

/// What a shape is painted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Paint {
    Ground,
    Floor,
    Near,
    Far,
    Primary,
    Secondary,
    Prop,
    PropSoft,
}

impl Paint {
    pub(crate) const ALL: [Self; 8] =
        [Self::Ground, Self::Floor, Self::Near, Self::Far, Self::Primary, Self::Secondary, Self::Prop, Self::PropSoft];

    /// Red, green, blue.
    pub(crate) const fn rgb(self, theme: Theme) -> [u8; 3] {
        match (theme, self) {
            (Theme::Light, Self::Ground) => [0xF6, 0xF7, 0xF9],
            (Theme::Light, Self::Floor) => [0xC9, 0xCF, 0xD8],
            (Theme::Light, Self::Near) => [0x8F, 0x9D, 0xB0],
            (Theme::Light, Self::Far) => [0xBC, 0xC6, 0xD3],
            (Theme::Light, Self::Primary) => [0xE2, 0x4B, 0x3B],
            (Theme::Light, Self::Secondary) => [0xF0, 0xA0, 0x4B],
            (Theme::Light, Self::Prop) => [0x2F, 0x38, 0x45],
            (Theme::Light, Self::PropSoft) => [0xA4, 0xAF, 0xBD],
            (Theme::Dark, Self::Ground) => [0x14, 0x18, 0x1F],
            (Theme::Dark, Self::Floor) => [0x3A, 0x43, 0x50],
            (Theme::Dark, Self::Near) => [0x7B, 0x8A, 0x9E],
            (Theme::Dark, Self::Far) => [0x45, 0x50, 0x60],
            (Theme::Dark, Self::Primary) => [0xFF, 0x6B, 0x57],
            (Theme::Dark, Self::Secondary) => [0xF5, 0xB1, 0x61],
            (Theme::Dark, Self::Prop) => [0xE3, 0xE8, 0xEF],
            (Theme::Dark, Self::PropSoft) => [0x5C, 0x68, 0x79],
        }
    }
}

/// A shape in body heights, y up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Polygon(Vec<Point>, Paint),
    Circle(Point, f64, Paint),
    Line(Point, Point, f64, Paint),
}

/// A motion ready to be drawn: the shapes of every frame, and the square that holds them.
#[derive(Clone, Debug)]
pub struct Scene {
    pub(crate) frames: Vec<Vec<Shape>>,
    /// Left and lower corner of the square.
    pub(crate) corner: Point,
    /// Side of the square.
    pub(crate) size: f64,
    pub(crate) seconds: f64,
    pub(crate) title: String,
}

/// The shapes of an exercise's motion, its muscles coloured by their shares. None where the motion has no pose.
pub fn scene(motion: &Motion, exercise: &Exercise, frames: usize) -> Option<Scene> {
    let moments = (0..frames).map(|frame| crate::units::float(frame) / crate::units::float(frames));
    let poses: Vec<Pose> = moments.map(|moment| motion.pose(moment)).collect::<Option<_>>()?;
    let (corner, size) = frame_of(motion, &poses);
    let floor = (corner[0] - 1.0, corner[0] + size + 1.0);
    let draw = |pose: &Pose| {
        let mut shapes = vec![Shape::Line([floor.0, -0.004], [floor.1, -0.004], 0.008, Paint::Floor)];
        props::behind(motion, pose, &mut shapes);
        body(motion, pose, exercise, &mut shapes);
        props::before(motion, pose, &mut shapes);
        shapes
    };
    let title = format!("{}, one repetition", exercise.name(crate::catalogue::LANGUAGE));
    Some(Scene { frames: poses.iter().map(draw).collect(), corner, size, seconds: motion.seconds, title })
}

/// A square that holds every pose and every prop with a margin, the floor in its lower part.
fn frame_of(motion: &Motion, poses: &[Pose]) -> (Point, f64) {
    let mut points: Vec<Point> = props::extent(motion);
    for pose in poses {
        for side in [&pose.near, &pose.far] {
            points.extend([side.shoulder, side.elbow, side.hand, side.hip, side.knee, side.heel, side.toe]);
        }
        points.push([pose.head[0], pose.head[1] + 0.08]);
    }
    let fold = |pick: fn(f64, f64) -> f64, axis: usize| {
        let values = points.iter().map(|point| if axis == 0 { point[0] } else { point[1] });
        values.reduce(pick).unwrap_or(0.0)
    };
    let (left, right, top) = (fold(f64::min, 0), fold(f64::max, 0), fold(f64::max, 1));
    let margin = 0.1;
    // Standing figures keep one scale; only what is larger makes the square larger.
    let size = (right - left + 2.0 * margin).max(top + 2.0 * margin).max(1.12);
    let below = ((size - top) / 2.0).clamp(margin, 0.28);
    ([(left + right - size) / 2.0, -below], size)
}

/// A segment that is thicker at one end.
fn limb(from: Point, to: Point, (thick, thin): (f64, f64), paint: Paint, shapes: &mut Vec<Shape>) {
    let length = super::skeleton::distance(from, to).max(1e-6);
    let normal = [-(to[1] - from[1]) / length, (to[0] - from[0]) / length];
    let off = |[x, y]: Point, by: f64| [x + normal[0] * by, y + normal[1] * by];
    shapes.push(Shape::Polygon(vec![off(from, thick), off(to, thin), off(to, -thin), off(from, -thick)], paint));
    shapes.push(Shape::Circle(from, thick, paint));
    shapes.push(Shape::Circle(to, thin, paint));
}

const UPPER_ARM: (f64, f64) = (0.041, 0.031);
const FOREARM: (f64, f64) = (0.031, 0.021);
const THIGH: (f64, f64) = (0.066, 0.043);
const SHIN: (f64, f64) = (0.043, 0.026);
const FOOT: (f64, f64) = (0.024, 0.017);

fn arm(side: &Side, paint: Paint, grow: f64, shapes: &mut Vec<Shape>) {
    let wider = |(thick, thin): (f64, f64)| (thick + grow, thin + grow);
    limb(side.shoulder, side.elbow, wider(UPPER_ARM), paint, shapes);
    limb(side.elbow, side.wrist, wider(FOREARM), paint, shapes);
    limb(side.wrist, side.hand, wider((0.021, 0.019)), paint, shapes);
}

fn leg(side: &Side, paint: Paint, grow: f64, shapes: &mut Vec<Shape>) {
    let wider = |(thick, thin): (f64, f64)| (thick + grow, thin + grow);
    limb(side.hip, side.knee, wider(THIGH), paint, shapes);
    limb(side.knee, side.ankle, wider(SHIN), paint, shapes);
    limb(side.heel, side.toe, wider(FOOT), paint, shapes);
    limb(side.ankle, side.heel, wider((0.026, 0.024)), paint, shapes);
}

fn body(motion: &Motion, pose: &Pose, exercise: &Exercise, shapes: &mut Vec<Shape>) {
    let halo = 0.009;
    match motion.view {
        View::Side => {
            arm(&pose.far, Paint::Far, 0.0, shapes);
            leg(&pose.far, Paint::Far, 0.0, shapes);
            limb(pose.hip, pose.neck, (0.072, 0.078), Paint::Near, shapes);
            limb(pose.neck, between(pose.neck, pose.head, 0.7), (0.04, 0.034), Paint::Near, shapes);
            head(pose, shapes);
            muscles::trunk(motion.view, pose, exercise, shapes);
            // A rim of the ground's colour lifts the near limbs off the trunk.
            leg(&pose.near, Paint::Ground, halo, shapes);
            shapes.push(Shape::Circle(pose.hip, 0.07, Paint::Near));
            leg(&pose.near, Paint::Near, 0.0, shapes);
            muscles::leg(motion.view, &pose.near, exercise, shapes);
            arm(&pose.near, Paint::Ground, halo, shapes);
            arm(&pose.near, Paint::Near, 0.0, shapes);
            muscles::arm(motion.view, &pose.near, exercise, shapes);
        }
        View::Front => {
            for side in [&pose.near, &pose.far] {
                leg(side, Paint::Near, 0.0, shapes);
                muscles::leg(motion.view, side, exercise, shapes);
            }
            front_trunk(pose, shapes);
            head(pose, shapes);
            muscles::trunk(motion.view, pose, exercise, shapes);
            for side in [&pose.near, &pose.far] {
                // Only what may cross the trunk is lifted off it; a rim round the shoulder would cut it off.
                limb(side.elbow, side.wrist, (FOREARM.0 + halo, FOREARM.1 + halo), Paint::Ground, shapes);
                limb(side.wrist, side.hand, (0.021 + halo, 0.019 + halo), Paint::Ground, shapes);
                arm(side, Paint::Near, 0.0, shapes);
                muscles::arm(motion.view, side, exercise, shapes);
            }
        }
    }
}

fn front_trunk(pose: &Pose, shapes: &mut Vec<Shape>) {
    let out = |side: &Side, share: f64, by: f64| {
        let middle = between(pose.hip, pose.neck, share);
        let sign = if side.shoulder[0] >= pose.neck[0] { 1.0 } else { -1.0 };
        [middle[0] + sign * by, middle[1]]
    };
    // Shoulders, ribs, waist, hips; down one side and up the other.
    let outline = [(1.0, 0.115), (0.75, 0.125), (0.35, 0.096), (0.0, 0.118), (-0.12, 0.118)];
    let down = outline.iter().map(|(share, by)| out(&pose.near, *share, *by));
    let up = outline.iter().rev().map(|(share, by)| out(&pose.far, *share, *by));
    shapes.push(Shape::Polygon(down.chain(up).collect(), Paint::Near));
    limb(pose.near.shoulder, pose.far.shoulder, (0.042, 0.042), Paint::Near, shapes);
    limb(pose.near.hip, pose.far.hip, (0.05, 0.05), Paint::Near, shapes);
    limb(pose.neck, between(pose.neck, pose.head, 0.7), (0.044, 0.036), Paint::Near, shapes);
}

fn head(pose: &Pose, shapes: &mut Vec<Shape>) {
    shapes.push(Shape::Circle(pose.head, 0.072, Paint::Ground));
    shapes.push(Shape::Circle(pose.head, 0.064, Paint::Near));
}
