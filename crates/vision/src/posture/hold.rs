use super::answer::Hold;
use super::geometry::{distance, rounded};
use super::layout::Pair;
use super::measure::Measure;
use super::scene::Scene;

/// The body line of a plank that counts, in degrees.
const LINE: f64 = 160.0;
/// Body lengths a second; who moves more does not hold. Product default.
const STILL: f64 = 0.03;
/// Over how many seconds movement is looked at: shorter and it is the jitter of landmarks.
const OVER: f64 = 1.0;
/// A shorter break does not stop the clock, in seconds.
const FORGIVEN: f64 = 1.0;

/// How long a plank was held; none: shoulder, hip and ankle were never seen together.
pub(crate) fn plank(scene: &Scene) -> Option<Hold> {
    let lines: Vec<Option<f64>> = scene.bodies.iter().map(|body| Measure::BodyLine.of(body, scene)).collect();
    lines.iter().flatten().next()?;
    let (mut total, mut run, mut longest, mut away) = (0.0, 0.0_f64, 0.0_f64, 0.0);
    let mut before: Option<f64> = None;
    for (index, (t, line)) in scene.times.iter().zip(&lines).enumerate() {
        let step = before.map_or(0.0, |before| t - before);
        before = Some(*t);
        if line.is_some_and(|line| line >= LINE) && is_still(scene, index, *t) {
            let counted = if away > FORGIVEN {
                run = 0.0;
                step
            } else {
                step + away
            };
            (total, run, away) = (total + counted, run + counted, 0.0);
            longest = longest.max(run);
        } else {
            away += step;
        }
    }
    Some(Hold { seconds: rounded(total, 2), longest: rounded(longest, 2) })
}

fn is_still(scene: &Scene, index: usize, now: f64) -> bool {
    let place = |index: usize| {
        let body = scene.bodies.get(index)?;
        Some((body.about(Pair::Hip)?, distance(body.about(Pair::Shoulder)?, body.about(Pair::Ankle)?)))
    };
    // Times grow, so the frame to compare with is found without looking at all of them.
    let first = scene.times.partition_point(|t| *t < now - OVER);
    let Some((then, (from, _), (to, length))) = scene
        .times
        .get(first)
        .filter(|then| now - **then >= OVER / 2.0)
        .and_then(|then| Some((*then, place(first)?, place(index)?)))
    else {
        return true;
    };
    distance(from, to) / (now - then) <= STILL * length
}
