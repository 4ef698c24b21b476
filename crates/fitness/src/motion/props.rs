//! Bars, benches, cables and walls.

use super::scene::{Paint, Shape};
use super::skeleton::{Pose, along, between};
use super::spec::{Motion, Point, Prop, View};

fn slab(from: Point, degrees: f64, length: f64, thick: f64, paint: Paint) -> Shape {
    let to = along(from, degrees, length);
    let down = |point: Point| along(point, degrees - 90.0, thick);
    Shape::Polygon(vec![from, to, down(to), down(from)], paint)
}

/// What stands still behind the body.
pub(super) fn behind(motion: &Motion, pose: &Pose, shapes: &mut Vec<Shape>) {
    for prop in &motion.props {
        match prop {
            Prop::Bench { at, length, slope } => {
                for share in [0.14, 0.86] {
                    let [x, y] = along(*at, *slope, length * share);
                    shapes.push(Shape::Line([x, 0.0], [x, y - 0.03], 0.022, Paint::Prop));
                }
                shapes.push(slab(*at, *slope, *length, 0.045, Paint::PropSoft));
            }
            Prop::Block { x, width, height } => shapes.push(slab([*x, *height], 0.0, *width, *height, Paint::PropSoft)),
            Prop::Wall { x } => shapes.push(slab([*x, 1.3], 0.0, 0.03, 1.3, Paint::PropSoft)),
            Prop::Bar { at } if motion.view == View::Front => {
                shapes.push(Shape::Line([at[0] - 0.5, at[1]], [at[0] + 0.5, at[1]], 0.026, Paint::Prop));
            }
            Prop::Bar { at } => {
                shapes.push(Shape::Line([at[0] - 0.36, at[1]], [at[0], at[1]], 0.014, Paint::PropSoft));
                shapes.push(Shape::Line([at[0] - 0.36, 0.0], [at[0] - 0.36, at[1]], 0.022, Paint::PropSoft));
            }
            Prop::Cable { from } => {
                for side in [&pose.far, &pose.near] {
                    shapes.push(Shape::Line(*from, side.hand, 0.01, Paint::PropSoft));
                }
                shapes.push(Shape::Circle(*from, 0.022, Paint::Prop));
            }
            Prop::Barbell { .. } | Prop::Dumbbells {} | Prop::Kettlebell {} => {}
        }
    }
}

/// What is held, in front of the body.
pub(super) fn before(motion: &Motion, pose: &Pose, shapes: &mut Vec<Shape>) {
    let grip = |hand: Point, wrist: Point| between(wrist, hand, 0.6);
    let near = grip(pose.near.hand, pose.near.wrist);
    let far = grip(pose.far.hand, pose.far.wrist);
    for prop in &motion.props {
        match prop {
            Prop::Barbell { on_back, on_hips } => {
                let behind_neck = along(pose.neck, angle_of(pose) + 90.0, 0.07);
                let over_hips = along(pose.hip, angle_of(pose) - 90.0, 0.085);
                let at = match (on_back, on_hips) {
                    (true, _) => behind_neck,
                    (_, true) => over_hips,
                    _ => near,
                };
                if motion.view == View::Side {
                    shapes.push(Shape::Circle(at, 0.118, Paint::Prop));
                    shapes.push(Shape::Circle(at, 0.088, Paint::PropSoft));
                    shapes.push(Shape::Circle(at, 0.022, Paint::Prop));
                } else {
                    let y = f64::midpoint(near[1], far[1]);
                    let x = f64::midpoint(near[0], far[0]);
                    shapes.push(Shape::Line([x - 0.5, y], [x + 0.5, y], 0.018, Paint::Prop));
                    for sign in [-1.0, 1.0] {
                        shapes.push(Shape::Line([x + sign * 0.43, y - 0.085], [x + sign * 0.43, y + 0.085], 0.03, Paint::Prop));
                    }
                }
            }
            Prop::Dumbbells {} => {
                dumbbell(motion.view, far, Paint::PropSoft, shapes);
                dumbbell(motion.view, near, Paint::Prop, shapes);
            }
            Prop::Kettlebell {} => {
                let [x, y] = near;
                shapes.push(Shape::Circle([x, y - 0.012], 0.03, Paint::Prop));
                shapes.push(Shape::Circle([x, y - 0.06], 0.05, Paint::Prop));
            }
            Prop::Bar { at } if motion.view == View::Side => shapes.push(Shape::Circle(*at, 0.02, Paint::Prop)),
            _ => {}
        }
    }
}

fn dumbbell(view: View, [x, y]: Point, paint: Paint, shapes: &mut Vec<Shape>) {
    if view == View::Front {
        shapes.push(Shape::Circle([x, y], 0.04, paint));
        return;
    }
    shapes.push(Shape::Line([x - 0.045, y], [x + 0.045, y], 0.016, paint));
    for sign in [-1.0, 1.0] {
        shapes.push(Shape::Line([x + sign * 0.048, y - 0.022], [x + sign * 0.048, y + 0.022], 0.034, paint));
    }
}

/// The direction of the trunk.
fn angle_of(pose: &Pose) -> f64 {
    (pose.neck[1] - pose.hip[1]).atan2(pose.neck[0] - pose.hip[0]).to_degrees()
}

/// Points that must be in the picture.
pub(super) fn extent(motion: &Motion) -> Vec<Point> {
    let of = |prop: &Prop| match prop {
        Prop::Bench { at, length, slope } => vec![*at, along(*at, *slope, *length)],
        Prop::Block { x, width, height } => vec![[*x, *height], [x + width, *height]],
        Prop::Bar { at } if motion.view == View::Side => vec![[at[0] - 0.38, at[1]], [at[0], at[1] + 0.03]],
        Prop::Bar { at } => vec![[at[0] - 0.5, at[1]], [at[0] + 0.5, at[1] + 0.03]],
        Prop::Cable { from } => vec![*from],
        Prop::Wall { x } => vec![[*x, 0.0], [x + 0.03, 0.0]],
        Prop::Barbell { .. } if motion.view == View::Front => vec![[-0.5, 0.1], [0.5, 0.1]],
        Prop::Barbell { .. } | Prop::Dumbbells {} | Prop::Kettlebell {} => Vec::new(),
    };
    motion.props.iter().flat_map(of).collect()
}
