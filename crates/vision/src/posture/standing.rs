//! How somebody stands: what can be measured in a picture, with its error, and what can't.

use super::geometry::{Point, distance, float, lean, median, rounded, tilt};
use super::layout::{Body, Pair, Side, View};
use super::measure::Joint;
use super::scene::Scene;
use super::{Metric, NotAssessed};

/// By how many pixels a landmark may be off. Product default: with shoulders 160 pixels apart it makes 2 degrees.
const PIXELS: f64 = 4.0;
/// Who leans further does not stand, in degrees.
const STANDS: f64 = 30.0;
/// Landmarks closer to the edge than this part of the picture may be cut off.
const EDGE: f64 = 0.05;

const FERREIRA: &str = "Ferreira et al. 2011 (n = 115): asymmetry is common in healthy adults; the bands are product defaults";

/// Bands of a tilt in degrees: up to the first it is level, up to the second mild, beyond notable.
const SHOULDERS: [f64; 2] = [2.0, 5.0];
const PELVIS: [f64; 2] = [2.0, 4.0];

/// Measures a standing person.
pub(crate) fn measure(scene: &Scene, size: Point, not_assessed: &mut Vec<NotAssessed>) -> Vec<Metric> {
    let mut say = |id: &str, reason: &str| not_assessed.push(NotAssessed { id: id.to_owned(), reason: reason.to_owned() });
    say_what_no_model_sees(scene.view, &mut say);
    let upright = median(scene.bodies.iter().filter_map(|body| lean(body.about(Pair::Hip)?, body.about(Pair::Shoulder)?)));
    match upright {
        None => {
            say("standing", "Shoulders or hips are missing.");
            return Vec::new();
        }
        Some(upright) if upright > STANDS => {
            say("standing", "The person does not stand upright.");
            return Vec::new();
        }
        Some(_) => {}
    }
    if near_edge(scene, size) {
        say("framing", "The body touches the edge of the picture: leave 5 % around it, with both feet in it.");
    }
    let mut metrics = Vec::new();
    let mut add = |found: Result<Metric, (&'static str, &'static str)>| match found {
        Ok(metric) => metrics.push(metric),
        Err((id, reason)) => say(id, reason),
    };
    match scene.view {
        View::Front | View::Back => {
            add(level(scene, "shoulder_tilt", Pair::Shoulder, SHOULDERS));
            add(level(scene, "pelvic_obliquity", Pair::Hip, PELVIS));
            add(head_tilt(scene));
            for side in Side::BOTH {
                add(knee(scene, side));
            }
        }
        View::Side => {
            add(trunk(scene));
            add(head_forward(scene));
            for (id, pair) in PLUMB {
                add(plumb(scene, id, pair));
            }
        }
    }
    metrics
}

const PLUMB: [(&str, Pair); 4] = [
    ("plumb_line_ear", Pair::Ear),
    ("plumb_line_shoulder", Pair::Shoulder),
    ("plumb_line_hip", Pair::Hip),
    ("plumb_line_knee", Pair::Knee),
];

fn say_what_no_model_sees(view: View, say: &mut impl FnMut(&str, &str)) {
    if view == View::Side {
        say("pelvic_tilt", "Pose models have no landmarks on the pelvis' front and back (ASIS, PSIS).");
        say(
            "craniovertebral_angle",
            "Pose models have no landmark on the neck (C7); head_forward_index is no substitute for it.",
        );
    } else {
        say("spinal_curvature", "Pose models have no landmarks on the spine.");
    }
    say("camera", "Whether the camera stood level, far enough and at the height of the hips can't be seen in landmarks.");
}

fn near_edge(scene: &Scene, [width, height]: Point) -> bool {
    let outside = |[x, y]: Point| x < EDGE * width || x > width * (1.0 - EDGE) || y < EDGE * height || y > height * (1.0 - EDGE);
    let touching = scene.bodies.iter().filter(|body| body.visible().any(outside)).count();
    float(touching) > float(scene.bodies.len()) / 2.0
}

type Found = Result<Metric, (&'static str, &'static str)>;

fn all(scene: &Scene, measure: impl Fn(&Body) -> Option<f64>) -> Vec<f64> {
    scene.bodies.iter().filter_map(measure).collect()
}

fn pair(body: &Body, pair: Pair) -> Option<(Point, Point)> {
    body.at(pair, Side::Left).zip(body.at(pair, Side::Right))
}

/// By how many degrees a line of this length may be off.
fn angular_error(length: f64) -> f64 {
    (PIXELS * std::f64::consts::SQRT_2).atan2(length).to_degrees()
}

fn level(scene: &Scene, id: &'static str, of: Pair, [level, mild]: [f64; 2]) -> Found {
    let missing = (id, "The left or the right one is hidden.");
    let value = median(all(scene, |body| pair(body, of).and_then(|(left, right)| tilt(left, right)))).ok_or(missing)?;
    let length = median(all(scene, |body| pair(body, of).map(|(left, right)| distance(left, right)))).ok_or(missing)?;
    let drop = median(all(scene, |body| pair(body, of).map(|(left, right)| left[1] - right[1]))).unwrap_or_default();
    let error = angular_error(length);
    let category = if value <= error {
        "level_within_error"
    } else if value <= level {
        "level"
    } else if value <= mild {
        "mild"
    } else {
        "notable"
    };
    let lower = if drop > 0.0 { "left" } else { "right" };
    let metric = Metric::new(id, value, "degrees").error(error).category(category).source(FERREIRA);
    Ok(if value <= error { metric } else { metric.side(lower) })
}

fn head_tilt(scene: &Scene) -> Found {
    let missing = ("head_tilt", "An ear is hidden.");
    let value = median(all(scene, |body| pair(body, Pair::Ear).and_then(|(left, right)| tilt(left, right)))).ok_or(missing)?;
    let length = median(all(scene, |body| pair(body, Pair::Ear).map(|(left, right)| distance(left, right)))).ok_or(missing)?;
    let source = "Ferreira et al. 2011: 88 % of adults have some; no cut-off is known";
    Ok(Metric::new("head_tilt", value, "degrees").error(angular_error(length)).source(source))
}

fn knee(scene: &Scene, side: Side) -> Found {
    let (id, word) = match side {
        Side::Left => ("knee_alignment_left", "left"),
        Side::Right => ("knee_alignment_right", "right"),
    };
    let value = median(all(scene, |body| Joint::Knee.of_side(body, side))).ok_or((id, "Hip, knee or ankle is hidden."))?;
    let category = if (180.0 - value).abs() > 5.0 { "note" } else { "usual" };
    let source = "Ferreira et al. 2011: 178 degrees on average; 5 degrees off is a product default";
    Ok(Metric::new(id, value, "degrees").error(3.0).category(category).side(word).source(source))
}

fn trunk(scene: &Scene) -> Found {
    let of = |body: &Body| lean(body.at(Pair::Hip, scene.near)?, body.at(Pair::Shoulder, scene.near)?);
    let value = median(all(scene, of)).ok_or(("trunk_lean", "Shoulder or hip is hidden."))?;
    Ok(Metric::new("trunk_lean", value, "degrees").error(3.0).source("geometry; no cut-off is known"))
}

fn head_forward(scene: &Scene) -> Found {
    let of = |body: &Body| tilt(body.at(Pair::Shoulder, scene.near)?, body.at(Pair::Ear, scene.near)?);
    let value = median(all(scene, of)).ok_or(("head_forward_index", "Ear or shoulder is hidden."))?;
    let source = "the line from shoulder to ear against level; compare it with earlier pictures of the same person only";
    Ok(Metric::new("head_forward_index", value, "degrees").error(5.0).source(source))
}

/// Ahead of the ankle by part of the height from ankle to ear.
fn plumb(scene: &Scene, id: &'static str, of: Pair) -> Found {
    let facing = scene.facing.ok_or((id, "Which way the person looks can't be told."))?;
    let offset = |body: &Body| {
        let (ear, ankle) = (body.at(Pair::Ear, scene.near)?, body.at(Pair::Ankle, scene.near)?);
        let height = ankle[1] - ear[1];
        (height > 1.0).then_some((body.at(of, scene.near)?[0] - ankle[0]) * facing / height)
    };
    let value = median(all(scene, offset)).ok_or((id, "Ear, ankle or the joint itself is hidden."))?;
    let category = if value.abs() > 0.05 { "note" } else { "usual" };
    let source = "product default: more than 0.05 of the height from the ankle is noted";
    Ok(Metric { value: rounded(value, 4), ..Metric::new(id, value, "heights").error(0.02).category(category).source(source) })
}
